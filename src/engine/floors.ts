/** The largest float32: no cosine is above it. */
export const largest = Math.fround(3.4028234663852886e38);
/** More than any cosine, however computed. */
const aboveAll = 1.1;

/** The highest of the levels at places from … to, and the lowest floor that a level of its own is above. */
export function topAndOpen(
  level: Float64Array,
  from: number,
  to: number,
  floor: Float64Array,
): [number, number] {
  let top = Number.NEGATIVE_INFINITY;
  let open = Number.POSITIVE_INFINITY;
  for (let at = from; at < to; at++) {
    const own = Math.min(level[at]!, aboveAll);
    top = Math.max(top, own);
    if (own > floor[at - from]!) open = Math.min(open, floor[at - from]!);
  }
  return [top, open];
}

/** Which of the levels at places from … to are above `open`, or with `top` above their own floor: counted from `from`. */
export function rowsAbove(
  level: Float64Array,
  from: number,
  to: number,
  floor: Float64Array,
  open: number,
  top: number,
): Int32Array {
  const rows = new Int32Array(Math.max(0, to - from));
  let n = 0;
  for (let k = 0; k < rows.length; k++) {
    const own = Math.min(level[from + k]!, aboveAll);
    if (own > open || (own > floor[k]! && top > floor[k]!)) rows[n++] = k;
  }
  return rows.subarray(0, n);
}

/** The least gap before each place from … to, counted from the first. */
export function leastBefore(gap: Float64Array, from: number, to: number, out: Float64Array): void {
  let least = Number.POSITIVE_INFINITY;
  for (let at = from; at < to; at++) {
    out[at - from] = least;
    least = Math.min(least, gap[at]!);
  }
}

/** The least gap from each place from … to on, and beyond the last. */
export function leastAfter(
  gap: Float64Array,
  from: number,
  to: number,
  beyond: number,
  out: Float64Array,
): void {
  let least = beyond;
  for (let at = to - 1; at >= from; at--) {
    least = Math.min(least, gap[at]!);
    out[at - from] = least;
  }
}

/** Float32 not above the values, except of more than any cosine. */
export function roundDown(values: Float64Array, out: Float32Array): void {
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    out[at] = value > 2 ? largest : Math.max(-largest, value - 1e-7 * Math.max(1, Math.abs(value)));
  }
}
