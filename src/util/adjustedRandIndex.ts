/**
 * Adjusted Rand index of two labellings of the same items (Hubert and Arabie, Journal of Classification, 1985):
 * 1 for the same partition, about 0 for independent ones. Every distinct label, −1 too, is a class. Where both
 * labellings are trivial (one class, or all items apart) they agree: 1.
 */
export function adjustedRandIndex(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const pairs = (n: number) => (n * (n - 1)) / 2;
  const count = (keys: ArrayLike<string | number>) => {
    const counts = new Map<string | number, number>();
    for (let i = 0; i < keys.length; i++) counts.set(keys[i]!, (counts.get(keys[i]!) ?? 0) + 1);
    return [...counts.values()].reduce((sum, n) => sum + pairs(n), 0);
  };
  const both = count(Array.from(a, (label, i) => `${label} ${b[i]}`));
  const [inA, inB] = [count(a), count(b)];
  const expected = (inA * inB) / (pairs(a.length) || 1);
  const most = (inA + inB) / 2;
  return most === expected ? 1 : (both - expected) / (most - expected);
}
