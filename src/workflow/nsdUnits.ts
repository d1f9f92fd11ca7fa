import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  type NsdParticipantPlan,
  type NsdPlan,
  type PlanNsdOptions,
  planNsd,
  prepareNsd,
  writeNsdStimuli,
} from '../prepare/index.js';
import { type StudyConfig, type StudySource, studyPaths, type Unit } from '../study/index.js';

/**
 * Prepare, from files in the layout of the NSD release: one unit for the stimuli, one for each participant. Small files
 * (responses, design, stimulus information) are inputs known by their hash; betas, some 0.5 GB a session, by path and
 * size.
 */
export async function nsdUnits(config: StudyConfig, source: StudySource & { kind: 'nsd' }): Promise<Unit[]> {
  const { mask, ceiling, memoryBytes, ...planned } = source.options ?? {};
  const plan = await planNsd({
    ...(planned as Partial<PlanNsdOptions>),
    ...{ from: source.from, participants: config.participants, seed: config.seed },
  });
  const embeddings = source.from
    .map((folder) => join(folder, 'embeddings.npy'))
    .find((path) => existsSync(path));
  const participants = await Promise.all(
    plan.participants.map((one) => participantUnit(config, one, { mask, ceiling, memoryBytes }, planned)),
  );
  return [...participants, stimuliUnit(plan, embeddings)];
}

function stimuliUnit(plan: NsdPlan, embeddings: string | undefined): Unit {
  const { stimulusInfo, design } = plan.participants[0]!.files;
  const responses = plan.participants.map(({ files }) => files.responses);
  return {
    id: 'embed/stimuli',
    stage: embeddings ? 'embed' : 'prepare',
    inputs: [...responses, ...[stimulusInfo, design, embeddings].filter((path) => path !== undefined)],
    outputs: [studyPaths.stimuli, ...(embeddings ? [studyPaths.embeddings] : [])],
    record: 'stimuli.json',
    parameters: { nImages: plan.images.length, sharedFrom: plan.sharedFrom },
    async run({ output, signal, onProgress }) {
      const folder = dirname(output(studyPaths.stimuli));
      const nImages = await writeNsdStimuli(plan, folder, { embeddings, signal, onProgress });
      return { nImages, nShared: plan.shared.length };
    },
  };
}

async function participantUnit(
  config: StudyConfig,
  plan: NsdParticipantPlan,
  own: Record<string, unknown>,
  planned: Record<string, unknown>,
): Promise<Unit> {
  const { name, files } = plan;
  const small = [
    files.responses,
    files.design,
    files.ncsnr,
    files.brainMask,
    ...files.rois.values(),
    ...files.colourTables.values(),
  ];
  const sessions = await Promise.all(
    plan.sessions.map(async ({ session, path }) => [session, path, (await stat(path)).size]),
  );
  const file = (base: string) => `${name}/${base}`;
  return {
    id: `prepare/${name}`,
    stage: 'prepare',
    inputs: small.filter((path) => path !== undefined),
    outputs: ['betas.npy', 'trials.tsv', 'voxels.tsv', 'noise-ceiling.nii.gz', 'conventions.tsv'].map(file),
    record: file('betas.json'),
    parameters: {
      source: 'nsd',
      seed: config.seed,
      ...config.prepare,
      ...own,
      ...planned,
      sessions,
      counts: plan.counts,
    },
    async run({ output, scratch, signal, onProgress }) {
      const { scale, within, fit, noiseCeilingAbove } = config.prepare;
      const work = { signal, onProgress, scratch: scratch('sessions') };
      const options = { scale, within, fit, noiseCeilingAbove, ...own, ...work };
      const folder = dirname(output(file('betas.npy')));
      const preparation = await prepareNsd(plan, folder, options);
      return { ...preparation, heldOut: plan.heldOut, betasFrom: basename(String(sessions[0]?.[1] ?? '')) };
    },
  };
}
