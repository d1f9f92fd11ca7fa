/**
 * The value beyond which one more would be an outlier of those given: Tukey's upper fence, 1.5 interquartile ranges
 * above the upper quartile, taken over logarithms. Quartiles are interpolated linearly (Hyndman and Fan's type 7).
 *
 * @param values at least one, positive, in any order
 * @see Tukey, Exploratory Data Analysis, 1977
 */
export function outerFence(values: readonly number[]): number {
  const logs = Float64Array.from(values, Math.log).sort();
  const [lower, upper] = [quantile(logs, 0.25), quantile(logs, 0.75)];
  return Math.exp(upper + 1.5 * (upper - lower));
}

function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low + (at - Math.floor(at)) * (high - low);
}
