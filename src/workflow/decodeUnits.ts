import { writeNpy, writeTable } from '../data/index.js';
import { fitDecoder, meanDecoder, readDecoder, voxelVectors, writeDecoder } from '../decode/index.js';
import { type StudyConfig, studyPaths, type Unit, type UnitContext } from '../study/index.js';
import { randomStream } from '../util/random.js';
import { evaluateUnit } from './evaluateUnit.js';
import { openParticipant, participantInputs, trainingOptions } from './participantFiles.js';
import type { UnitCosts } from './unitCosts.js';

/** Decode: for each participant its runs, their mean, the voxel vectors the clusterings need, and the metrics. */
export function decodeUnits(config: StudyConfig, costs: UnitCosts): Unit[] {
  const kinds = new Set(config.cluster.map(({ vectors }) => vectors));
  return config.participants.flatMap((participant) => [
    ...runNumbers(config).map((run) => ({ ...runUnit(config, participant, run), cost: costs.run })),
    { ...meanUnit(config, participant), cost: costs.mean },
    ...(['patterns', 'tuning'] as const)
      .filter((kind) => kinds.has(kind))
      .map((kind) => ({ ...vectorsUnit(participant, kind), cost: costs.vectors })),
    { ...evaluateUnit(config, participant), cost: costs.metrics },
  ]);
}

/** Runs are numbered from 1, as the paper's reruns are. */
export function runNumbers({ decode }: StudyConfig): number[] {
  return Array.from({ length: decode.runs }, (_, index) => index + 1);
}

/** Seed of one training, derived from the study's master seed by name. */
export function runSeed(config: StudyConfig, participant: string, run: number): number {
  return randomStream(config.seed, 'decode', participant, run).uint32();
}

function runUnit(config: StudyConfig, participant: string, run: number): Unit {
  const weights = studyPaths.run(participant, run);
  const history = weights.replace('.safetensors', '-history.tsv');
  const options = { ...trainingOptions(config), seed: runSeed(config, participant, run) };
  return {
    id: `decode/${participant}/run-${String(run).padStart(3, '0')}`,
    stage: 'decode',
    inputs: participantInputs(participant),
    outputs: [weights, history],
    record: weights.replace('.safetensors', '.json'),
    parameters: options,
    async run(context) {
      const data = await openParticipant(context, participant);
      try {
        const { betas, trials, embeddings, trainRows } = data;
        const fit = await fitDecoder(
          { betas, stimulus: trials.stimulus, embeddings, rows: trainRows },
          { ...options, ...workOptions(context), checkpoint: context.scratch('checkpoint.safetensors') },
        );
        await writeDecoder(context.output(weights), fit, {
          participant,
          run: String(run),
          ...asText(options),
        });
        await writeTable(context.output(history), thinned(fit.loss, fit.similarity));
        const { engine, engineReason, warnings } = fit;
        return { engine, engineReason, warnings, lastLoss: fit.loss.at(-1) };
      } finally {
        await data.close();
      }
    },
  };
}

function meanUnit(config: StudyConfig, participant: string): Unit {
  const runs = runNumbers(config).map((run) => studyPaths.run(participant, run));
  const mean = studyPaths.meanDecoder(participant);
  return {
    id: `decode/${participant}/mean`,
    stage: 'decode',
    inputs: runs,
    outputs: [mean],
    record: mean.replace('.safetensors', '.json'),
    parameters: {},
    async run({ input, output }) {
      const { decoder, agreement } = await meanDecoder(runs.map(input));
      await writeDecoder(output(mean), decoder, { participant, runs: String(runs.length) });
      return { runs: runs.length, agreement };
    },
  };
}

function vectorsUnit(participant: string, kind: 'patterns' | 'tuning'): Unit {
  const file = studyPaths.vectors(participant, kind);
  const decoderFile = studyPaths.meanDecoder(participant);
  return {
    id: `decode/${participant}/${kind}`,
    stage: 'decode',
    inputs: [...participantInputs(participant), ...(kind === 'patterns' ? [decoderFile] : [])],
    outputs: [file],
    record: file.replace('.npy', '.json'),
    parameters: { kind },
    async run(context) {
      const data = await openParticipant(context, participant);
      try {
        const { betas, trials, embeddings, trainRows } = data;
        const decoder = kind === 'patterns' ? await readDecoder(context.input(decoderFile)) : undefined;
        const inputs = { betas, stimulus: trials.stimulus, embeddings, rows: trainRows };
        await writeNpy(context.output(file), await voxelVectors(kind, inputs, decoder, workOptions(context)));
        return undefined;
      } finally {
        await data.close();
      }
    },
  };
}

/** Progress, stop signal, threads and engine of a unit, for the functions it calls. */
export function workOptions({ signal, onProgress, threads, engine }: UnitContext) {
  return { signal, onProgress, threads, engine };
}

/** Loss and similarity of at most 500 steps, evenly spread, the first and the last among them. */
function thinned(loss: Float32Array, similarity: Float32Array) {
  const count = Math.min(500, loss.length);
  const step = Int32Array.from({ length: count }, (_, i) =>
    Math.round((i * (loss.length - 1)) / Math.max(1, count - 1)),
  );
  return {
    step: step.map((index) => index + 1),
    loss: Float32Array.from(step, (index) => loss[index]!),
    similarity: Float32Array.from(step, (index) => similarity[index]!),
  };
}

function asText(options: object): Record<string, string> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)]));
}
