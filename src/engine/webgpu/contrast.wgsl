// Scores S = y · ŷ / τ and, of every row and every column, its largest and the sum of exp(S − largest). One workgroup
// a row (y = 0: a target against all units) or a column (y = 1: a unit against all targets, the same products again).

@group(0) @binding(0) var<storage, read_write> schedule: array<u32>;
@group(0) @binding(1) var<storage, read> rows: array<f32>;
@group(0) @binding(2) var<storage, read> columns: array<f32>;
@group(0) @binding(3) var<storage, read_write> scores: array<f32>;
@group(0) @binding(4) var<storage, read_write> softmax: array<vec2f>;

var<workgroup> own: array<f32, 128>;
var<workgroup> dots: array<f32, 128>;
var<workgroup> tops: array<f32, 128>;
var<workgroup> sums: array<f32, 128>;

// 128 others at a time, and two threads to each: one for the lower, one for the upper half of 128 dimensions
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let line = group.x;
  let side = group.y;
  let t = thread % 128u;
  let upper = thread / 128u;
  let block = batchStride * dimStride;
  let ownFirst = side * block + line * dimStride;
  let ownHalf = upper * 64u;
  let otherHalf = (1u - side) * block + ownHalf * batchStride;
  // below any score; −∞ has no literal
  var top = -3.0e38;
  var sum = 0.0;
  for (var first = 0u; first < batchSize; first += 128u) {
    let other = first + t;
    var dot = 0.0;
    for (var d0 = 0u; d0 < dimStride; d0 += 128u) {
      workgroupBarrier();
      if (upper == 0u) { own[t] = rows[ownFirst + d0 + t]; }
      workgroupBarrier();
      if (other < batchStride) {
        // bounds known when compiled: the loop is unrolled, its loads in flight together
        for (var d = 0u; d < 64u; d++) {
          dot = fma(own[ownHalf + d], columns[otherHalf + (d0 + d) * batchStride + other], dot);
        }
      }
    }
    if (upper == 1u) { dots[t] = dot; }
    workgroupBarrier();
    if (upper == 0u && other < batchSize) {
      let score = (dot + dots[t]) / temperature;
      if (side == 0u) { scores[line * batchStride + other] = score; }
      let higher = max(top, score);
      sum = sum * exp(top - higher) + exp(score - higher);
      top = higher;
    }
  }
  if (upper == 0u) {
    tops[t] = top;
    sums[t] = sum;
  }
  for (var half = 64u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
      let higher = max(tops[t], tops[t + half]);
      sums[t] = sums[t] * exp(tops[t] - higher) + sums[t + half] * exp(tops[t + half] - higher);
      tops[t] = higher;
    }
  }
  if (thread == 0u) {
    softmax[side * batchStride + line] = vec2f(tops[0], sums[0]);
    // nobody else reads the place in the schedule in this dispatch: from here on it is the next step's
    if (line == 0u && side == 0u) { schedule[0] += 1u; }
  }
}
