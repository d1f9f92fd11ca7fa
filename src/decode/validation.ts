import { rowOf } from '../util/array.js';
import { sortedRows, unitTargets } from './batches.js';
import { checkReferences } from './checkData.js';
import { predictEmbeddings } from './predictEmbeddings.js';
import { retrievalRanks } from './retrievalAccuracy.js';
import type { Decoder, DecoderOptions, TrainingData, ValidationPoint } from './types.js';

/** Measurements on held-out rows while training; undefined where there are none. */
export async function openValidation(
  data: TrainingData,
  options: DecoderOptions,
): Promise<{ measure(step: number, decoder: Decoder): Promise<ValidationPoint> } | undefined> {
  if (!options.validationRows?.length) return undefined;
  const rows = sortedRows(options.validationRows, data.betas.shape[0], 'validationRows');
  checkReferences(data, rows);
  const targets = unitTargets(data, rows);
  const stimulus = Int32Array.from(rows, (row) => data.stimulus[row]!);
  return {
    async measure(step, decoder) {
      const { signal, engine } = options;
      const predictions = await predictEmbeddings(decoder, data.betas, rows, { signal, engine });
      let similarity = 0;
      for (let i = 0; i < rows.length; i++) {
        const [p, y] = [rowOf(predictions, i), rowOf(targets, i)];
        let dot = 0;
        let square = 0;
        for (let d = 0; d < p.length; d++) {
          dot += p[d]! * y[d]!;
          square += p[d]! * p[d]!;
        }
        similarity += square > 0 ? dot / Math.sqrt(square) : 0;
      }
      const { ranks } = await retrievalRanks({ predictions, stimulus, embeddings: data.embeddings }, options);
      const top1 = ranks.filter((rank) => rank === 1).length / ranks.length;
      return { step, cosineDistance: 1 - similarity / rows.length, top1 };
    },
  };
}

/** Measurements since the lowest cosine distance; 0 if it is the latest. */
export function sinceLowest(points: readonly ValidationPoint[]): number {
  let lowest = 0;
  for (const [i, point] of points.entries()) {
    if (point.cosineDistance < points[lowest]!.cosineDistance) lowest = i;
  }
  return points.length - 1 - lowest;
}

/** Whether `patience` measurements have passed without a new lowest. */
export function hasSettled(points: readonly ValidationPoint[], patience: number | undefined): boolean {
  return patience !== undefined && points.length > 0 && sinceLowest(points) >= patience;
}
