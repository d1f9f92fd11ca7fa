// Takes the betas of a step's batch from the table, adds the noise, and lays them out twice: batch × voxels for
// the gradient, voxels × batch for the prediction. One workgroup does 64 voxels of 32 trials.

@group(0) @binding(0) var<storage, read> schedule: array<u32>;
@group(0) @binding(1) var<storage, read> table0: array<f32>;
@group(0) @binding(2) var<storage, read> table1: array<f32>;
@group(0) @binding(3) var<storage, read> table2: array<f32>;
@group(0) @binding(4) var<storage, read> table3: array<f32>;
@group(0) @binding(5) var<storage, read_write> byTrial: array<f32>;
@group(0) @binding(6) var<storage, read_write> byVoxel: array<f32>;

fn beta(row: u32, voxel: u32) -> f32 {
  let at = (row % chunkRows) * nVoxels + voxel;
  switch row / chunkRows {
    case 0u: { return table0[at]; }
    case 1u: { return table1[at]; }
    case 2u: { return table2[at]; }
    default: { return table3[at]; }
  }
}

var<workgroup> turned: array<f32, 64 * 33>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let entry = scheduleEntry(schedule[0]);
  let step = schedule[entry];
  for (var task = t; task < 512u; task += 256u) {
    let lane = task % 16u;
    let trial = group.y * 32u + task / 16u;
    let local = (lane / 4u) * 16u + lane % 4u;
    let first = group.x * 64u + local;
    var normals = vec4f(0.0);
    let inBatch = trial < batchSize;
    if (inBatch && noiseSd != 0.0) {
      normals = fourNormals((group.x * 64u) / 4u + lane, trial, step) * noiseSd;
    }
    var row = 0u;
    if (inBatch) { row = schedule[entry + 3u + trial]; }
    for (var j = 0u; j < 4u; j++) {
      let voxel = first + j * 4u;
      var value = 0.0;
      if (inBatch && voxel < nVoxels) { value = beta(row, voxel) + normals[j]; }
      byTrial[trial * voxelStride + voxel] = value;
      turned[(local + j * 4u) * 33u + task / 16u] = value;
    }
  }
  workgroupBarrier();
  for (var i = t; i < 2048u; i += 256u) {
    let voxel = group.x * 64u + i / 32u;
    byVoxel[voxel * batchStride + group.y * 32u + i % 32u] = turned[(i / 32u) * 33u + i % 32u];
  }
}
