// Kernels of one tile of the similarity pass: rows × columns of voxel vectors.
//
// Each vector is known twice: as float32 values (the `raw` arrays) and as int8 codes of one scale, with a bound on
// what the codes miss. A product of codes, in whole steps of a scale that each block of pairs is given (`aim`), is a
// byte: q = round(product · scale² / step) + zero, from 0 to 255. It bounds the cosine from above,
//   cos(i, j) ≤ (q − zero + ½) step + error i + error j + error i · error j,   unless q is 255, which says nothing,
// and only pairs whose bound passes their threshold are looked at: in float32, whose error is below `band`, and if
// that passes too in float64, summed in four lanes as `dot` of vectorPool.ts does, which decides.
// Thresholds are bytes as well. Columns come in sixteens; those beyond the last are not looked at.
//
// No function calls another once compiled (`@inline`; the build refuses it): V8 14.6, Node 26's, aborts the process
// when it inlines such calls itself.

export let codesA: usize = 0; // tileRows × stride; for a product of unsigned by signed, code + zero point
export let codesPicked: usize = 0; // productRows × stride: codes of the rows picked, where they do not lie together
export let picked: usize = 0; // int32: the rows whose products are made and looked at, up to productRows of them
export let codesB: usize = 0; // tileColumns × stride, signed
export let codesBT: usize = 0; // stride × columns, the transpose of codesB
export let product: usize = 0; // productRows × columns bytes: some of the rows at a time, so that they stay in cache
export let rowRaw: usize = 0; // tileRows × stride float32
export let columnRaw: usize = 0;
export let rowSquare: usize = 0; // float64 squared lengths
export let columnSquare: usize = 0;
export let rowError: usize = 0; // float32: what the codes miss
export let columnError: usize = 0;
export let rowLeast: usize = 0; // bytes: the least product that passes a row's floor …
export let columnLeast: usize = 0;
export let columnMost: usize = 0; // bytes: the largest product of each column
export let rowExcess: usize = 0; // … less this, where its column's codes (its row's) miss more than `usual`
export let columnExcess: usize = 0;
export let rowId: usize = 0; // int32 names: what is stored for a pair
export let columnId: usize = 0;
export let rowBest: usize = 0; // float64 best cosine so far, and whose it is
export let columnBest: usize = 0;
export let rowBestId: usize = 0;
export let columnBestId: usize = 0;
export let rowFloor: usize = 0; // float32: a pair matters only above min(row's, column's) floor …
export let columnFloor: usize = 0;
export let rowExact: usize = 0; // float64: … for edges this, which the floor is not above …
export let columnExact: usize = 0;
export let rowLevel: usize = 0; // float64: … and if both its ends have a level above it
export let columnLevel: usize = 0;
export let gap: usize = 0; // float64, between neighbours in the order, of columns on the diagonal
export let edges: usize = 0; // int32 row id, int32 column id, float64 weight

/** What a product of 0 and a step of one stand for in the block at hand: cos ≈ (product − zero) step. */
export let zero: i32 = 0;
export let step: f32 = 1;

let usual: f32 = 0;
let steps: f32 = 1; // 1 / step
let unit: f32 = 1; // scale² / step
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
  codesPicked = take(productRows * width);
  picked = take(productRows * 4);
  codesB = take(columns * width);
  codesBT = take(columns * width);
  product = take(productRows * columns);
  rowRaw = take(rows * width * 4);
  columnRaw = take(columns * width * 4);
  rowSquare = take(rows * 8);
  columnSquare = take(columns * 8);
  rowError = take(rows * 4);
  columnError = take(columns * 4);
  rowLeast = take(rows);
  columnLeast = take(columns);
  columnMost = take(columns);
  rowExcess = take(rows);
  columnExcess = take(columns);
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
  rowExact = take(rows * 8);
  columnExact = take(columns * 8);
  gap = take(columns * 8);
  edges = take(maxEdges * 16);
  const pages = <i32>((top + 65535) >>> 16) - memory.size();
  if (pages > 0) memory.grow(pages);
}

/**
 * Codes of the unit vectors of the rows in rowRaw, which is overwritten: turned by a fixed rotation, then whole steps
 * of `scale`, at most `levels`, in codesA; rowError gets a bound on what they miss, rounding of this computation
 * (below 4e-6) included. A zero row gets zeros.
 */
export function codeRows(rows: i32, levels: f32, scale: f32): void {
  const steps = f32x4.splat(1 / scale);
  const top = f32x4.splat(levels);
  const bottom = f32x4.splat(-levels);
  for (let i = 0; i < rows; i++) {
    const x = rowRaw + (<usize>(i * stride) << 2);
    const code = codesA + <usize>(i * stride);
    const square = load<f64>(rowSquare + (<usize>i << 3));
    store<f32>(rowError + (<usize>i << 2), 0);
    memory.fill(code, 0, stride);
    if (square === 0) continue;
    turn(x, <f32>(1 / Math.sqrt(square)));
    let missed = f32x4.splat(0);
    for (let k = 0; k < stride; k += 4) {
      const exact = f32x4.mul(v128.load(x + (<usize>k << 2)), steps);
      const near = f32x4.max(bottom, f32x4.min(top, f32x4.nearest(exact)));
      const off = f32x4.sub(exact, near);
      missed = f32x4.add(missed, f32x4.mul(off, off));
      const whole = i32x4.trunc_sat_f32x4_s(near);
      const short = i16x8.narrow_i32x4_s(whole, whole);
      v128.store_lane<i32>(code + <usize>k, i8x16.narrow_i16x8_s(short, short), 0);
    }
    const all =
      f32x4.extract_lane(missed, 0) +
      f32x4.extract_lane(missed, 1) +
      (f32x4.extract_lane(missed, 2) + f32x4.extract_lane(missed, 3));
    store<f32>(rowError + (<usize>i << 2), Mathf.sqrt(all) * scale * 1.0001 + 4e-6);
  }
}

/**
 * Scales a row and turns it: signs by a fixed hash, then Walsh and Hadamard's transform of the first 2^p coordinates
 * and of the last, the largest power of two that fits.
 */
@inline
function turn(x: usize, factor: f32): void {
  for (let k = 0; k < stride; k++) {
    const at = x + (<usize>k << 2);
    const sign = (k + 1) * <i32>0x9e3779b1 < 0 ? -factor : factor;
    store<f32>(at, load<f32>(at) * sign);
  }
  const width = 1 << (31 - clz(stride));
  hadamard(x, width);
  if (width < stride) hadamard(x + (<usize>(stride - width) << 2), width);
}

/** In place, orthonormal; n a power of two, at least 4. */
@inline
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

/** Puts the codes of the rows picked side by side. */
export function gatherPicked(rows: i32): void {
  for (let k = 0; k < rows; k++) {
    memory.copy(codesPicked + <usize>(k * stride), codesA + <usize>(pick(k) * stride), stride);
  }
}

@inline
function pick(k: i32): i32 {
  return load<i32>(picked + (<usize>k << 2));
}

/** The products of rows of codes with the columns without any library. */
export function multiply(codes: usize, rows: i32, columns: i32): void {
  for (let i = 0; i < rows; i++) {
    const a = codes + <usize>(i * stride);
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
      const at = product + <usize>(i * columns + j);
      store<u8>(at, stepsOf(total(s0)));
      store<u8>(at, stepsOf(total(s1)), 1);
      store<u8>(at, stepsOf(total(s2)), 2);
      store<u8>(at, stepsOf(total(s3)), 3);
    }
  }
}

@inline
function stepsOf(whole: i32): u8 {
  return <u8>(<i32>max<f32>(0, min<f32>(255, nearest<f32>(<f32>whole * unit) + <f32>zero)));
}

/**
 * Chooses step and zero for the pairs of the rows picked with the columns, so that their thresholds are told apart as
 * finely as bytes can, and sets those thresholds.
 *
 * @param highest cosine up to which products must be told apart, if floors may rise to there; else 0
 * @param square the codes' scale, squared
 * @param often what the codes of most rows miss at most
 * @param most what any row's miss
 */
export function aim(
  rows: i32,
  columns: i32,
  diagonal: bool,
  highest: f32,
  square: f32,
  often: f32,
  most: f32,
): void {
  usual = often;
  let low: f32 = 0;
  let high = highest;
  for (let k = diagonal ? rows : 0; k < rows; k++) {
    const floor = seen(load<f32>(rowFloor + (<usize>pick(k) << 2)));
    low = min(low, floor);
    high = max(high, floor);
  }
  // On the diagonal the floors of a row are the least gaps up to each column.
  for (let j = 0; j < columns; j++) {
    const j4 = <usize>j << 2;
    const floor = seen(diagonal ? <f32>load<f64>(gap + (j4 << 1)) : load<f32>(columnFloor + j4));
    low = min(low, floor);
    high = max(high, floor);
  }
  low = max<f32>(low - 3 * usual, -0.5);
  step = max<f32>(high - low, 0.1) / 254;
  steps = 1 / step;
  unit = square / step;
  zero = min<i32>(255, <i32>ceil<f32>(-low * steps));
  for (let k = 0; k < rows; k++) {
    const i = pick(k);
    const error = load<f32>(rowError + (<usize>i << 2));
    store<u8>(rowExcess + <usize>i, excess(error, most));
    aimRow(i);
  }
  for (let j = 0; j < columns; j++) {
    const error = load<f32>(columnError + (<usize>j << 2));
    store<u8>(columnExcess + <usize>j, excess(error, most));
    aimColumn(j);
  }
}

/** A floor for the choice of a scale: one that no cosine is above or below counts as nothing, or as all. */
@inline
function seen(floor: f32): f32 {
  return floor > 1 ? 0 : floor < -2 ? 1 : floor;
}

@inline
function excess(error: f32, most: f32): u8 {
  return error <= usual ? 0 : <u8>min<f32>(255, ceil<f32>((error - usual) * (1 + most) * steps));
}

/** The least product by which a pair's cosine may be above the floor, where the other's codes miss what is usual. */
@inline
function least(floor: f32, error: f32): u8 {
  const product = (floor - missing(error)) * steps + <f32>zero - 0.52;
  return <u8>(<i32>max<f32>(0, min<f32>(255, Mathf.floor(product) + 1)));
}

@inline
function missing(error: f32): f32 {
  return error * (1 + usual) + usual + 2e-6;
}

@inline
function aimRow(i: i32): void {
  const i4 = <usize>i << 2;
  store<u8>(rowLeast + <usize>i, least(load<f32>(rowFloor + i4), load<f32>(rowError + i4)));
}

@inline
function aimColumn(j: i32): void {
  const j4 = <usize>j << 2;
  store<u8>(columnLeast + <usize>j, least(load<f32>(columnFloor + j4), load<f32>(columnError + j4)));
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
@inline
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

/** Which of sixteen pairs of a row with columns from j on may be above the floor of either. */
@inline
function near(at: usize, j: usize, rowLeast: v128, rowExcess: v128): v128 {
  const forRow = i8x16.sub_sat_u(rowLeast, v128.load(columnExcess + j));
  const forColumn = i8x16.sub_sat_u(v128.load(columnLeast + j), rowExcess);
  return i8x16.ge_u(v128.load(at), i8x16.min_u(forRow, forColumn));
}

/** The first bits of sixteen: those of columns from j on that are there. */
@inline
function there(j: i32, live: i32): i32 {
  return j + 16 <= live ? 0xffff : (1 << (live - j)) - 1;
}

/** How a pair that passes is used: rows and columns keep their best; rows keep their best; rows keep the first. */
const BOTH = 0;
const ROWS = 1;
const FIRST = 2;

/**
 * Finds, for each row picked, whose products are in place, (and, for BOTH, each of `live` columns) the column (row)
 * of largest cosine above its best so far; among equals the smallest id. FIRST: the smallest column id whose cosine is
 * above the row's best, which stays.
 */
export function scanBest(rows: i32, columns: i32, live: i32, band: f32, use: i32): void {
  if (use === BOTH && anyUnknown(rows, live)) raiseFloors(rows, columns, live, band);
  for (let k = 0; k < rows; k++) {
    const i = pick(k);
    const excess = i8x16.splat(load<u8>(rowExcess + <usize>i));
    let least = i8x16.splat(load<u8>(rowLeast + <usize>i));
    const at = product + <usize>(k * columns);
    for (let j = 0; j < columns; j += 16) {
      const hit = near(at + <usize>j, <usize>j, least, excess);
      if (!v128.any_true(hit)) continue;
      let lanes = i8x16.bitmask(hit) & there(j, live);
      for (; lanes; lanes &= lanes - 1) meet(i, j + ctz(lanes), band, use);
      least = i8x16.splat(load<u8>(rowLeast + <usize>i));
    }
  }
}

function anyUnknown(rows: i32, live: i32): bool {
  for (let k = 0; k < rows; k++) if (load<f32>(rowFloor + (<usize>pick(k) << 2)) < -2) return true;
  for (let j = 0; j < live; j++) if (load<f32>(columnFloor + (<usize>j << 2)) < -2) return true;
  return false;
}

/**
 * Raises floors to what the codes alone say: cos(i, j) ≥ (product − zero − ½) step − errors. The first rows and
 * columns would else have one best after another looked at in full. The pair that raised a floor is itself above it.
 */
@inline
function raiseFloors(rows: i32, columns: i32, live: i32, band: f32): void {
  memory.fill(columnMost, 0, columns);
  for (let k = 0; k < rows; k++) {
    const i = pick(k);
    const excess = i8x16.splat(load<u8>(rowExcess + <usize>i));
    let most = i8x16.splat(0);
    const at = product + <usize>(k * columns);
    for (let j: usize = 0; j < <usize>columns; j += 16) {
      const q = v128.load(at + j);
      v128.store(columnMost + j, i8x16.max_u(v128.load(columnMost + j), i8x16.sub_sat_u(q, excess)));
      // Columns beyond the last have the greatest excess: they raise nothing.
      most = i8x16.max_u(most, i8x16.sub_sat_u(q, v128.load(columnExcess + j)));
    }
    let row: i32 = 0;
    v128.store(scratch, most);
    for (let lane: usize = 0; lane < 16; lane++) row = max(row, <i32>load<u8>(scratch + lane));
    raise(rowFloor, rowError, i, row, band);
    aimRow(i);
  }
  for (let j = 0; j < live; j++) {
    raise(columnFloor, columnError, j, <i32>load<u8>(columnMost + <usize>j), band);
    aimColumn(j);
  }
}

@inline
function raise(floors: usize, errors: usize, k: i32, most: i32, band: f32): void {
  const k4 = <usize>k << 2;
  const known = (<f32>(most - zero) - 0.52) * step - missing(load<f32>(errors + k4)) - band;
  if (most > 0 && known > load<f32>(floors + k4)) store<f32>(floors + k4, known);
}

@inline
function meet(i: i32, j: i32, band: f32, use: i32): void {
  // A product of 255 passes any threshold, but no cosine such a floor.
  const floor = load<f32>(rowFloor + (<usize>i << 2));
  if (floor > 1.1 && (use !== BOTH || load<f32>(columnFloor + (<usize>j << 2)) > 1.1)) return;
  examined += 1;
  const s = cosine32(i, j);
  const forRow = s > floor;
  const forColumn = use === BOTH && s > load<f32>(columnFloor + (<usize>j << 2));
  if (!forRow && !forColumn) return;
  const exact = cosine64(i, j);
  const row = load<i32>(rowId + (<usize>i << 2));
  const column = load<i32>(columnId + (<usize>j << 2));
  if (use === FIRST) {
    if (exact > load<f64>(rowBest + (<usize>i << 3))) {
      store<i32>(rowBestId + (<usize>i << 2), column);
      store<f32>(rowFloor + (<usize>i << 2), f32.MAX_VALUE);
      aimRow(i);
    }
    return;
  }
  if (forRow && offer(rowBest, rowBestId, rowFloor, i, exact, column, band)) aimRow(i);
  if (forColumn && offer(columnBest, columnBestId, columnFloor, j, exact, row, band)) aimColumn(j);
}

@inline
function offer(best: usize, bestId: usize, floor: usize, k: i32, exact: f64, id: i32, band: f32): bool {
  const known = load<f64>(best + (<usize>k << 3));
  if (exact > known || (exact === known && id < load<i32>(bestId + (<usize>k << 2)))) {
    store<f64>(best + (<usize>k << 3), exact);
    store<i32>(bestId + (<usize>k << 2), id);
    store<f32>(floor + (<usize>k << 2), <f32>exact - band);
    return true;
  }
  return false;
}

/**
 * Writes the edges of weight min(level i, level j, cos) above min(row's, column's) floor, for the rows picked, from
 * the one given on, whose products are in place. On the diagonal the row picked as k is column k, and only columns
 * after it count, above the smallest gap between the two. Stops before a row whose edges might not fit.
 *
 * @returns where among the rows picked it stopped; the number of edges is in `written`
 */
export function scanEdges(
  from: i32,
  rows: i32,
  columns: i32,
  live: i32,
  band: f32,
  diagonal: bool,
  maxEdges: i32,
): i32 {
  written = 0;
  for (let k = from; k < rows; k++) {
    if (written + columns > maxEdges) return k;
    const i = pick(k);
    const excess = i8x16.splat(load<u8>(rowExcess + <usize>i));
    const least = i8x16.splat(diagonal ? <u8>255 : load<u8>(rowLeast + <usize>i));
    const at = product + <usize>(k * columns);
    let j = 0;
    if (diagonal) {
      diagonalFloors(k, live);
      j = k & ~15;
    }
    for (; j < columns; j += 16) {
      const hit = near(at + <usize>j, <usize>j, least, excess);
      if (!v128.any_true(hit)) continue;
      let lanes = i8x16.bitmask(hit) & there(j, live);
      for (; lanes; lanes &= lanes - 1) link(i, j + ctz(lanes), band, diagonal);
    }
  }
  return rows;
}

export let written: i32 = 0;
/** Pairs that passed the bound of the codes, over all calls: how sharp it is. */
export let examined: f64 = 0;

/** Floors of row i on the diagonal: the smallest gap between i and j for j > i, none at or before i. */
function diagonalFloors(i: i32, columns: i32): void {
  let least: f64 = Infinity;
  for (let j = i & ~15; j < columns; j++) {
    if (j > i) least = min(least, load<f64>(gap + (<usize>(j - 1) << 3)));
    store<f64>(columnExact + (<usize>j << 3), least);
    store<f32>(columnFloor + (<usize>j << 2), lower(least));
    aimColumn(j);
  }
}

/** A float32 not above a float64, except of more than any cosine. */
@inline
function lower(value: f64): f32 {
  if (value > 2) return f32.MAX_VALUE;
  return <f32>max<f64>(-f32.MAX_VALUE, value - 1e-7 * max<f64>(1, Math.abs(value)));
}

@inline
function link(i: i32, j: i32, band: f32, diagonal: bool): void {
  const iAt = <usize>i << 3;
  const jAt = <usize>j << 3;
  const own = diagonal ? <f64>Infinity : load<f64>(rowExact + iAt);
  const floor = min(own, load<f64>(columnExact + jAt));
  // No cosine is above 1.1, and what is joined for good has a floor of 2.
  const level = min<f64>(1.1, min(load<f64>(rowLevel + iAt), load<f64>(columnLevel + jAt)));
  if (level <= floor) return;
  examined += 1;
  if (<f64>(cosine32(i, j) + band) <= floor) return;
  const weight = min(cosine64(i, j), level);
  if (weight <= floor) return;
  const to = edges + (<usize>written << 4);
  store<i32>(to, load<i32>(rowId + (<usize>i << 2)));
  store<i32>(to, load<i32>(columnId + (<usize>j << 2)), 4);
  store<f64>(to, weight, 8);
  written++;
}
