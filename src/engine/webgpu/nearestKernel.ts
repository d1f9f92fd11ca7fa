import { type Tile, threadsOf, tiledProduct } from './tiledProduct.js';

/** 128 × 64 with 8 × 4 a thread: 16 KiB of workgroup memory together with the reduction. */
export const nearestTile: Tile = { rows: 128, columns: 64, depth: 16, perRow: 8, perColumn: 4 };

/** Products are summed in runs of so many, then the sums of runs: the error grows with the run and with their number. */
const runLength = 64;

/**
 * How far a cosine of this kernel can be from the float64 one of the same unit vectors, whatever its rounding: a run's
 * terms, the sums of runs, and 16 for the vectors' own float32, each 2⁻²³ of Σ |xₖ yₖ| ≤ 1.
 */
export const nearestError = (depth: number) => (runLength + Math.ceil(depth / runLength) + 16) * 2 ** -23;

/**
 * Cosines of a tile of rows with a strip of columns of one other group: `largest` writes each row's largest, one
 * number a strip; `candidates` appends every pair at or above its row's limit, in no order. All sizes come with the
 * job, so that a kernel is compiled once.
 */
export function nearestKernel(kind: 'largest' | 'candidates'): string {
  const tile = nearestTile;
  const threads = threadsOf(tile);
  const across = tile.columns / tile.perColumn;
  const down = tile.rows / tile.perRow;
  const side = { name: 'vectors', stride: 'nPlaces4' };
  const product = tiledProduct(tile, side, side);
  const runs = [...Array(tile.perRow / 4).keys()];
  const totals = product.sums.map(({ name }) => [`total_${name}`, name] as const);
  const offers = product.sums.map(({ row, column4 }, s) => {
    const [name] = totals[s]!;
    const r = Math.floor(s / (tile.perColumn / 4));
    const held = `${kind === 'largest' ? 'best' : 'limit'}${r >> 2}.${'xyzw'[r & 3]}`;
    const inside = `inside(${name}, column0 + 4u * (${column4}), strip.z)`;
    return kind === 'largest'
      ? `${held} = max(${held}, largestOf(${inside}));`
      : `offer(row0 + ${row}, column0 + 4u * (${column4}), ${inside}, ${held});`;
  });
  const shared = `
// vectors: depth × places, unit length; strips: group, first column, end of its vectors, end with padding
@group(0) @binding(0) var<storage, read> vectors: array<vec4f>;
@group(0) @binding(1) var<storage, read> strips: array<vec4u>;
@group(0) @binding(2) var<storage, read> groupOfTile: array<u32>;
// the first tile of rows of this dispatch; places; the inner dimension, a multiple of the tile's depth; room for pairs
@group(0) @binding(3) var<storage, read> job: vec4u;
${product.shared}

fn inside(cosines: vec4f, column: u32, end: u32) -> vec4f {
  return select(vec4f(-4.0), cosines, vec4u(column) + vec4u(0u, 1u, 2u, 3u) < vec4u(end));
}
`;
  const largest = `
@group(0) @binding(4) var<storage, read_write> largest: array<vec4f>;
var<workgroup> reduced: array<vec4f, ${threads}>;

fn largestOf(v: vec4f) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }
`;
  const candidates = `
@group(0) @binding(4) var<storage, read> limits: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> found: atomic<u32>;
@group(0) @binding(6) var<storage, read_write> pairs: array<vec2u>;

fn offer(row: u32, column: u32, cosines: vec4f, limit: f32) {
  if (!any(cosines >= vec4f(limit))) { return; }
  for (var c = 0u; c < 4u; c++) {
    if (cosines[c] >= limit) {
      let at = atomicAdd(&found, 1u);
      if (at < job.w) { pairs[at] = vec2u(row, column + c); }
    }
  }
}
`;
  const before = runs.map((h) =>
    kind === 'largest'
      ? `var best${h} = vec4f(-4.0);`
      : `let limit${h} = limits[strip.x * nPlaces4 + row0 / 4u + ${h * down}u + t / ${across}u];`,
  );
  const after = runs.map(
    (h) => `
  workgroupBarrier();
  reduced[t] = best${h};
  workgroupBarrier();
  if (t < ${down}u) {
    var most = reduced[t * ${across}u];
    for (var a = 1u; a < ${across}u; a++) { most = max(most, reduced[t * ${across}u + a]); }
    largest[group.x * nPlaces4 + row0 / 4u + ${h * down}u + t] = most;
  }`,
  );
  return `
${shared}
${kind === 'largest' ? largest : candidates}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let strip = strips[group.x];
  let tile = job.x + group.y;
  let nPlaces4 = job.y / 4u;
  if (groupOfTile[tile] == strip.x) { return; }
  let row0 = tile * ${tile.rows}u;
  ${product.place}
  ${before.join('\n  ')}
  for (var column0 = strip.y; column0 < strip.w; column0 += ${tile.columns}u) {
    ${totals.map(([total]) => `var ${total} = vec4f(0.0);`).join('\n    ')}
    for (var kFirst = 0u; kFirst < job.z; kFirst += ${runLength}u) {
      let kEnd = min(kFirst + ${runLength}u, job.z);
      ${product.loop}
      ${totals.map(([total, sum]) => `${total} += ${sum};`).join('\n      ')}
    }
    ${offers.join('\n    ')}
  }
  ${kind === 'largest' ? after.join('\n') : ''}
}
`;
}
