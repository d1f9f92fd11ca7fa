import { type CodeProduct, exactLevels, onnxCodeProduct, wasmCodeProduct } from './codeProduct.js';
import { codeRows } from './codes.js';
import { decidePairs, type PairsToDecide } from './decidePairs.js';
import { joinForests, maximumForest } from './forest.js';
import type { Forest } from './pairs.js';
import { serveJobs } from './pool.js';
import { SimilarityKernel } from './similarityKernel.js';
import { control, maxTileEdges, type SimilarityOpening, type SimilarityPass } from './similarityPass.js';
import { Tile } from './similarityTile.js';

let opening: SimilarityOpening;
let kernel: SimilarityKernel;
let product: CodeProduct;

serveJobs({
  exactLevels,
  async open(given: SimilarityOpening) {
    opening = given;
    const { module, tileRows, tileColumns, productRows, pool } = given;
    kernel = new SimilarityKernel(module, tileRows, tileColumns, pool.stride, maxTileEdges, productRows);
    product = given.product === 'onnx' ? await onnxCodeProduct(kernel, given.codes) : wasmCodeProduct(kernel);
  },
  code({ from, to }: { from: number; to: number }) {
    codeRows(kernel, opening.pool, opening.codes, from, to);
  },
  async scan(pass: SimilarityPass): Promise<Forest | undefined> {
    const tile = new Tile(kernel, product, opening, pass);
    const nTiles = pass.tiles.length / 4;
    const { pool } = opening;
    let found: Forest[] = [];
    let held = 0;
    const cap = Math.max(1 << 18, 2 * pool.n);
    for (;;) {
      const at = Atomics.add(pass.control, control.next, 1);
      if (at >= nTiles || Atomics.load(pass.control, control.stop)) break;
      const [i0, i1, j0, j1] = pass.tiles.subarray(4 * at, 4 * at + 4) as unknown as number[];
      for (const edges of await tile.scan(i0!, i1!, j0!, j1!)) {
        if (pass.counts) {
          for (const row of edges.from) Atomics.add(pass.counts, row, 1);
          for (const row of edges.to) Atomics.add(pass.counts, row, 1);
          continue;
        }
        found.push(edges);
        held += edges.weight.length;
        if (held <= cap) continue;
        found = [maximumForest(pool.n, joinForests(found))];
        held = found[0]!.weight.length;
      }
      Atomics.add(pass.control, control.done, 1);
    }
    return pass.kind === 'edges' ? joinForests(found) : undefined;
  },
  decide({ part, parts, ...pairs }: PairsToDecide & { part: number; parts: number }) {
    decidePairs(opening.pool, pairs, part, parts);
  },
});
