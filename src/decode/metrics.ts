import { existsSync } from 'node:fs';
import { readColumns, writeTable } from '../data/table.js';
import type { Retrieval } from './retrievalAccuracy.js';

/** One row of `decoder/metrics.tsv`. */
export interface MetricRow {
  decoder: 'contrastive' | 'ridge' | 'nearest-mean';
  /** Number of a run, or `mean`. */
  run: string;
  split: string;
  metric: string;
  /** Of the top-k metrics; NaN (an empty cell) for the others. */
  k: number;
  value: number;
}

/** A retrieval result as rows: `top-k` with its chance, interval and p-value, `median-rank`, `two-versus-two`. */
export function metricRows(
  of: Pick<MetricRow, 'decoder' | 'run' | 'split'>,
  retrieval: Retrieval,
): MetricRow[] {
  const row = (metric: string, value: number, k = Number.NaN): MetricRow => ({ ...of, metric, k, value });
  const topK = retrieval.topK.flatMap(({ k, accuracy, chance, interval, pValue }) => [
    row('top-k', accuracy, k),
    row('top-k-chance', chance, k),
    row('top-k-low', interval[0], k),
    row('top-k-high', interval[1], k),
    row('top-k-p', pValue, k),
  ]);
  return [
    ...topK,
    row('median-rank', retrieval.medianRank),
    row('two-versus-two', retrieval.twoVersusTwo),
    row('queries', retrieval.nQueries),
    row('candidates', retrieval.nCandidates),
  ].filter(({ value }) => !Number.isNaN(value));
}

/**
 * Writes rows to a `metrics.tsv`, in place of those its file had of the same decoders; others stay, so that the
 * contrastive decoder and the baseline share a file. Nothing is written if nothing changes.
 */
export async function writeMetrics(path: string, rows: readonly MetricRow[]): Promise<void> {
  const before = existsSync(path) ? await readMetrics(path) : [];
  const fresh = new Set(rows.map(({ decoder }) => decoder));
  const all = [...before.filter(({ decoder }) => !fresh.has(decoder)), ...rows];
  if (JSON.stringify(all) === JSON.stringify(before)) return;
  const column = <K extends keyof MetricRow>(name: K) => all.map((row) => row[name]);
  await writeTable(path, {
    ...{ decoder: column('decoder'), run: column('run'), split: column('split'), metric: column('metric') },
    k: column('k').map((k) => (Number.isNaN(k) ? null : k)),
    value: column('value'),
  });
}

/** Reads a `metrics.tsv`. */
export async function readMetrics(path: string): Promise<MetricRow[]> {
  const table = await readColumns(path, { text: ['run'] });
  return Array.from({ length: table['value']?.length ?? 0 }, (_, i) => ({
    decoder: table['decoder']![i] as MetricRow['decoder'],
    run: String(table['run']![i]),
    split: String(table['split']![i]),
    metric: String(table['metric']![i]),
    k: (table['k']![i] as number | null) ?? Number.NaN,
    value: Number(table['value']![i]),
  }));
}
