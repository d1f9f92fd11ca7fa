// p = x W + b from the partial sums in their order, ŷ = p / ‖p‖, and the batch's targets beside it: one workgroup a
// trial. `rows` holds targets then units, batch × dims each; `columns` the same two, dims × batch.

@group(0) @binding(0) var<storage, read> schedule: array<u32>;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> targets: array<f32>;
@group(0) @binding(4) var<storage, read_write> rows: array<f32>;
@group(0) @binding(5) var<storage, read_write> columns: array<f32>;
@group(0) @binding(6) var<storage, read_write> norms: array<f32>;

var<workgroup> sums: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let trial = group.x;
  let row = schedule[scheduleEntry(schedule[0]) + 3u + trial];
  let block = batchStride * dimStride;
  var square = 0.0;
  for (var d = t; d < nDims; d += 256u) {
    var sum = 0.0;
    for (var split = 0u; split < nSplits; split++) { sum += partials[split * block + trial * dimStride + d]; }
    sum += bias[d];
    square += sum * sum;
    rows[block + trial * dimStride + d] = sum;
    let y = targets[row * nDims + d];
    rows[trial * dimStride + d] = y;
    columns[d * batchStride + trial] = y;
  }
  sums[t] = square;
  for (var half = 128u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (t < half) { sums[t] += sums[t + half]; }
  }
  workgroupBarrier();
  let norm = max(sqrt(sums[0]), 1e-12);
  if (t == 0u) { norms[trial] = norm; }
  for (var d = t; d < nDims; d += 256u) {
    let unit = rows[block + trial * dimStride + d] / norm;
    rows[block + trial * dimStride + d] = unit;
    columns[block + d * batchStride + trial] = unit;
  }
}
