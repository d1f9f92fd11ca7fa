// Dot products of a few vectors with many rows, and the rows' squared lengths, in float32 with four lanes.
// Rows and vectors are padded with zeros to `stride` floats, a multiple of 4. The order of summation depends on
// nothing but the stride, so results are the same on every machine.

function sum(lanes: v128): f32 {
  return (
    f32x4.extract_lane(lanes, 0) +
    f32x4.extract_lane(lanes, 1) +
    (f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3))
  );
}

/** out[v * nRows + r] = vectors[v] · rows[r]; nVectors a multiple of 4, nRows a multiple of 2. */
export function dots(
  vectors: usize,
  nVectors: i32,
  rows: usize,
  nRows: i32,
  stride: i32,
  out: usize,
): void {
  const bytes: usize = (<usize>stride) << 2;
  for (let r = 0; r < nRows; r += 2) {
    const row0 = rows + <usize>r * bytes;
    const row1 = row0 + bytes;
    for (let v = 0; v < nVectors; v += 4) {
      const v0 = vectors + <usize>v * bytes;
      const v1 = v0 + bytes;
      const v2 = v1 + bytes;
      const v3 = v2 + bytes;
      let s00 = f32x4.splat(0);
      let s01 = f32x4.splat(0);
      let s10 = f32x4.splat(0);
      let s11 = f32x4.splat(0);
      let s20 = f32x4.splat(0);
      let s21 = f32x4.splat(0);
      let s30 = f32x4.splat(0);
      let s31 = f32x4.splat(0);
      for (let i: usize = 0; i < bytes; i += 16) {
        const a = v128.load(row0 + i);
        const b = v128.load(row1 + i);
        const p = v128.load(v0 + i);
        const q = v128.load(v1 + i);
        s00 = f32x4.add(s00, f32x4.mul(p, a));
        s01 = f32x4.add(s01, f32x4.mul(p, b));
        s10 = f32x4.add(s10, f32x4.mul(q, a));
        s11 = f32x4.add(s11, f32x4.mul(q, b));
        const u = v128.load(v2 + i);
        const w = v128.load(v3 + i);
        s20 = f32x4.add(s20, f32x4.mul(u, a));
        s21 = f32x4.add(s21, f32x4.mul(u, b));
        s30 = f32x4.add(s30, f32x4.mul(w, a));
        s31 = f32x4.add(s31, f32x4.mul(w, b));
      }
      const line: usize = (<usize>nRows) << 2;
      const target = out + <usize>v * line + ((<usize>r) << 2);
      store<f32>(target, sum(s00));
      store<f32>(target + 4, sum(s01));
      store<f32>(target + line, sum(s10));
      store<f32>(target + line + 4, sum(s11));
      store<f32>(target + 2 * line, sum(s20));
      store<f32>(target + 2 * line + 4, sum(s21));
      store<f32>(target + 3 * line, sum(s30));
      store<f32>(target + 3 * line + 4, sum(s31));
    }
  }
}

/** out[r] = rows[r] · rows[r]. */
export function squaredNorms(rows: usize, nRows: i32, stride: i32, out: usize): void {
  const bytes: usize = (<usize>stride) << 2;
  for (let r = 0; r < nRows; r++) {
    const row = rows + <usize>r * bytes;
    let s = f32x4.splat(0);
    for (let i: usize = 0; i < bytes; i += 16) {
      const a = v128.load(row + i);
      s = f32x4.add(s, f32x4.mul(a, a));
    }
    store<f32>(out + ((<usize>r) << 2), sum(s));
  }
}
