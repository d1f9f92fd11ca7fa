// Scores S = y · ŷ / τ and, of every row and every column, its largest and the sum of exp(S − largest). One workgroup
// a row (y = 0: a target against all units) or a column (y = 1: a unit against all targets, the same products again).

@group(0) @binding(0) var<storage, read_write> schedule: array<u32>;
@group(0) @binding(1) var<storage, read> rows: array<f32>;
@group(0) @binding(2) var<storage, read> columns: array<f32>;
@group(0) @binding(3) var<storage, read_write> scores: array<f32>;
@group(0) @binding(4) var<storage, read_write> softmax: array<vec2f>;

var<workgroup> own: array<f32, 256>;
var<workgroup> tops: array<f32, 128>;
var<workgroup> sums: array<f32, 128>;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let line = group.x;
  let side = group.y;
  let block = batchStride * dimStride;
  let ownFirst = side * block + line * dimStride;
  let otherFirst = (1u - side) * block;
  // below any score; −∞ has no literal
  var top = -3.0e38;
  var sum = 0.0;
  for (var first = 0u; first < batchSize; first += 128u) {
    let other = first + t;
    var dot = 0.0;
    for (var d0 = 0u; d0 < dimStride; d0 += 128u) {
      workgroupBarrier();
      own[t] = rows[ownFirst + d0 + t];
      workgroupBarrier();
      if (other < batchStride) {
        for (var d = 0u; d < 128u; d++) {
          dot = fma(own[d], columns[otherFirst + (d0 + d) * batchStride + other], dot);
        }
      }
    }
    if (other < batchSize) {
      let score = dot / temperature;
      if (side == 0u) { scores[line * batchStride + other] = score; }
      let higher = max(top, score);
      sum = sum * exp(top - higher) + exp(score - higher);
      top = higher;
    }
  }
  tops[t] = top;
  sums[t] = sum;
  for (var half = 64u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (t < half) {
      let higher = max(tops[t], tops[t + half]);
      sums[t] = sums[t] * exp(tops[t] - higher) + sums[t + half] * exp(tops[t + half] - higher);
      tops[t] = higher;
    }
  }
  if (t == 0u) {
    softmax[side * batchStride + line] = vec2f(tops[0], sums[0]);
    // nobody else reads the place in the schedule in this dispatch: from here on it is the next step's
    if (line == 0u && side == 0u) { schedule[0] += 1u; }
  }
}
