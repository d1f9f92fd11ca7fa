/**
 * Family-wise p of each statistic against the largest of each draw of a null: p = (1 + #{draws whose largest is at
 * least as large}) / (draws + 1).
 */
export function familyWiseP(statistics: readonly number[], largest: ArrayLike<number>): Float64Array {
  const draws = Array.from(largest);
  return Float64Array.from(statistics, (value) => {
    const asLarge = draws.filter((most) => most >= value).length;
    return (1 + asLarge) / (draws.length + 1);
  });
}
