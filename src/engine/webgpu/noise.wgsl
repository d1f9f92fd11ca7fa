// Standard normals by Box–Muller on Philox4x32-10, number for number those of addNoise in train.as.ts.

fn mulHigh(a: u32, b: u32) -> u32 {
  let aHigh = a >> 16u;
  let aLow = a & 0xffffu;
  let bHigh = b >> 16u;
  let bLow = b & 0xffffu;
  // neither sum reaches 2³²: a 16-bit product plus 16 bits
  let low = aHigh * bLow + ((aLow * bLow) >> 16u);
  let high = aLow * bHigh + (low & 0xffffu);
  return aHigh * bHigh + (low >> 16u) + (high >> 16u);
}

fn philox(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0; round < 10; round++) {
    let high0 = mulHigh(0xd2511f53u, c.x);
    let low0 = 0xd2511f53u * c.x;
    let high1 = mulHigh(0xcd9e8d57u, c.z);
    let low1 = 0xcd9e8d57u * c.z;
    c = vec4u(high1 ^ c.y ^ k.x, low1, high0 ^ c.w ^ k.y, low0);
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

// 23 random bits in the open interval (0, 1), exact in float32
fn openUniform(word: u32) -> f32 {
  return (f32(word >> 9u) + 0.5) * 1.1920928955078125e-7;
}

// √(−2 ln u) for u in (0, 1): u = 2^e · f with f in [√½, √2), ln f by the odd series of (f−1)/(f+1)
fn radius(u: f32) -> f32 {
  let shifted = bitcast<i32>(u) - 0x3f3504f3;
  let f = bitcast<f32>((shifted & 0x007fffff) + 0x3f3504f3);
  let s = (f - 1.0) / (f + 1.0);
  let z = s * s;
  let series = (((0.2222222222 * z + 0.2857142857) * z + 0.4) * z + 0.6666666667) * z + 2.0;
  let ln = s * series + f32(shifted >> 23u) * 0.6931471805599453;
  return sqrt(max(ln * -2.0, 0.0));
}

// cos and sin of 2πu by quadrant and Taylor series: WGSL's own may be off by 2⁻¹¹
fn turn(u: f32) -> vec2f {
  let quarters = u * 4.0;
  let nearest = round(quarters);
  let quadrant = u32(nearest);
  let x = (quarters - nearest) * 1.5707963267948966;
  let z = x * x;
  let s = (((2.755731922e-6 * z - 1.984126984e-4) * z + 8.333333333e-3) * z - 0.16666666667) * z * x + x;
  let c = (((2.480158730e-5 * z - 1.388888889e-3) * z + 4.166666667e-2) * z - 0.5) * z + 1.0;
  let odd = (quadrant & 1u) == 1u;
  let cosine = select(c, s, odd);
  let sine = select(s, c, odd);
  return vec2f(
    select(cosine, -cosine, ((quadrant + 1u) & 2u) != 0u),
    select(sine, -sine, (quadrant & 2u) != 0u),
  );
}

// the four normals of a counter: those of voxels 0, 4, 8 and 12 after the counter's own
fn fourNormals(counter: u32, row: u32, step: u32) -> vec4f {
  let words = philox(vec4u(counter, row, step, 0u), noiseKey);
  return vec4f(
    radius(openUniform(words.x)) * turn(openUniform(words.y)),
    radius(openUniform(words.z)) * turn(openUniform(words.w)),
  );
}
