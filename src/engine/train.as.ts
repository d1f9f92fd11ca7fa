// Kernels of the training step on 128-bit SIMD. Matrices are row-major float32; column counts (the padded nDims,
// voxels of a tile) are multiples of 8, row counts multiples of 4: the caller pads with zeros, which stay zero.
// Compiled by src/build.mjs; sums run in a fixed order, so the same input gives the same bytes everywhere.

@inline function at(base: usize, index: usize): usize {
  return base + (index << 2);
}

/** Bytes from which the caller may lay out its own arrays. */
export function heapBase(): usize {
  return (__heap_base + 63) & ~63;
}

/** c[m × n] = a[m × k] · b[k × n], added to c if `accumulate`. */
export function multiply(a: usize, b: usize, c: usize, m: usize, k: usize, n: usize, accumulate: bool): void {
  for (let j: usize = 0; j < n; j += 8) {
    for (let i: usize = 0; i < m; i += 4) {
      let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
      let pa = at(a, i * k);
      let pb = at(b, j);
      const strideA = k << 2;
      const strideB = n << 2;
      for (let p: usize = 0; p < k; p++) {
        const b0 = v128.load(pb);
        const b1 = v128.load(pb, 16);
        const a0 = v128.load32_splat(pa);
        c00 = f32x4.add(c00, f32x4.mul(a0, b0));
        c01 = f32x4.add(c01, f32x4.mul(a0, b1));
        const a1 = v128.load32_splat(pa + strideA);
        c10 = f32x4.add(c10, f32x4.mul(a1, b0));
        c11 = f32x4.add(c11, f32x4.mul(a1, b1));
        const a2 = v128.load32_splat(pa + 2 * strideA);
        c20 = f32x4.add(c20, f32x4.mul(a2, b0));
        c21 = f32x4.add(c21, f32x4.mul(a2, b1));
        const a3 = v128.load32_splat(pa + 3 * strideA);
        c30 = f32x4.add(c30, f32x4.mul(a3, b0));
        c31 = f32x4.add(c31, f32x4.mul(a3, b1));
        pa += 4;
        pb += strideB;
      }
      storeBlock(at(c, i * n + j), n, accumulate, c00, c01, c10, c11, c20, c21, c30, c31);
    }
  }
}

/** c[m × n] = aᵀ · b for a[k × m] and b[k × n]. */
export function multiplyTransposed(a: usize, b: usize, c: usize, m: usize, k: usize, n: usize): void {
  for (let j: usize = 0; j < n; j += 8) {
    for (let i: usize = 0; i < m; i += 4) {
      let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
      let pa = at(a, i);
      let pb = at(b, j);
      const strideA = m << 2;
      const strideB = n << 2;
      for (let p: usize = 0; p < k; p++) {
        const b0 = v128.load(pb);
        const b1 = v128.load(pb, 16);
        const a0 = v128.load32_splat(pa);
        c00 = f32x4.add(c00, f32x4.mul(a0, b0));
        c01 = f32x4.add(c01, f32x4.mul(a0, b1));
        const a1 = v128.load32_splat(pa, 4);
        c10 = f32x4.add(c10, f32x4.mul(a1, b0));
        c11 = f32x4.add(c11, f32x4.mul(a1, b1));
        const a2 = v128.load32_splat(pa, 8);
        c20 = f32x4.add(c20, f32x4.mul(a2, b0));
        c21 = f32x4.add(c21, f32x4.mul(a2, b1));
        const a3 = v128.load32_splat(pa, 12);
        c30 = f32x4.add(c30, f32x4.mul(a3, b0));
        c31 = f32x4.add(c31, f32x4.mul(a3, b1));
        pa += strideA;
        pb += strideB;
      }
      storeBlock(at(c, i * n + j), n, false, c00, c01, c10, c11, c20, c21, c30, c31);
    }
  }
}

/** c[m × n] = a[m × k] · bᵀ for b[n × k]; m and k multiples of 4, n of 2. */
export function multiplyByTransposed(a: usize, b: usize, c: usize, m: usize, k: usize, n: usize): void {
  const row = k << 2;
  for (let i: usize = 0; i < m; i += 4) {
    for (let j: usize = 0; j < n; j += 2) {
      let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
      let pa = at(a, i * k), pb = at(b, j * k);
      for (const end = pa + row; pa < end; pa += 16, pb += 16) {
        const b0 = v128.load(pb), b1 = v128.load(pb + row);
        const a0 = v128.load(pa);
        c00 = f32x4.add(c00, f32x4.mul(a0, b0));
        c01 = f32x4.add(c01, f32x4.mul(a0, b1));
        const a1 = v128.load(pa + row);
        c10 = f32x4.add(c10, f32x4.mul(a1, b0));
        c11 = f32x4.add(c11, f32x4.mul(a1, b1));
        const a2 = v128.load(pa + 2 * row);
        c20 = f32x4.add(c20, f32x4.mul(a2, b0));
        c21 = f32x4.add(c21, f32x4.mul(a2, b1));
        const a3 = v128.load(pa + 3 * row);
        c30 = f32x4.add(c30, f32x4.mul(a3, b0));
        c31 = f32x4.add(c31, f32x4.mul(a3, b1));
      }
      const to = at(c, i * n + j), next = n << 2;
      v128.store64_lane(to, pairOfSums(c00, c01), 0);
      v128.store64_lane(to + next, pairOfSums(c10, c11), 0);
      v128.store64_lane(to + 2 * next, pairOfSums(c20, c21), 0);
      v128.store64_lane(to + 3 * next, pairOfSums(c30, c31), 0);
    }
  }
}

/** Σ x in lane 0, Σ y in lane 1. */
@inline function pairOfSums(x: v128, y: v128): v128 {
  const halves = f32x4.add(v128.shuffle<f32>(x, y, 0, 1, 4, 5), v128.shuffle<f32>(x, y, 2, 3, 6, 7));
  return f32x4.add(
    v128.shuffle<f32>(halves, halves, 0, 2, 0, 2),
    v128.shuffle<f32>(halves, halves, 1, 3, 1, 3),
  );
}

/**
 * Adds bias[i] to row i of x[m × n] and divides each column by its length, summed in float64 and at least 1e-12;
 * leaves the lengths in norms[0 … n) (float32).
 */
export function unitColumns(x: usize, bias: usize, norms: usize, m: usize, n: usize): void {
  for (let j: usize = 0; j < n; j += 4) {
    let low = f64x2.splat(0), high = f64x2.splat(0);
    for (let i: usize = 0; i < m; i++) {
      const to = at(x, i * n + j);
      const value = f32x4.add(v128.load(to), v128.load32_splat(at(bias, i)));
      v128.store(to, value);
      low = addSquares(low, value);
      high = addSquares(high, upper(value));
    }
    const norm = f32x4.max(f32x4.splat(1e-12), joined(f64x2.sqrt(low), f64x2.sqrt(high)));
    v128.store(at(norms, j), norm);
    for (let i: usize = 0; i < m; i++) {
      const to = at(x, i * n + j);
      v128.store(to, f32x4.div(v128.load(to), norm));
    }
  }
}

/**
 * The gradient through the division by the length: x ← (g − (g·x) x) / norm in every column, for unit columns x and
 * gradients g, both m × n (products summed in float64); sums[i] = Σ of row i of the result.
 */
export function throughUnitColumns(x: usize, g: usize, norms: usize, sums: usize, m: usize, n: usize): void {
  memory.fill(sums, 0, m << 2);
  for (let j: usize = 0; j < n; j += 4) {
    let low = f64x2.splat(0), high = f64x2.splat(0);
    for (let i: usize = 0; i < m; i++) {
      const from = (i * n + j) << 2;
      const pull = v128.load(g + from), unit = v128.load(x + from);
      low = f64x2.add(low, f64x2.mul(f64x2.promote_low_f32x4(pull), f64x2.promote_low_f32x4(unit)));
      high = f64x2.add(
        high,
        f64x2.mul(f64x2.promote_low_f32x4(upper(pull)), f64x2.promote_low_f32x4(upper(unit))),
      );
    }
    const along = joined(low, high), norm = v128.load(at(norms, j));
    for (let i: usize = 0; i < m; i++) {
      const from = (i * n + j) << 2;
      const across = f32x4.sub(v128.load(g + from), f32x4.mul(along, v128.load(x + from)));
      const value = f32x4.div(across, norm);
      v128.store(x + from, value);
      const sum = pairOfSums(value, value);
      const to = at(sums, i);
      store<f32>(to, load<f32>(to) + f32x4.extract_lane(sum, 0));
    }
  }
}

@inline function addSquares(sum: v128, value: v128): v128 {
  const wide = f64x2.promote_low_f32x4(value);
  return f64x2.add(sum, f64x2.mul(wide, wide));
}

@inline function upper(x: v128): v128 {
  return v128.shuffle<i64>(x, x, 1, 1);
}

/** Two pairs of float64 as four float32. */
@inline function joined(low: v128, high: v128): v128 {
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

@inline function storeBlock(
  c: usize, n: usize, accumulate: bool,
  c00: v128, c01: v128, c10: v128, c11: v128, c20: v128, c21: v128, c30: v128, c31: v128,
): void {
  const row = n << 2;
  if (accumulate) {
    c00 = f32x4.add(v128.load(c), c00);
    c01 = f32x4.add(v128.load(c, 16), c01);
    c10 = f32x4.add(v128.load(c + row), c10);
    c11 = f32x4.add(v128.load(c + row, 16), c11);
    c20 = f32x4.add(v128.load(c + 2 * row), c20);
    c21 = f32x4.add(v128.load(c + 2 * row, 16), c21);
    c30 = f32x4.add(v128.load(c + 3 * row), c30);
    c31 = f32x4.add(v128.load(c + 3 * row, 16), c31);
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c + row, c10);
  v128.store(c + row, c11, 16);
  v128.store(c + 2 * row, c20);
  v128.store(c + 2 * row, c21, 16);
  v128.store(c + 3 * row, c30);
  v128.store(c + 3 * row, c31, 16);
}

/** sum[0 … n) += x[0 … n); n a multiple of 4. */
export function add(sum: usize, x: usize, n: usize): void {
  for (let i: usize = 0; i < n; i += 4) {
    v128.store(at(sum, i), f32x4.add(v128.load(at(sum, i)), v128.load(at(x, i))));
  }
}

/**
 * One step of Adam on n weights (a multiple of 4), as torch.optim.Adam:
 * m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← w − stepSize · m / (√v · rootScale + ε),
 * with stepSize = lr / (1−β₁ᵗ) and rootScale = 1 / √(1−β₂ᵗ).
 */
export function adam(
  w: usize, m: usize, v: usize, g: usize, n: usize,
  beta1: f32, beta2: f32, stepSize: f32, rootScale: f32, epsilon: f32, rest1: f32, rest2: f32,
): void {
  const b1 = f32x4.splat(beta1), b2 = f32x4.splat(beta2), r1 = f32x4.splat(rest1), r2 = f32x4.splat(rest2);
  const size = f32x4.splat(stepSize), scale = f32x4.splat(rootScale), eps = f32x4.splat(epsilon);
  const end = at(w, n);
  for (; w < end; w += 16, m += 16, v += 16, g += 16) {
    const gradient = v128.load(g);
    const first = f32x4.add(f32x4.mul(b1, v128.load(m)), f32x4.mul(r1, gradient));
    const second = f32x4.add(f32x4.mul(b2, v128.load(v)), f32x4.mul(r2, f32x4.mul(gradient, gradient)));
    v128.store(m, first);
    v128.store(v, second);
    const root = f32x4.add(f32x4.mul(f32x4.sqrt(second), scale), eps);
    v128.store(w, f32x4.sub(v128.load(w), f32x4.div(f32x4.mul(size, first), root)));
  }
}

// Philox4x32-10 (Salmon et al., SC 2011), eight counters at a time: lane l of a0 … a3 is one counter, lane l of
// b0 … b3 another. One such block alone would leave the processor waiting for each round's products.
let a0: v128 = i32x4.splat(0), a1: v128 = a0, a2: v128 = a0, a3: v128 = a0;
let b0: v128 = a0, b1: v128 = a0, b2: v128 = a0, b3: v128 = a0;

/** The keys of the ten rounds, each in all four lanes. */
const keys = memory.data(320, 16);

function scheduleKeys(k0: u32, k1: u32): void {
  for (let round: u32 = 0; round < 10; round++) {
    v128.store(keys + (round << 5), i32x4.splat(k0 + round * 0x9e3779b9));
    v128.store(keys + (round << 5), i32x4.splat(k1 + round * 0xbb67ae85), 16);
  }
}

/** Words of the counters (first + 0 … 3, second, third, 0) into a0 … a3, and of the next four into b0 … b3. */
@inline function philox(first: u32, second: v128, third: v128): void {
  const m0 = i32x4.splat(0xd2511f53), m1 = i32x4.splat(0xcd9e8d57);
  let c0 = i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3)), c1 = second, c2 = third, c3 = i32x4.splat(0);
  let d0 = i32x4.add(i32x4.splat(first), i32x4(4, 5, 6, 7)), d1 = second, d2 = third, d3 = c3;
  for (let key = keys; key < keys + 320; key += 32) {
    const key0 = v128.load(key), key1 = v128.load(key, 16);
    const c00 = i64x2.extmul_low_i32x4_u(c0, m0), c01 = i64x2.extmul_high_i32x4_u(c0, m0);
    const c20 = i64x2.extmul_low_i32x4_u(c2, m1), c21 = i64x2.extmul_high_i32x4_u(c2, m1);
    const d00 = i64x2.extmul_low_i32x4_u(d0, m0), d01 = i64x2.extmul_high_i32x4_u(d0, m0);
    const d20 = i64x2.extmul_low_i32x4_u(d2, m1), d21 = i64x2.extmul_high_i32x4_u(d2, m1);
    c0 = v128.xor(v128.xor(v128.shuffle<i32>(c20, c21, 1, 3, 5, 7), c1), key0);
    c1 = v128.shuffle<i32>(c20, c21, 0, 2, 4, 6);
    c2 = v128.xor(v128.xor(v128.shuffle<i32>(c00, c01, 1, 3, 5, 7), c3), key1);
    c3 = v128.shuffle<i32>(c00, c01, 0, 2, 4, 6);
    d0 = v128.xor(v128.xor(v128.shuffle<i32>(d20, d21, 1, 3, 5, 7), d1), key0);
    d1 = v128.shuffle<i32>(d20, d21, 0, 2, 4, 6);
    d2 = v128.xor(v128.xor(v128.shuffle<i32>(d00, d01, 1, 3, 5, 7), d3), key1);
    d3 = v128.shuffle<i32>(d00, d01, 0, 2, 4, 6);
  }
  a0 = c0, a1 = c1, a2 = c2, a3 = c3;
  b0 = d0, b1 = d1, b2 = d2, b3 = d3;
}

/** (word >>> 9 + ½) · 2⁻²³: 23 random bits in the open interval (0, 1), exact in float32. */
@inline function openUniform(words: v128): v128 {
  const whole = f32x4.convert_i32x4_s(i32x4.shr_u(words, 9));
  return f32x4.mul(f32x4.add(whole, f32x4.splat(0.5)), f32x4.splat(1.1920928955078125e-7));
}

/** √(−2 ln u) for u in (0, 1): u = 2^e · f with f in [√½, √2), ln f by the odd series of (f−1)/(f+1). */
@inline function radius(u: v128): v128 {
  const offset = i32x4.splat(0x3f3504f3);
  const shifted = i32x4.sub(u, offset);
  const exponent = i32x4.shr_s(shifted, 23);
  const f = i32x4.add(v128.and(shifted, i32x4.splat(0x007fffff)), offset);
  const s = f32x4.div(f32x4.sub(f, f32x4.splat(1)), f32x4.add(f, f32x4.splat(1)));
  const z = f32x4.mul(s, s);
  let series = f32x4.splat(2.0 / 9.0);
  series = f32x4.add(f32x4.mul(series, z), f32x4.splat(2.0 / 7.0));
  series = f32x4.add(f32x4.mul(series, z), f32x4.splat(2.0 / 5.0));
  series = f32x4.add(f32x4.mul(series, z), f32x4.splat(2.0 / 3.0));
  series = f32x4.add(f32x4.mul(series, z), f32x4.splat(2.0));
  const ln = f32x4.add(
    f32x4.mul(s, series),
    f32x4.mul(f32x4.convert_i32x4_s(exponent), f32x4.splat(0.6931471805599453)),
  );
  return f32x4.sqrt(f32x4.max(f32x4.mul(ln, f32x4.splat(-2)), f32x4.splat(0)));
}

let cosine: v128 = f32x4.splat(0), sine: v128 = f32x4.splat(0);

/**
 * cos and sin of 2πu by quadrant (the nearest quarter turn) and Taylor series on [−π/4, π/4]. Adding 1.5 · 2²³
 * rounds to the nearest whole number and leaves it in the low bits.
 */
@inline function turn(u: v128): void {
  const quarters = f32x4.mul(u, f32x4.splat(4));
  const quadrant = f32x4.add(quarters, f32x4.splat(12582912));
  const nearest = f32x4.sub(quadrant, f32x4.splat(12582912));
  const x = f32x4.mul(f32x4.sub(quarters, nearest), f32x4.splat(1.5707963267948966));
  const z = f32x4.mul(x, x);
  let s = f32x4.splat(2.755731922398589e-6);
  s = f32x4.add(f32x4.mul(s, z), f32x4.splat(-1.984126984126984e-4));
  s = f32x4.add(f32x4.mul(s, z), f32x4.splat(8.333333333333333e-3));
  s = f32x4.add(f32x4.mul(s, z), f32x4.splat(-1.6666666666666666e-1));
  s = f32x4.add(f32x4.mul(f32x4.mul(s, z), x), x);
  let c = f32x4.splat(2.48015873015873e-5);
  c = f32x4.add(f32x4.mul(c, z), f32x4.splat(-1.388888888888889e-3));
  c = f32x4.add(f32x4.mul(c, z), f32x4.splat(4.1666666666666664e-2));
  c = f32x4.add(f32x4.mul(c, z), f32x4.splat(-0.5));
  c = f32x4.add(f32x4.mul(c, z), f32x4.splat(1));
  const odd = i32x4.eq(v128.and(quadrant, i32x4.splat(1)), i32x4.splat(1));
  const signSine = i32x4.shl(v128.and(quadrant, i32x4.splat(2)), 30);
  const signCosine = i32x4.shl(v128.and(i32x4.add(quadrant, i32x4.splat(1)), i32x4.splat(2)), 30);
  sine = v128.xor(v128.bitselect(c, s, odd), signSine);
  cosine = v128.xor(v128.bitselect(s, c, odd), signCosine);
}

/**
 * x[0 … n) += sd · standard normals of one trial (Box–Muller). Voxel v takes the Philox block of counter
 * (4⌊v/16⌋ + v mod 4, row, step, 0): words 0, 1 give its normals 0 (cosine) and 1 (sine), words 2, 3 its
 * normals 2 and 3, and the voxel's own is number ⌊v/4⌋ mod 4. `voxel` is the first one's index, a multiple
 * of 16, as is n.
 */
export function addNoise(x: usize, n: usize, voxel: u32, row: u32, step: u32, sd: f32, k0: u32, k1: u32): void {
  const rows = i32x4.splat(row), steps = i32x4.splat(step), scale = f32x4.splat(sd);
  scheduleKeys(k0, k1);
  for (let i: usize = 0; i < n; i += 32) {
    philox((voxel + <u32>i) >> 2, rows, steps);
    addNormals(at(x, i), a0, a1, scale);
    addNormals(at(x, i + 8), a2, a3, scale);
    if (i + 16 >= n) break;
    addNormals(at(x, i + 16), b0, b1, scale);
    addNormals(at(x, i + 24), b2, b3, scale);
  }
}

/** x[0 … 8) += scale · Box–Muller of four pairs of words: cosines first. */
@inline function addNormals(x: usize, forRadius: v128, forAngle: v128, scale: v128): void {
  const r = f32x4.mul(radius(openUniform(forRadius)), scale);
  turn(openUniform(forAngle));
  v128.store(x, f32x4.add(v128.load(x), f32x4.mul(r, cosine)));
  v128.store(x, f32x4.add(v128.load(x, 16), f32x4.mul(r, sine)), 16);
}

/**
 * x[0 … n) = uniform in (−bound, bound): number `index` is word (index mod 4) of counter (⌊index/4⌋, 0, 0, 0).
 * Only whole blocks: `first` and n are multiples of 16; first < 2³⁴.
 */
export function uniform(x: usize, n: usize, first: u64, bound: f32, k0: u32, k1: u32): void {
  const zero = i32x4.splat(0);
  scheduleKeys(k0, k1);
  for (let i: usize = 0; i < n; i += 32) {
    philox(<u32>((first + <u64>i) >> 2), zero, zero);
    putBlock(at(x, i), a0, a1, a2, a3, bound);
    if (i + 16 < n) putBlock(at(x, i + 16), b0, b1, b2, b3, bound);
  }
}

/** Words of four counters in their order: word 0 … 3 of the first, then of the second … */
@inline function putBlock(x: usize, p0: v128, p1: v128, p2: v128, p3: v128, bound: f32): void {
  const low01 = v128.shuffle<i32>(p0, p1, 0, 4, 1, 5), low23 = v128.shuffle<i32>(p2, p3, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(p0, p1, 2, 6, 3, 7), high23 = v128.shuffle<i32>(p2, p3, 2, 6, 3, 7);
  put(x, v128.shuffle<i64>(low01, low23, 0, 2), bound);
  put(x + 16, v128.shuffle<i64>(low01, low23, 1, 3), bound);
  put(x + 32, v128.shuffle<i64>(high01, high23, 0, 2), bound);
  put(x + 48, v128.shuffle<i64>(high01, high23, 1, 3), bound);
}

@inline function put(x: usize, words: v128, bound: f32): void {
  const centred = f32x4.sub(f32x4.mul(openUniform(words), f32x4.splat(2)), f32x4.splat(1));
  v128.store(x, f32x4.mul(centred, f32x4.splat(bound)));
}
