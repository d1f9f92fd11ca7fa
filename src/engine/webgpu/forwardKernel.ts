import { type Tile, threadsOf, tiledProduct } from './tiledProduct.js';

/**
 * Partial predictions: x W over one range of voxels a workgroup layer (z), so that there are enough workgroups to fill
 * a GPU although the result has only batch × dims numbers. predict.wgsl adds them in their order.
 */
export function forwardKernel(tile: Tile): string {
  const product = tiledProduct(
    tile,
    { name: 'byVoxel', stride: '(batchStride / 4u)' },
    { name: 'weight', stride: '(dimStride / 4u)' },
  );
  const stores = product.sums.map(
    ({ name, row, column4 }) =>
      `partials[(first + ${row}) * (dimStride / 4u) + column0 / 4u + ${column4}] = ${name};`,
  );
  return `
@group(0) @binding(0) var<storage, read> byVoxel: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> partials: array<vec4f>;
${product.shared}

@compute @workgroup_size(${threadsOf(tile)})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let column0 = group.x * ${tile.columns}u;
  let row0 = group.y * ${tile.rows}u;
  let kFirst = group.z * splitVoxels;
  let kEnd = min(kFirst + splitVoxels, voxelStride);
  ${product.place}
  ${product.loop}
  let first = group.z * batchStride + row0;
  ${stores.join('\n  ')}
}
`;
}
