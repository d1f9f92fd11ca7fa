import type { PictureFeatures } from './measurePicture.js';

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
