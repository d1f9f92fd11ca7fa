import { type MetricRow, metricRows } from '../decode/metrics.js';
import { predictEmbeddings } from '../decode/predictEmbeddings.js';
import { retrievalAccuracy } from '../decode/retrievalAccuracy.js';
import type { Decoder } from '../decode/types.js';
import type { Split } from '../prepare/types.js';
import type { CommandContext } from './command.js';
import type { DecodeInputs } from './decodeInputs.js';

/** Retrieval on the validation and test trials, where there are any with two images or more. */
export async function scoreDecoder(
  decoder: Decoder,
  of: Pick<MetricRow, 'decoder' | 'run'>,
  inputs: DecodeInputs,
  { signal, engine, seed }: CommandContext,
): Promise<MetricRow[]> {
  const rows: MetricRow[] = [];
  for (const split of ['validation', 'test'] satisfies Split[]) {
    const trials = inputs.rowsOf(split);
    const stimulus = Int32Array.from(trials, (row) => inputs.data.stimulus[row]!);
    if (new Set(stimulus).size < 2) continue;
    const predictions = await predictEmbeddings(decoder, inputs.data.betas, trials, { signal, engine });
    const query = { predictions, stimulus, embeddings: inputs.data.embeddings };
    rows.push(...metricRows({ ...of, split }, await retrievalAccuracy(query, { signal, engine, seed })));
  }
  return rows;
}

/** The accuracies in a table of a line each, for people. */
export function printMetrics(rows: readonly MetricRow[], print: (line: string) => void): void {
  const percent = (value: number | undefined) => (value === undefined ? '' : `${(value * 100).toFixed(2)} %`);
  const shown = rows.filter(({ metric }) => metric === 'top-k');
  if (shown.length) print('decoder\trun\tsplit\tk\taccuracy\tchance\tp');
  for (const row of shown) {
    const same = (metric: string) =>
      rows.find(
        (other) =>
          other.metric === metric && other.k === row.k && other.run === row.run && other.split === row.split,
      )?.value;
    const p = same('top-k-p')?.toPrecision(2) ?? '';
    const cells = [
      row.decoder,
      row.run,
      row.split,
      row.k,
      percent(row.value),
      percent(same('top-k-chance')),
      p,
    ];
    print(cells.join('\t'));
  }
}
