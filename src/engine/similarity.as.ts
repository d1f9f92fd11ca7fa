// Kernels of one tile of the similarity pass: rows × columns of voxel vectors.
//
// Each vector is known twice: as float32 values (the `raw` arrays) and as int8 codes with a scale and a bound on
// what the codes miss. The product of codes bounds a cosine from above,
//   cos(i, j) ≤ product · rowScale · columnScale + rowError + columnError,
// and only pairs whose bound passes their threshold are looked at: in float32, whose error is below `band`, and if
// that passes too in float64, summed in four lanes as `dot` of vectorPool.ts does, which decides.
// Columns come in sixteens; those beyond the last have scale NaN, so that no comparison with them holds.

export let codesA: usize = 0; // tileRows × stride; for a product of unsigned by signed, code + zero point
export let codesB: usize = 0; // tileColumns × stride, signed
export let codesBT: usize = 0; // stride × columns, the transpose of codesB
export let product: usize = 0; // productRows × columns, int32: some of the rows at a time, so that it stays in cache
export let rowRaw: usize = 0; // tileRows × stride float32
export let columnRaw: usize = 0;
export let columnOffset: usize = 0; // int32: what the zero point adds to a column's products
export let rowSquare: usize = 0; // float64 squared lengths
export let columnSquare: usize = 0;
export let rowScale: usize = 0; // float32
export let columnScale: usize = 0;
export let rowError: usize = 0;
export let columnError: usize = 0;
export let rowId: usize = 0; // int32 names: what is stored for a pair
export let columnId: usize = 0;
export let rowBest: usize = 0; // float64 best cosine so far, and whose it is
export let columnBest: usize = 0;
export let rowBestId: usize = 0;
export let columnBestId: usize = 0;
export let rowFloor: usize = 0; // float32: a pair matters only above min(row's, column's) floor …
export let columnFloor: usize = 0;
export let rowLevel: usize = 0; // float64: … and if both its ends have a level above it
export let columnLevel: usize = 0;
export let rowCeiling: usize = 0; // float32, not below the level
export let columnCeiling: usize = 0;
export let gap: usize = 0; // float32, between neighbours in the order, of columns on the diagonal
export let edges: usize = 0; // int32 row id, int32 column id, float64 weight

let stride: i32 = 0;
let scratch: usize = 0;
let top: usize = 0;

function take(bytes: i32): usize {
  const at = top;
  top = (top + bytes + 63) & ~63;
  return at;
}

/** Lays the arrays out for tiles of at most rows × columns and grows the memory to hold them. */
export function configure(rows: i32, columns: i32, width: i32, maxEdges: i32, productRows: i32): void {
  stride = width;
  top = (__heap_base + 63) & ~63;
  scratch = take(512);
  codesA = take(rows * width);
  codesB = take(columns * width);
  codesBT = take(columns * width);
  product = take(productRows * columns * 4);
  rowRaw = take(rows * width * 4);
  columnRaw = take(columns * width * 4);
  columnOffset = take(columns * 4);
  rowSquare = take(rows * 8);
  columnSquare = take(columns * 8);
  rowScale = take(rows * 4);
  columnScale = take(columns * 4);
  rowError = take(rows * 4);
  columnError = take(columns * 4);
  rowId = take(rows * 4);
  columnId = take(columns * 4);
  rowBest = take(rows * 8);
  columnBest = take(columns * 8);
  rowBestId = take(rows * 4);
  columnBestId = take(columns * 4);
  rowFloor = take(rows * 4);
  columnFloor = take(columns * 4);
  rowLevel = take(rows * 8);
  columnLevel = take(columns * 8);
  rowCeiling = take(rows * 4);
  columnCeiling = take(columns * 4);
  gap = take(columns * 4);
  edges = take(maxEdges * 16);
  const pages = <i32>((top + 65535) >>> 16) - memory.size();
  if (pages > 0) memory.grow(pages);
}

/**
 * Codes of the unit vectors of the rows in rowRaw, which is overwritten: turned by a fixed rotation, then whole steps
 * of rowScale, at most `levels`, in codesA; rowId gets their sum and rowError a bound on what they miss, rounding of
 * this computation (below 4e-6) included. A zero row gets zeros.
 */
export function codeRows(rows: i32, levels: f32): void {
  for (let i = 0; i < rows; i++) {
    const x = rowRaw + (<usize>(i * stride) << 2);
    const code = codesA + <usize>(i * stride);
    const i4 = <usize>i << 2;
    const square = load<f64>(rowSquare + (<usize>i << 3));
    store<f32>(rowScale + i4, 0);
    store<f32>(rowError + i4, 0);
    store<i32>(rowId + i4, 0);
    memory.fill(code, 0, stride);
    if (square === 0) continue;
    const largest = turn(x, <f32>(1 / Math.sqrt(square)));
    const scale = largest / levels;
    const steps = f32x4.splat(1 / scale);
    let missed = f32x4.splat(0);
    let sum = i32x4.splat(0);
    for (let k = 0; k < stride; k += 4) {
      const exact = f32x4.mul(v128.load(x + (<usize>k << 2)), steps);
      const near = f32x4.nearest(exact);
      const off = f32x4.sub(exact, near);
      missed = f32x4.add(missed, f32x4.mul(off, off));
      const whole = i32x4.trunc_sat_f32x4_s(near);
      sum = i32x4.add(sum, whole);
      const short = i16x8.narrow_i32x4_s(whole, whole);
      v128.store_lane<i32>(code + <usize>k, i8x16.narrow_i16x8_s(short, short), 0);
    }
    const all =
      f32x4.extract_lane(missed, 0) +
      f32x4.extract_lane(missed, 1) +
      (f32x4.extract_lane(missed, 2) + f32x4.extract_lane(missed, 3));
    store<f32>(rowScale + i4, scale);
    store<f32>(rowError + i4, Mathf.sqrt(all) * scale * 1.0001 + 4e-6);
    store<i32>(rowId + i4, total(sum));
  }
}

/**
 * Scales a row and turns it: signs by a fixed hash, then Walsh and Hadamard's transform of the first 2^p coordinates
 * and of the last, the largest power of two that fits.
 *
 * @returns the largest magnitude
 */
function turn(x: usize, factor: f32): f32 {
  for (let k = 0; k < stride; k++) {
    const at = x + (<usize>k << 2);
    const sign = (k + 1) * <i32>0x9e3779b1 < 0 ? -factor : factor;
    store<f32>(at, load<f32>(at) * sign);
  }
  const width = 1 << (31 - clz(stride));
  hadamard(x, width);
  if (width < stride) hadamard(x + (<usize>(stride - width) << 2), width);
  let most = f32x4.splat(0);
  for (let k = 0; k < stride; k += 4) most = f32x4.max(most, f32x4.abs(v128.load(x + (<usize>k << 2))));
  return max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
}

/** In place, orthonormal; n a power of two, at least 4. */
function hadamard(x: usize, n: i32): void {
  const scale = f32x4.splat(1 / Mathf.sqrt(<f32>n));
  const ones = f32x4(1, -1, 1, -1);
  const twos = f32x4(1, 1, -1, -1);
  const end = x + (<usize>n << 2);
  for (let at = x; at < end; at += 16) {
    let v = f32x4.mul(v128.load(at), scale);
    v = f32x4.add(i8x16.shuffle(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11), f32x4.mul(v, ones));
    v = f32x4.add(i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7), f32x4.mul(v, twos));
    v128.store(at, v);
  }
  for (let half: usize = 16; half < end - x; half <<= 1) {
    for (let from = x; from < end; from += half << 1) {
      for (let at = from; at < from + half; at += 16) {
        const a = v128.load(at);
        const b = v128.load(at + half);
        v128.store(at, f32x4.add(a, b));
        v128.store(at + half, f32x4.sub(a, b));
      }
    }
  }
}

/** Makes the codes of the rows unsigned by adding the zero point. */
export function offsetRows(rows: i32, zero: i32): void {
  const add = i8x16.splat(<i8>zero);
  const end = codesA + <usize>(rows * stride);
  for (let at = codesA; at < end; at += 16) v128.store(at, i8x16.add(v128.load(at), add));
}

/** Transposes the codes of the columns (a multiple of 16 of them), 16 × 16 bytes at a time. */
export function transposeColumns(columns: i32): void {
  for (let j = 0; j < columns; j += 16) {
    for (let k = 0; k < stride; k += 16) {
      const from = codesB + <usize>(j * stride + k);
      for (let r = 0; r < 16; r++) v128.store(scratch + (<usize>r << 4), v128.load(from + <usize>(r * stride)));
      interleave(scratch, scratch + 256);
      interleave(scratch + 256, scratch);
      interleave(scratch, scratch + 256);
      interleave(scratch + 256, scratch);
      const to = codesBT + <usize>(k * columns + j);
      for (let r = 0; r < 16; r++) v128.store(to + <usize>(r * columns), v128.load(scratch + (<usize>r << 4)));
    }
  }
}

/** One of the four rounds of a 16 × 16 byte transpose: rows k and k + 8 become rows 2k and 2k + 1, interleaved. */
@inline
function interleave(from: usize, to: usize): void {
  for (let k: usize = 0; k < 8; k++) {
    const a = v128.load(from + (k << 4));
    const b = v128.load(from + (k << 4), 128);
    v128.store(to + (k << 5), i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
    v128.store(to + (k << 5), i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), 16);
  }
}

@inline
function dot16(a: v128, b: v128): v128 {
  return i32x4.add(
    i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(a), i16x8.extend_low_i8x16_s(b)),
    i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(a), i16x8.extend_high_i8x16_s(b)),
  );
}

@inline
function total(x: v128): i32 {
  return (
    i32x4.extract_lane(x, 0) + i32x4.extract_lane(x, 1) + i32x4.extract_lane(x, 2) + i32x4.extract_lane(x, 3)
  );
}

/** The product of codes of rows from … to without any library: signed codes on both sides, the same whole numbers. */
export function multiply(from: i32, to: i32, columns: i32): void {
  for (let i = from; i < to; i++) {
    const a = codesA + <usize>(i * stride);
    for (let j = 0; j < columns; j += 4) {
      const b = codesB + <usize>(j * stride);
      let s0 = i32x4.splat(0);
      let s1 = i32x4.splat(0);
      let s2 = i32x4.splat(0);
      let s3 = i32x4.splat(0);
      for (let k = 0; k < stride; k += 16) {
        const x = v128.load(a + <usize>k);
        s0 = i32x4.add(s0, dot16(x, v128.load(b + <usize>k)));
        s1 = i32x4.add(s1, dot16(x, v128.load(b + <usize>(stride + k))));
        s2 = i32x4.add(s2, dot16(x, v128.load(b + <usize>(2 * stride + k))));
        s3 = i32x4.add(s3, dot16(x, v128.load(b + <usize>(3 * stride + k))));
      }
      const at = product + (<usize>((i - from) * columns + j) << 2);
      store<i32>(at, total(s0));
      store<i32>(at, total(s1), 4);
      store<i32>(at, total(s2), 8);
      store<i32>(at, total(s3), 12);
    }
  }
}

/** Cosine in float32: 16 partial sums. */
@inline
function cosine32(i: i32, j: i32): f32 {
  let p = rowRaw + (<usize>(i * stride) << 2);
  let q = columnRaw + (<usize>(j * stride) << 2);
  const end = p + (<usize>stride << 2);
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  for (; p < end; p += 64, q += 64) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(p), v128.load(q)));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(p, 16), v128.load(q, 16)));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(p, 32), v128.load(q, 32)));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(p, 48), v128.load(q, 48)));
  }
  const s = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  const sum =
    f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
  return <f32>(<f64>sum / root(i, j));
}

@inline
function root(i: i32, j: i32): f64 {
  return Math.sqrt(load<f64>(rowSquare + (<usize>i << 3)) * load<f64>(columnSquare + (<usize>j << 3)));
}

@inline
function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));
}

/** Cosine in float64, bit for bit that of vectorPool.ts. */
function cosine64(i: i32, j: i32): f64 {
  let p = rowRaw + (<usize>(i * stride) << 2);
  let q = columnRaw + (<usize>(j * stride) << 2);
  const end = p + (<usize>stride << 2);
  let ab = f64x2.splat(0);
  let cd = f64x2.splat(0);
  for (; p < end; p += 16, q += 16) {
    const x = v128.load(p);
    const y = v128.load(q);
    ab = f64x2.add(ab, f64x2.mul(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(y)));
    cd = f64x2.add(cd, f64x2.mul(high(x), high(y)));
  }
  const s = f64x2.add(ab, cd);
  return (f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1)) / root(i, j);
}

/** Upper bounds of four cosines, less the row's own error. */
@inline
function bound(at: usize, j: usize, scale: v128): v128 {
  const whole = i32x4.sub(v128.load(at), v128.load(columnOffset + j));
  const x = f32x4.mul(f32x4.convert_i32x4_s(whole), f32x4.mul(scale, v128.load(columnScale + j)));
  return f32x4.add(x, v128.load(columnError + j));
}

@inline
function near(at: usize, j: usize, scale: v128, floor: v128, error: v128): v128 {
  const threshold = f32x4.sub(f32x4.min(floor, v128.load(columnFloor + j)), error);
  return f32x4.gt(bound(at, j, scale), threshold);
}

/** How a pair that passes is used: rows and columns keep their best; rows keep their best; rows keep the first. */
const BOTH = 0;
const ROWS = 1;
const FIRST = 2;

/**
 * Finds, for each row from … to, whose products are in place, (and, for BOTH, each column) the column (row) of largest
 * cosine above its best so far; among equals the smallest id. FIRST: the smallest column id whose cosine is above the
 * row's best, which stays.
 */
export function scanBest(from: i32, to: i32, columns: i32, band: f32, use: i32): void {
  if (use === BOTH && anyUnknown(rowFloor, from, to) | anyUnknown(columnFloor, 0, columns))
    raiseFloors(from, to, columns, band);
  for (let i = from; i < to; i++) {
    const i4 = <usize>i << 2;
    const scale = f32x4.splat(load<f32>(rowScale + i4));
    const error = f32x4.splat(load<f32>(rowError + i4));
    let floor = f32x4.splat(load<f32>(rowFloor + i4));
    let at = product + (<usize>((i - from) * columns) << 2);
    for (let j = 0; j < columns; j += 16, at += 64) {
      const j4 = <usize>j << 2;
      const hit = v128.or(
        v128.or(near(at, j4, scale, floor, error), near(at + 16, j4 + 16, scale, floor, error)),
        v128.or(near(at + 32, j4 + 32, scale, floor, error), near(at + 48, j4 + 48, scale, floor, error)),
      );
      if (!v128.any_true(hit)) continue;
      for (let part = 0; part < 4; part++) {
        const shift = <usize>part << 4;
        let lanes = i32x4.bitmask(near(at + shift, j4 + shift, scale, floor, error));
        for (; lanes; lanes &= lanes - 1) meet(i, j + (part << 2) + ctz(lanes), band, use);
        floor = f32x4.splat(load<f32>(rowFloor + i4));
      }
    }
  }
}

function anyUnknown(floors: usize, from: i32, to: i32): bool {
  for (let k = from; k < to; k++) if (load<f32>(floors + (<usize>k << 2)) < -2) return true;
  return false;
}

/**
 * Raises floors to what the codes alone say: cos(i, j) ≥ product · scales − errors. The first rows and columns would
 * else have one best after another looked at in full. The pair that raised a floor is itself above it.
 */
function raiseFloors(from: i32, to: i32, columns: i32, band: f32): void {
  for (let i = from; i < to; i++) {
    const i4 = <usize>i << 2;
    const scale = f32x4.splat(load<f32>(rowScale + i4));
    const error = f32x4.splat(load<f32>(rowError + i4) + band);
    let most = f32x4.splat(-f32.MAX_VALUE);
    let at = product + (<usize>((i - from) * columns) << 2);
    for (let j = 0; j < columns; j += 4, at += 16) {
      const j4 = <usize>j << 2;
      const whole = f32x4.convert_i32x4_s(i32x4.sub(v128.load(at), v128.load(columnOffset + j4)));
      const x = f32x4.mul(whole, f32x4.mul(scale, v128.load(columnScale + j4)));
      const least = f32x4.sub(f32x4.sub(x, v128.load(columnError + j4)), error);
      v128.store(columnFloor + j4, f32x4.pmax(v128.load(columnFloor + j4), least));
      most = f32x4.pmax(most, least);
    }
    const row = max(
      max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
      max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
    );
    if (row > load<f32>(rowFloor + i4)) store<f32>(rowFloor + i4, row);
  }
}

function meet(i: i32, j: i32, band: f32, use: i32): void {
  examined += 1;
  const s = cosine32(i, j);
  const forRow = s > load<f32>(rowFloor + (<usize>i << 2));
  const forColumn = use === BOTH && s > load<f32>(columnFloor + (<usize>j << 2));
  if (!forRow && !forColumn) return;
  const exact = cosine64(i, j);
  const row = load<i32>(rowId + (<usize>i << 2));
  const column = load<i32>(columnId + (<usize>j << 2));
  if (use === FIRST) {
    if (exact > load<f64>(rowBest + (<usize>i << 3))) {
      store<i32>(rowBestId + (<usize>i << 2), column);
      store<f32>(rowFloor + (<usize>i << 2), f32.MAX_VALUE);
    }
    return;
  }
  if (forRow) offer(rowBest, rowBestId, rowFloor, i, exact, column, band);
  if (forColumn) offer(columnBest, columnBestId, columnFloor, j, exact, row, band);
}

@inline
function offer(best: usize, bestId: usize, floor: usize, k: i32, exact: f64, id: i32, band: f32): void {
  const known = load<f64>(best + (<usize>k << 3));
  if (exact > known || (exact === known && id < load<i32>(bestId + (<usize>k << 2)))) {
    store<f64>(best + (<usize>k << 3), exact);
    store<i32>(bestId + (<usize>k << 2), id);
    store<f32>(floor + (<usize>k << 2), <f32>exact - band);
  }
}

@inline
function linked(at: usize, j: usize, scale: v128, error: v128, floor: v128, ceiling: v128): v128 {
  const weight = f32x4.min(
    f32x4.add(bound(at, j, scale), error),
    f32x4.min(ceiling, v128.load(columnCeiling + j)),
  );
  return f32x4.gt(weight, f32x4.min(floor, v128.load(columnFloor + j)));
}

/**
 * Writes the edges of weight min(level i, level j, cos) above min(row's, column's) floor, for rows from … to of those
 * from `base` on, whose products are in place. On the diagonal row base + k is column k, and only columns after it
 * count, above the smallest gap between the two. Stops before a row whose edges might not fit.
 *
 * @returns the row it stopped at; the number of edges is in `written`
 */
export function scanEdges(
  from: i32,
  to: i32,
  base: i32,
  columns: i32,
  band: f32,
  diagonal: bool,
  maxEdges: i32,
): i32 {
  written = 0;
  for (let i = from; i < to; i++) {
    if (written + columns > maxEdges) return i;
    const i4 = <usize>i << 2;
    const scale = f32x4.splat(load<f32>(rowScale + i4));
    const error = f32x4.splat(load<f32>(rowError + i4) + band);
    const floor = f32x4.splat(diagonal ? f32.MAX_VALUE : load<f32>(rowFloor + i4));
    const ceiling = f32x4.splat(load<f32>(rowCeiling + i4));
    let j = 0;
    if (diagonal) {
      diagonalFloors(i - base, columns);
      j = (i - base) & ~15;
    }
    let at = product + (<usize>((i - base) * columns + j) << 2);
    for (; j < columns; j += 16, at += 64) {
      const j4 = <usize>j << 2;
      const hit = v128.or(
        v128.or(near(at, j4, scale, floor, error), near(at + 16, j4 + 16, scale, floor, error)),
        v128.or(near(at + 32, j4 + 32, scale, floor, error), near(at + 48, j4 + 48, scale, floor, error)),
      );
      if (!v128.any_true(hit)) continue;
      for (let part = 0; part < 4; part++) {
        const shift = <usize>part << 4;
        let lanes = i32x4.bitmask(linked(at + shift, j4 + shift, scale, error, floor, ceiling));
        for (; lanes; lanes &= lanes - 1) link(i, j + (part << 2) + ctz(lanes), band, diagonal);
      }
    }
  }
  return to;
}

export let written: i32 = 0;
/** Pairs that passed the bound of the codes, over all calls: how sharp it is. */
export let examined: f64 = 0;

/** Floors of row i on the diagonal: the smallest gap between i and j for j > i, none at or before i. */
function diagonalFloors(i: i32, columns: i32): void {
  let least = f32.MAX_VALUE;
  for (let j = i & ~15; j <= i; j++) store<f32>(columnFloor + (<usize>j << 2), f32.MAX_VALUE);
  for (let j = i + 1; j < columns; j++) {
    least = min(least, load<f32>(gap + (<usize>(j - 1) << 2)));
    store<f32>(columnFloor + (<usize>j << 2), least);
  }
}

function link(i: i32, j: i32, band: f32, diagonal: bool): void {
  examined += 1;
  const own = diagonal ? f32.MAX_VALUE : load<f32>(rowFloor + (<usize>i << 2));
  const floor = min(own, load<f32>(columnFloor + (<usize>j << 2)));
  if (cosine32(i, j) + band <= floor) return;
  const level = min(load<f64>(rowLevel + (<usize>i << 3)), load<f64>(columnLevel + (<usize>j << 3)));
  const weight = min(cosine64(i, j), level);
  if (weight <= <f64>floor) return;
  const to = edges + (<usize>written << 4);
  store<i32>(to, load<i32>(rowId + (<usize>i << 2)));
  store<i32>(to, load<i32>(columnId + (<usize>j << 2)), 4);
  store<f64>(to, weight, 8);
  written++;
}
