import { type Tile, threadsOf, tiledProduct } from './tiledProduct.js';

/**
 * dW = xᵀ ∂loss/∂p and Adam in one: a tile of the gradient goes from registers straight into the moments and the
 * weights, and is never stored. The last column of workgroups does the bias.
 */
export function updateKernel(tile: Tile): string {
  const threads = threadsOf(tile);
  const product = tiledProduct(
    tile,
    { name: 'byTrial', stride: '(voxelStride / 4u)' },
    { name: 'errors', stride: '(dimStride / 4u)' },
  );
  const updates = product.sums.map(
    ({ name, row, column4 }) =>
      `adam((row0 + ${row}) * (dimStride / 4u) + column0 / 4u + ${column4}, ${name}, rates);`,
  );
  return `
@group(0) @binding(0) var<storage, read> schedule: array<u32>;
@group(0) @binding(1) var<storage, read> byTrial: array<vec4f>;
@group(0) @binding(2) var<storage, read> errors: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> weight: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> first: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> second: array<vec4f>;
// bias, its first and its second moment, dimStride each
@group(0) @binding(6) var<storage, read_write> bias: array<vec4f>;
${product.shared}

// rates: the step size and the factor on the root, both with their bias correction
fn adam(at: u32, gradient: vec4f, rates: vec2f) {
  let m = beta1 * first[at] + (1.0 - beta1) * gradient;
  let v = beta2 * second[at] + (1.0 - beta2) * gradient * gradient;
  first[at] = m;
  second[at] = v;
  weight[at] -= rates.x * m / (sqrt(v) * rates.y + epsilon);
}

fn adamOfBias(at: u32, gradient: vec4f, rates: vec2f) {
  let stride = dimStride / 4u;
  let m = beta1 * bias[stride + at] + (1.0 - beta1) * gradient;
  let v = beta2 * bias[2u * stride + at] + (1.0 - beta2) * gradient * gradient;
  bias[stride + at] = m;
  bias[2u * stride + at] = v;
  bias[at] -= rates.x * m / (sqrt(v) * rates.y + epsilon);
}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let entry = scheduleEntry(schedule[0] - 1u);
  let rates = vec2f(bitcast<f32>(schedule[entry + 1u]), bitcast<f32>(schedule[entry + 2u]));
  let column0 = group.x * ${tile.columns}u;
  let row0 = group.y * ${tile.rows}u;
  if (row0 >= voxelStride) {
    for (var d = column0 / 4u + t; d < (column0 + ${tile.columns}u) / 4u; d += ${threads}u) {
      var sum = vec4f(0.0);
      for (var trial = 0u; trial < batchSize; trial++) { sum += errors[trial * (dimStride / 4u) + d]; }
      adamOfBias(d, sum, rates);
    }
    return;
  }
  let kFirst = 0u;
  let kEnd = batchStride;
  ${product.place}
  ${product.loop}
  ${updates.join('\n  ')}
}
`;
}
