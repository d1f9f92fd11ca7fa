import { readColumns } from '../data/index.js';
import type { RetrievalCurve, TrainingCurve } from '../plot/index.js';
import { type StudyConfig, studyPaths } from '../study/index.js';

type PathOf = (relative: string) => string;

/** Retrieval of every decoder and participant on held-out trials, as figures and tables take it. */
export interface StudyRetrieval {
  readonly curves: RetrievalCurve[];
  /** One row a participant: top-1 and its p-value for each decoder. */
  readonly table: Record<string, string | number>[];
  /** Stimuli among which each query is looked for. */
  readonly nCandidates: number;
}

/** Reads the retrieval scores of a decoded study; no curve and no row where no trial was held out. */
export async function readRetrieval(config: StudyConfig, pathOf: PathOf): Promise<StudyRetrieval> {
  const curves: RetrievalCurve[] = [];
  const table: StudyRetrieval['table'] = [];
  let nCandidates = Number.NaN;
  for (const participant of config.participants) {
    const columns = await readColumns(pathOf(studyPaths.metrics(participant)));
    const scores = Array.from(columns['decoder']!, (decoder, i) => ({
      decoder: String(decoder),
      split: columns['split']![i],
      metric: columns['metric']![i],
      k: Number(columns['k']![i]),
      value: Number(columns['value']![i]),
    })).filter(({ split }) => split === 'test');
    const row: Record<string, string | number> = { participant };
    for (const decoder of new Set(scores.map((score) => score.decoder))) {
      const of = (metric: string) =>
        scores.filter((score) => score.decoder === decoder && score.metric === metric);
      const accuracy = of('top-k');
      nCandidates = of('candidates')[0]?.value ?? nCandidates;
      curves.push({
        ...{ participant, decoder, k: accuracy.map(({ k }) => k) },
        accuracy: accuracy.map(({ value }) => value),
        low: of('top-k low').map(({ value }) => value),
        high: of('top-k high').map(({ value }) => value),
      });
      const at1 = (metric: string) => of(metric).find(({ k }) => k === 1)?.value ?? Number.NaN;
      row[decoder] = at1('top-k');
      row[`p (${decoder})`] = at1('p-value');
    }
    if (Object.keys(row).length > 1) table.push(row);
  }
  return { curves, table, nCandidates };
}

/** Reads the loss and similarity of every participant's first run. */
export async function readTraining(config: StudyConfig, pathOf: PathOf): Promise<TrainingCurve[]> {
  const curves: TrainingCurve[] = [];
  for (const participant of config.participants) {
    const columns = await readColumns(pathOf(historyPath(participant)));
    const numbers = (name: string) => Float32Array.from(columns[name] as ArrayLike<number>);
    curves.push({
      participant,
      step: numbers('step'),
      loss: numbers('loss'),
      similarity: numbers('similarity'),
    });
  }
  return curves;
}

/** Where the first run's history lies. */
export const historyPath = (participant: string) =>
  studyPaths.run(participant, 1).replace('.safetensors', '-history.tsv');
