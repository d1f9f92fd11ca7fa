import type { PictureFeatures } from './measurePicture.js';
import type { Stimulus } from './types.js';

/**
 * Standard scores of a picture feature over the pictures, clipped to ±2.5. Counts and areas are skewed: of these
 * the logarithm is scored.
 */
export function standardScore(
  stimuli: readonly { readonly features: PictureFeatures }[],
  name: keyof PictureFeatures,
): Float64Array {
  const skewed = name === 'numerosity' || name === 'size';
  const values = Float64Array.from(stimuli, ({ features }) =>
    skewed ? Math.log(features[name] + 0.01) : features[name],
  );
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 1;
  return values.map((value) => Math.max(-2.5, Math.min(2.5, (value - mean) / sd)));
}

/** What is left of a score when the picture's category is known: the score minus its mean over the category. */
export function lessCategory(
  stimuli: readonly Pick<Stimulus, 'category'>[],
  scores: Float64Array,
): Float64Array {
  const sums = new Map<string, { sum: number; count: number }>();
  stimuli.forEach(({ category }, row) => {
    const { sum, count } = sums.get(category) ?? { sum: 0, count: 0 };
    sums.set(category, { sum: sum + scores[row]!, count: count + 1 });
  });
  return scores.map((score, row) => {
    const { sum, count } = sums.get(stimuli[row]!.category)!;
    return score - sum / count;
  });
}
