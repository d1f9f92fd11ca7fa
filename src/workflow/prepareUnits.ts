import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchManifest, readNpy, writeNpy, writeTable } from '../data/index.js';
import {
  noiseCeiling,
  readFinger7t,
  readTrials,
  readVoxels,
  selectVoxels,
  type Trials,
  takeColumns,
  takeVoxels,
  type VoxelTable,
  writeTrials,
  writeVoxels,
  zscoreBetas,
} from '../prepare/index.js';
import {
  type StudyConfig,
  type StudySource,
  studyPaths,
  type Unit,
  type UnitContext,
} from '../study/index.js';
import { checkFinite, type Matrix, toMatrix } from '../util/array.js';
import { FormatError, InputError } from '../util/errors.js';
import { nsdUnits } from './nsdUnits.js';
import { phantomFolder, phantomUnit } from './phantomUnits.js';
import type { UnitCosts } from './unitCosts.js';

/** What a source gives of one participant before scaling and selection. */
interface RawParticipant {
  betas: Matrix;
  trials: Trials;
  voxels: VoxelTable;
}

/** Prepare and embed: the units that turn a source's files into the generic study's, participant by participant. */
export async function prepareUnits(config: StudyConfig, { prepare: cost }: UnitCosts): Promise<Unit[]> {
  return (await sourceUnits(config)).map((unit) => ({ ...unit, cost }));
}

async function sourceUnits(config: StudyConfig): Promise<Unit[]> {
  const { source } = config;
  switch (source.kind) {
    case 'finger7t':
      return fingerUnits(config, source);
    case 'folder':
      return folderUnits(config, source);
    case 'phantom':
      return [phantomUnit(config, source), ...copyUnits(config, phantomFolder, optionalFiles, true)];
    case 'nsd':
      return nsdUnits(config, source);
  }
}

function fingerUnits(config: StudyConfig, source: StudySource & { kind: 'finger7t' }): Unit[] {
  const file = async ({ signal, onProgress }: UnitContext) => {
    const { files } = await fetchManifest('finger7t', { from: source.from, signal, onProgress });
    return readFinger7t(files.get('recipe_finger/data_recipe_finger7T.mat')!.local);
  };
  const last = config.participants.find((name) => !/^sub-0[1-7]$/.test(name));
  if (last) throw new InputError('participants', last, 'one of sub-01 … sub-07 in the finger data');
  const embed: Unit = {
    id: 'embed/fingers',
    stage: 'embed',
    inputs: [],
    outputs: [studyPaths.embeddings, studyPaths.stimuli],
    record: 'embeddings.json',
    parameters: { source: source.kind },
    async run(context) {
      const { embeddings, fingers } = await file(context);
      await writeNpy(context.output(studyPaths.embeddings), embeddings);
      await writeTable(context.output(studyPaths.stimuli), {
        stimulus: Int32Array.from(fingers.keys()),
        name: [...fingers],
      });
      return { embedding: 'natural statistics of finger use: E with E Eᵀ = the centred model G of the file' };
    },
  };
  const participants = config.participants.map((name) =>
    prepareUnit(config, name, { source: source.kind }, [], async (context) => {
      const { betas, trials } = (await file(context)).participants[Number(name.slice(-2)) - 1]!;
      return { betas, trials, voxels: unplaced(betas.shape[1]) };
    }),
  );
  return [...participants, embed];
}

/** Own data: copied and scaled from another folder, or used where they are. */
function folderUnits(config: StudyConfig, { from = [] }: StudySource & { kind: 'folder' }): Unit[] {
  const [root] = from;
  if (root === undefined) {
    const { scale, noiseCeilingAbove } = config.prepare;
    if (scale !== 'none' || noiseCeilingAbove !== null) {
      throw new InputError(
        'prepare.scale',
        scale,
        '"none" for betas used where they are',
        'or name another folder in source.from',
      );
    }
    return [];
  }
  const has = (name: string) => existsSync(join(root, name));
  const withVoxels = config.participants.every((name) => has(studyPaths.voxels(name)));
  return copyUnits(config, root, optionalFiles.filter(has), withVoxels);
}

const optionalFiles = [studyPaths.stimuli, studyPaths.words, studyPaths.wordEmbeddings];

/** Embeddings copied and each participant prepared from the files of `root`, laid out as a study's. */
function copyUnits(
  config: StudyConfig,
  root: string,
  beside: readonly string[],
  withVoxels: boolean,
): Unit[] {
  const at = (path: string) => join(root, path);
  const source = config.source.kind;
  const embed: Unit = {
    id: 'embed/copy',
    stage: 'embed',
    inputs: [studyPaths.embeddings, ...beside].map(at),
    outputs: [studyPaths.embeddings, ...beside],
    record: 'embeddings.json',
    parameters: { source },
    async run({ input, output }) {
      const embeddings = toMatrix(await readNpy(input(at(studyPaths.embeddings))), 'embeddings');
      checkFinite(embeddings, at(studyPaths.embeddings));
      await writeNpy(output(studyPaths.embeddings), embeddings);
      for (const name of beside) await copyFile(input(at(name)), output(name));
      return { nStimuli: embeddings.shape[0], nDims: embeddings.shape[1] };
    },
  };
  const participants = config.participants.map((name) => {
    const [betasPath, trialsPath, voxelsPath] = [studyPaths.betas, studyPaths.trials, studyPaths.voxels].map(
      (path) => at(path(name)),
    ) as [string, string, string];
    const inputs = [betasPath, trialsPath, ...(withVoxels ? [voxelsPath] : [])];
    return prepareUnit(config, name, { source }, inputs, async ({ input }) => {
      const betas = toMatrix(await readNpy(input(betasPath)), betasPath);
      checkFinite(betas, betasPath);
      const trials = await readTrials(input(trialsPath));
      const voxels = withVoxels ? await readVoxels(input(voxelsPath)) : unplaced(betas.shape[1]);
      return { betas, trials, voxels };
    });
  });
  return [...participants, embed];
}

/** Scales one participant's betas, drops voxels below the noise ceiling, and writes the generic study's files. */
function prepareUnit(
  config: StudyConfig,
  participant: string,
  source: Record<string, unknown>,
  inputs: string[],
  read: (context: UnitContext) => Promise<RawParticipant>,
): Unit {
  const { scale, within, fit, noiseCeilingAbove } = config.prepare;
  return {
    id: `prepare/${participant}`,
    stage: 'prepare',
    inputs,
    outputs: [studyPaths.betas(participant), studyPaths.trials(participant), studyPaths.voxels(participant)],
    record: `${participant}/betas.json`,
    parameters: { ...source, ...config.prepare },
    async run(context) {
      const { betas, trials, voxels } = await read(context);
      if (betas.shape[0] !== trials.nTrials || betas.shape[1] !== voxels.nVoxels) {
        throw new FormatError(
          participant,
          `betas are ${betas.shape.join(' × ')}, but there are ${trials.nTrials} trials and ${voxels.nVoxels} voxels`,
        );
      }
      const scaled =
        scale === 'none' ? betas : zscoreBetas(betas, trials, { by: within, from: fit, mode: scale });
      const kept =
        noiseCeilingAbove === null
          ? undefined
          : selectVoxels(noiseCeiling(scaled, trials).percent, { above: noiseCeilingAbove });
      const chosen = kept ? takeColumns(scaled, kept) : scaled;
      await writeNpy(context.output(studyPaths.betas(participant)), chosen);
      await writeTrials(context.output(studyPaths.trials(participant)), trials);
      await writeVoxels(
        context.output(studyPaths.voxels(participant)),
        kept ? takeVoxels(numbered(voxels), kept) : numbered(voxels),
      );
      return { nTrials: trials.nTrials, nVoxels: chosen.shape[1], nVoxelsBefore: betas.shape[1] };
    },
  };
}

/** The table with a column `voxel`: the number of each voxel among all of the source, before any selection. */
function numbered(voxels: VoxelTable): VoxelTable {
  const voxel = Float32Array.from({ length: voxels.nVoxels }, (_, index) => index);
  return { ...voxels, values: { voxel, ...voxels.values } };
}

/** The voxel table of data that say nothing of where their voxels lie. */
function unplaced(nVoxels: number): VoxelTable {
  return { nVoxels, rois: {}, values: {} };
}
