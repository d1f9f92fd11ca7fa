/** Rows of `width` numbers, each with zeros behind it up to `stride`. */
export function padRows(packed: Float32Array, width: number, stride: number): Float32Array {
  if (width === stride) return packed;
  const nRows = packed.length / width;
  const out = new Float32Array(nRows * stride);
  for (let i = 0; i < nRows; i++) out.set(packed.subarray(i * width, (i + 1) * width), i * stride);
  return out;
}

/** The reverse: the first `width` numbers of every `stride`. */
export function unpadRows(wide: Float32Array, out: Float32Array, width: number, stride: number): void {
  for (let i = 0; i < out.length / width; i++)
    out.set(wide.subarray(i * stride, i * stride + width), i * width);
}
