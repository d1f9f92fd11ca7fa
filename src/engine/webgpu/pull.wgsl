// ∂loss/∂p of one trial a workgroup, from ∂L/∂S = (R + C − 2I) / 2n with R and C the softmax of S over rows and
// over columns; the normalisation passes on only what is orthogonal to ŷ, divided by ‖p‖. The last workgroup adds up
// the step's loss and similarity.

@group(0) @binding(0) var<storage, read> schedule: array<u32>;
@group(0) @binding(1) var<storage, read> rows: array<vec4f>;
@group(0) @binding(2) var<storage, read> norms: array<f32>;
@group(0) @binding(3) var<storage, read> scores: array<f32>;
@group(0) @binding(4) var<storage, read> softmax: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> errors: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> metrics: array<vec2f>;

var<workgroup> weights: array<f32, batchStride>;
var<workgroup> upperSums: array<vec4f, 128>;
var<workgroup> sums: array<vec2f, 128>;

// the sum of the first 128 threads' values
fn total(t: u32, value: vec2f) -> vec2f {
  if (t < 128u) { sums[t] = value; }
  for (var half = 64u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (t < half) { sums[t] += sums[t + half]; }
  }
  workgroupBarrier();
  return sums[0];
}

// two threads to every four dimensions: one for the lower, one for the upper half of the batch
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let t = thread % 128u;
  let upper = thread / 128u;
  let trial = group.x;
  if (trial == batchSize) {
    var mine = vec2f(0.0);
    for (var i = t; i < batchSize; i += 128u) {
      let row = softmax[i];
      let column = softmax[batchStride + i];
      let diagonal = scores[i * batchStride + i];
      mine += vec2f(row.x - diagonal + log(row.y) + (column.x - diagonal + log(column.y)), diagonal);
    }
    let both = total(thread, mine);
    if (thread == 0u) {
      metrics[schedule[0] - 1u] = both * vec2f(0.5, temperature) / f32(batchSize);
    }
    return;
  }
  let column = softmax[batchStride + trial];
  for (var i = thread; i < batchStride; i += 256u) {
    var weight = 0.0;
    if (i < batchSize) {
      let score = scores[i * batchStride + trial];
      let row = softmax[i];
      weight = exp(score - row.x) / row.y + exp(score - column.x) / column.y;
      if (i == trial) { weight -= 2.0; }
    }
    weights[i] = weight / (2.0 * f32(batchSize) * temperature);
  }
  workgroupBarrier();
  let stride = dimStride / 4u;
  let unitFirst = (batchStride + trial) * stride;
  let firstHere = upper * (batchStride / 2u);
  var along = 0.0;
  for (var d0 = 0u; d0 < stride; d0 += 128u) {
    let d = d0 + t;
    var sum = vec4f(0.0);
    if (d < stride) {
      for (var i = 0u; i < batchStride / 2u; i++) {
        sum = fma(vec4f(weights[firstHere + i]), rows[(firstHere + i) * stride + d], sum);
      }
    }
    if (upper == 1u) { upperSums[t] = sum; }
    workgroupBarrier();
    if (upper == 0u && d < stride) {
      sum += upperSums[t];
      errors[trial * stride + d] = sum;
      along += dot(sum, rows[unitFirst + d]);
    }
    workgroupBarrier();
  }
  along = total(thread, vec2f(along, 0.0)).x;
  for (var d = t; d < stride && upper == 0u; d += 128u) {
    let at = trial * stride + d;
    errors[at] = (errors[at] - along * rows[unitFirst + d]) / norms[trial];
  }
}
