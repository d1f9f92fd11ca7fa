// ∂loss/∂p of one trial a workgroup, from ∂L/∂S = (R + C − 2I) / 2n with R and C the softmax of S over rows and
// over columns; the normalisation passes on only what is orthogonal to ŷ, divided by ‖p‖. The last workgroup adds up
// the step's loss and similarity.

@group(0) @binding(0) var<storage, read> schedule: array<u32>;
@group(0) @binding(1) var<storage, read> rows: array<f32>;
@group(0) @binding(2) var<storage, read> norms: array<f32>;
@group(0) @binding(3) var<storage, read> scores: array<f32>;
@group(0) @binding(4) var<storage, read> softmax: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> errors: array<f32>;
@group(0) @binding(6) var<storage, read_write> metrics: array<vec2f>;

var<workgroup> weights: array<f32, batchStride>;
var<workgroup> sums: array<vec2f, 128>;

fn total(t: u32, value: vec2f) -> vec2f {
  sums[t] = value;
  for (var half = 64u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (t < half) { sums[t] += sums[t + half]; }
  }
  workgroupBarrier();
  return sums[0];
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let trial = group.x;
  if (trial == batchSize) {
    var mine = vec2f(0.0);
    for (var i = t; i < batchSize; i += 128u) {
      let row = softmax[i];
      let column = softmax[batchStride + i];
      let diagonal = scores[i * batchStride + i];
      mine += vec2f(row.x - diagonal + log(row.y) + (column.x - diagonal + log(column.y)), diagonal);
    }
    let both = total(t, mine);
    if (t == 0u) {
      metrics[schedule[0] - 1u] = both * vec2f(0.5, temperature) / f32(batchSize);
    }
    return;
  }
  let column = softmax[batchStride + trial];
  for (var i = t; i < batchStride; i += 128u) {
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
  let unitFirst = batchStride * dimStride + trial * dimStride;
  var along = 0.0;
  for (var d = t; d < nDims; d += 128u) {
    var sum = 0.0;
    for (var i = 0u; i < batchSize; i++) { sum = fma(weights[i], rows[i * dimStride + d], sum); }
    errors[trial * dimStride + d] = sum;
    along = fma(sum, rows[unitFirst + d], along);
  }
  along = total(t, vec2f(along, 0.0)).x;
  for (var d = t; d < nDims; d += 128u) {
    let at = trial * dimStride + d;
    errors[at] = (errors[at] - along * rows[unitFirst + d]) / norms[trial];
  }
}
