import { writeTable } from '../data/index.js';
import {
  crossValidate,
  fitRidge,
  predictEmbeddings,
  type Retrieval,
  readDecoder,
  retrievalAccuracy,
} from '../decode/index.js';
import type { Split } from '../prepare/index.js';
import { type StudyConfig, studyPaths, type Unit, type UnitContext } from '../study/index.js';
import { runSeed, workOptions } from './decodeUnits.js';
import {
  openParticipant,
  type ParticipantData,
  participantInputs,
  trainingOptions,
} from './participantFiles.js';

/** One row of metrics.tsv. */
interface Metric {
  decoder: string;
  run: string;
  split: string;
  metric: string;
  k: number | null;
  value: number;
}

/** Scores of one participant's decoders on trials they never saw: over folds, or on the validation and test trials. */
export function evaluateUnit(config: StudyConfig, participant: string): Unit {
  const { foldsBy, alphas, topK, permutations } = config.decode;
  const mean = studyPaths.meanDecoder(participant);
  const metricsFile = studyPaths.metrics(participant);
  return {
    id: `decode/${participant}/metrics`,
    stage: 'decode',
    inputs: [...participantInputs(participant), ...(foldsBy === null ? [mean] : [])],
    outputs: [metricsFile],
    record: metricsFile.replace('.tsv', '.json'),
    parameters: {
      ...{ foldsBy, alphas, topK, permutations, seed: config.seed },
      ...(foldsBy === null
        ? {}
        : { ...trainingOptions(config), decoderSeed: runSeed(config, participant, 1) }),
    },
    async run(context) {
      const data = await openParticipant(context, participant);
      try {
        const rows =
          foldsBy === null
            ? await scoreSplits(config, data, context, mean)
            : await scoreFolds(config, participant, data, context, foldsBy);
        await writeTable(context.output(metricsFile), toColumns(rows.metrics));
        return rows.notes;
      } finally {
        await data.close();
      }
    },
  };
}

type Scored = { metrics: Metric[]; notes: Record<string, unknown> };

async function scoreFolds(
  config: StudyConfig,
  participant: string,
  data: ParticipantData,
  context: UnitContext,
  by: string,
): Promise<Scored> {
  const { alphas, permutations } = config.decode;
  const { folds, retrieval } = await crossValidate(data, {
    by,
    alphas,
    decoder: { ...trainingOptions(config), seed: runSeed(config, participant, 1), ...workOptions(context) },
    retrieval: { k: ksBelow(config, data.embeddings.shape[0]), permutations, seed: config.seed },
  });
  const metrics = Object.entries(retrieval).flatMap(([decoder, scores]) =>
    metricsOf(decoder, 'folds', 'test', scores),
  );
  return { metrics, notes: { folds: folds.length, by } };
}

async function scoreSplits(
  config: StudyConfig,
  data: ParticipantData,
  context: UnitContext,
  mean: string,
): Promise<Scored> {
  const { betas, trials, embeddings, trainRows } = data;
  const { alphas, permutations } = config.decode;
  const rowsOf = (split: Split) =>
    Int32Array.from(trials.split.keys()).filter((row) => trials.split[row] === split);
  const validationRows = rowsOf('validation');
  const work = { signal: context.signal, onProgress: context.onProgress };
  const ridge = await fitRidge(
    { betas, stimulus: trials.stimulus, embeddings, rows: trainRows },
    { alphas, ...(validationRows.length ? { validationRows } : {}), ...work },
  );
  const decoders = { contrastive: await readDecoder(context.input(mean)), ridge };
  const metrics: Metric[] = [];
  for (const split of ['validation', 'test'] as const) {
    const rows = rowsOf(split);
    if (rows.length === 0) continue;
    const stimulus = Array.from(rows, (row) => trials.stimulus[row]!);
    const k = ksBelow(config, new Set(stimulus).size);
    for (const [name, decoder] of Object.entries(decoders)) {
      const predictions = await predictEmbeddings(decoder, betas, rows, work);
      const scores = await retrievalAccuracy(
        { predictions, stimulus, embeddings },
        { k, permutations, seed: config.seed, ...work },
      );
      metrics.push(...metricsOf(name, name === 'ridge' ? 'fit' : 'mean', split, scores));
    }
  }
  return {
    metrics,
    notes: { ridgeAlpha: ridge.alpha, ridgeChosenBy: ridge.chosenBy, warnings: ridge.warnings },
  };
}

function ksBelow({ decode }: StudyConfig, nCandidates: number): number[] {
  return decode.topK.filter((k) => k < nCandidates);
}

function metricsOf(decoder: string, run: string, split: string, scores: Retrieval): Metric[] {
  const row = (metric: string, k: number | null, value: number): Metric => ({
    decoder,
    run,
    split,
    metric,
    k,
    value,
  });
  return [
    ...scores.topK.flatMap(({ k, accuracy, chance, interval, pValue }) => [
      row('top-k', k, accuracy),
      row('top-k low', k, interval[0]),
      row('top-k high', k, interval[1]),
      row('chance', k, chance),
      row('p-value', k, pValue),
    ]),
    row('median rank', null, scores.medianRank),
    row('two-versus-two', null, scores.twoVersusTwo),
    row('candidates', null, scores.nCandidates),
    row('queries', null, scores.nQueries),
  ];
}

function toColumns(rows: Metric[]) {
  const column = <K extends keyof Metric>(name: K) => rows.map((row) => row[name]);
  return {
    decoder: column('decoder'),
    run: column('run'),
    split: column('split'),
    metric: column('metric'),
    k: column('k'),
    value: column('value'),
  };
}
