/** Float32 scores closer than this may be in the wrong order and are scored again in float64. */
const slack = 1e-5;

/**
 * Indices of at least the k largest of `sign · scores` (all, if there are fewer), with every other within 1e-5 of
 * the k-th: whatever the rounding of the scores, the true k best are among them. O(n log k) in time, unordered.
 */
export function likelyExtremes(scores: Float32Array, k: number, sign: 1 | -1): number[] {
  const nKept = Math.min(k, scores.length);
  const heap = new Float64Array(nKept).fill(-Infinity);
  for (let i = 0; i < scores.length; i++) {
    const value = sign * scores[i]!;
    if (value > heap[0]!) replaceSmallest(heap, value);
  }
  const limit = heap[0]! - slack;
  const found: number[] = [];
  for (let i = 0; i < scores.length; i++) if (sign * scores[i]! >= limit) found.push(i);
  return found;
}

function replaceSmallest(heap: Float64Array, value: number): void {
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= value) break;
    heap[i] = heap[child]!;
    i = child;
  }
  heap[i] = value;
}

/** Cosine of two vectors, summed in float64. */
export function exactCosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let d = 0; d < a.length; d++) {
    ab += a[d]! * b[d]!;
    aa += a[d]! * a[d]!;
    bb += b[d]! * b[d]!;
  }
  return ab / Math.sqrt(aa * bb);
}

/** Mean and population standard deviation. */
export function meanAndSd(values: Float32Array | Float64Array): { mean: number; sd: number } {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2;
  return { mean, sd: Math.sqrt(squares / values.length) };
}
