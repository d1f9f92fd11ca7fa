import { throwIfAborted } from '../util/errors.js';
import type { WorkOptions } from '../util/progress.js';
import { emptyCodes } from './codes.js';
import type { PairsToDecide } from './decidePairs.js';
import { joinForests, leafOrder, maximumForest } from './forest.js';
import type { Attachment, Forest, NearestRows, PairEngine } from './pairs.js';
import { WorkerPool } from './pool.js';
import { compileSimilarity } from './similarityKernel.js';
import { control, type PassKind, type SimilarityOpening, type SimilarityPass } from './similarityPass.js';
import type { VectorPool } from './vectorPool.js';

export interface FastPairsOptions {
  threads: number;
  /** Products of codes by onnxruntime, or by our own wasm kernel; the results are the same. */
  product: 'onnx' | 'wasm';
  /** Rows whose values and codes a thread holds at a time; default 4096, or fewer of more than 512 dimensions. */
  tileRows?: number;
  /** Columns they meet at a time; default 512. */
  tileColumns?: number;
  /** Rows whose products are made and looked at before the next, at least tileColumns; default 1024. */
  productRows?: number;
}

/** What onnxruntime-node gives is garbage at once: with little room for what is new it is collected soon. */
const youngMemory = { maxYoungGenerationSizeMb: 2 };
const apart = Number.NEGATIVE_INFINITY;
const sharedInt32 = (n: number) => new Int32Array(new SharedArrayBuffer(n * 4));
const sharedFloat64 = (n: number) => new Float64Array(new SharedArrayBuffer(n * 8));

/**
 * Answers about all pairs from tiles of products of int8 codes, in worker threads. A tile's products bound its
 * cosines from above; only pairs whose bound passes are looked at, in float32, and if that passes in float64.
 * Time about n² nDims / (6 · 10¹¹) s for the nearest rows on two cores with AMX, less for the rest; memory
 * n (nDims + 12 nGroups) bytes and 40 MB a thread beside the pool.
 */
export class FastPairs implements PairEngine {
  readonly #pool: VectorPool;
  readonly #workers: WorkerPool;
  readonly #opening: SimilarityOpening;
  readonly #errors: { usualError: number; maxError: number };

  private constructor(pool: VectorPool, workers: WorkerPool, opening: SimilarityOpening) {
    this.#pool = pool;
    this.#workers = workers;
    this.#opening = opening;
    let [sum, most] = [0, 0];
    for (const error of opening.codes.error) {
      sum += error;
      most = Math.max(most, error);
    }
    this.#errors = { usualError: sum / Math.max(1, pool.n), maxError: most };
  }

  static async open(pool: VectorPool, options: FastPairsOptions): Promise<FastPairs> {
    const { threads } = options;
    const script = new URL('./similarity-worker.js', import.meta.url);
    const workers = new WorkerPool(script, threads, undefined, youngMemory);
    try {
      return await FastPairs.#start(pool, workers, options);
    } catch (error) {
      await workers.close();
      throw error;
    }
  }

  static async #start(pool: VectorPool, workers: WorkerPool, options: FastPairsOptions): Promise<FastPairs> {
    const { threads, product } = options;
    const compiling = compileSimilarity();
    compiling.catch(() => {}); // it is awaited below, but may fail before
    const levels = product === 'wasm' ? 127 : (await workers.runOnAll<63 | 127>('exactLevels'))[0]!;
    const codes = emptyCodes(pool, levels);
    const { n, stride } = pool;
    const { tileColumns = 512, tileRows = Math.max(512, Math.min(4096, Math.floor((1 << 21) / stride))) } =
      options;
    const productRows = Math.max(tileColumns, options.productRows ?? 1024);
    const sizes = { tileRows: Math.max(tileRows, tileColumns), tileColumns, productRows };
    const opening = { module: await compiling, pool, codes, ...sizes, product };
    await workers.runOnAll('open', () => opening);
    const at = (part: number) => Math.floor((n * part) / threads);
    await workers.runOnAll('code', (worker) => ({ from: at(worker), to: at(worker + 1) }));
    return new FastPairs(pool, workers, opening);
  }

  async nearest(pool: VectorPool, options: WorkOptions = {}): Promise<NearestRows> {
    const nGroups = pool.starts.length - 1;
    const rows = this.#alive(everyRow(pool.n));
    const cuts = this.#cuts(rows.length, (place) => pool.group[rows[place]!]!);
    const tiles: number[] = [];
    for (const [i0, i1] of cuts(this.#opening.tileRows)) {
      for (const [j0, j1] of cuts(this.#opening.tileColumns)) {
        if (pool.group[rows[j0]!]! > pool.group[rows[i0]!]!) tiles.push(i0, i1, j0, j1);
      }
    }
    const best = sharedFloat64(pool.n * nGroups).fill(Number.NEGATIVE_INFINITY);
    const bestId = sharedInt32(pool.n * nGroups).fill(-1);
    await this.#scan('nearest voxels', { kind: 'both', tiles, rows, columns: rows, best, bestId }, options);
    for (let slot = 0; slot < best.length; slot++) if (bestId[slot]! < 0) best[slot] = Number.NaN;
    return { similarity: best, row: bestId };
  }

  async forest(
    pool: VectorPool,
    level: Float64Array,
    limit: number,
    options: WorkOptions & { seeds?: Forest } = {},
  ): Promise<Forest> {
    const members = this.#alive(everyRow(pool.n)).filter((i) => level[i]! > limit);
    const start = maximumForest(pool.n, seedEdges(level, limit, options.seeds));
    const order = leafOrder(pool.n, members, start);
    const rows = sharedInt32(members.length);
    rows.set(order.rows);
    const gap = sharedFloat64(members.length);
    // Where all levels are +∞ only components count, and what is joined at all is joined for good.
    const joinedForGood = members.every((i) => level[i] === Number.POSITIVE_INFINITY);
    const levels = sharedFloat64(members.length);
    for (let place = 0; place < rows.length; place++) {
      const weight = order.gap[place]!;
      gap[place] = weight === apart ? limit : joinedForGood ? 2 : weight;
      levels[place] = level[rows[place]!]!;
    }
    const tiles = this.#triangle(rows.length);
    const pass = { kind: 'edges' as const, tiles, rows, columns: rows, level: levels, gap, limit };
    const found = await this.#scan<Forest>('spanning forest', pass, options);
    return maximumForest(pool.n, joinForests([start, ...found]));
  }

  async count(pool: VectorPool, limit: number, options: WorkOptions = {}): Promise<Int32Array> {
    const rows = this.#alive(everyRow(pool.n));
    const level = sharedFloat64(rows.length).fill(Number.POSITIVE_INFINITY);
    const gap = sharedFloat64(rows.length).fill(limit);
    const counts = sharedInt32(pool.n);
    const pass = {
      kind: 'edges' as const,
      tiles: this.#triangle(rows.length),
      rows,
      columns: rows,
      level,
      gap,
      limit,
    };
    await this.#scan('counting neighbours', { ...pass, counts }, options);
    return Int32Array.from(counts);
  }

  async attach(
    pool: VectorPool,
    rows: Int32Array,
    columns: Int32Array,
    limit: number,
    which: Attachment,
    options: WorkOptions = {},
  ): Promise<Int32Array> {
    const [liveRows, liveColumns] = [this.#alive(rows), this.#alive(columns)];
    const attached = new Int32Array(rows.length).fill(-1);
    const best = sharedFloat64(liveRows.length).fill(limit);
    const bestId = sharedInt32(liveRows.length).fill(-1);
    const rowCuts = this.#cuts(liveRows.length, () => 0)(this.#opening.tileRows);
    const columnCuts = this.#cuts(liveColumns.length, () => 0)(this.#opening.tileColumns);
    const tiles = rowCuts.flatMap(([i0, i1]) => columnCuts.flatMap(([j0, j1]) => [i0, i1, j0, j1]));
    const kind = which === 'first' ? ('first' as const) : ('rows' as const);
    const pass = { kind, tiles, rows: liveRows, columns: liveColumns, best, bestId, limit };
    await this.#scan('attaching voxels', pass, options);
    // Places among the live columns, back to places among the columns given.
    const place = new Int32Array(liveColumns.length);
    for (let c = 0, k = 0; c < columns.length; c++) if (pool.squares[columns[c]!]! > 0) place[k++] = c;
    for (let r = 0, k = 0; r < rows.length; r++) {
      if (pool.squares[rows[r]!]! === 0) continue;
      const id = bestId[k++]!;
      if (id >= 0) attached[r] = place[id]!;
    }
    return attached;
  }

  async decide(pairs: PairsToDecide): Promise<void> {
    const parts = this.#workers.size;
    await this.#workers.runOnAll('decide', (part) => ({ ...pairs, part, parts }));
  }

  close(): Promise<void> {
    return this.#workers.close();
  }

  #alive(rows: Int32Array): Int32Array {
    const alive = rows.filter((row) => this.#pool.squares[row]! > 0);
    const shared = sharedInt32(alive.length);
    shared.set(alive);
    return shared;
  }

  /** Tiles of half of the matrix of places: each block of columns is within one of rows, which begins with one. */
  #triangle(n: number): number[] {
    const { tileRows, tileColumns } = this.#opening;
    const cuts = this.#cuts(n, () => 0);
    const columns = cuts(tileColumns);
    return cuts(tileRows - (tileRows % tileColumns)).flatMap(([i0, i1]) =>
      columns.filter(([j0]) => j0 >= i0).flatMap(([j0, j1]) => [i0, i1, j0, j1]),
    );
  }

  /** Cuts places 0 … n−1 into blocks of at most `size` that do not cross a change of `part`. */
  #cuts(n: number, part: (place: number) => number) {
    return (size: number): [number, number][] => {
      const blocks: [number, number][] = [];
      for (let from = 0; from < n; ) {
        let to = from + 1;
        while (to < n && to - from < size && part(to) === part(from)) to++;
        blocks.push([from, to]);
        from = to;
      }
      return blocks;
    };
  }

  async #scan<T = undefined>(
    label: string,
    given: Omit<Partial<SimilarityPass>, 'tiles'> & { kind: PassKind; tiles: number[] },
    options: WorkOptions,
  ): Promise<T[]> {
    const empty = {
      best: new Float64Array(),
      bestId: new Int32Array(),
      level: new Float64Array(),
      gap: new Float64Array(),
    };
    const pool = this.#pool;
    const tiles = sharedInt32(given.tiles.length);
    tiles.set(given.tiles);
    const pass: SimilarityPass = {
      ...empty,
      rows: new Int32Array(),
      columns: new Int32Array(),
      limit: 0,
      ...given,
      control: sharedInt32(4),
      tiles,
      ...this.#errors,
      // Float32 sums of stride / 16 terms a lane, well inside; see cosine32.
      band: Math.max(1e-5, (pool.stride / 16 + 16) * 1.2e-7),
      nGroups: pool.starts.length - 1,
    };
    const total = tiles.length / 4;
    const stop = () => Atomics.store(pass.control, control.stop, 1);
    options.signal?.addEventListener('abort', stop, { once: true });
    if (options.signal?.aborted) stop();
    const report = () =>
      options.onProgress?.({ label, done: Atomics.load(pass.control, control.done), total });
    const timer = setInterval(report, 200);
    try {
      const results = await this.#workers.runOnAll<T>('scan', () => pass);
      throwIfAborted(options.signal, label);
      report();
      return results;
    } finally {
      clearInterval(timer);
      options.signal?.removeEventListener('abort', stop);
    }
  }
}

function everyRow(n: number): Int32Array {
  const rows = new Int32Array(n);
  for (let i = 0; i < n; i++) rows[i] = i;
  return rows;
}

/** The seeds that are edges, with their weights. */
function seedEdges(level: Float64Array, limit: number, seeds: Forest = joinForests([])): Forest {
  const n = seeds.weight.length;
  const edges = { from: new Int32Array(n), to: new Int32Array(n), weight: new Float64Array(n) };
  let kept = 0;
  for (let e = 0; e < n; e++) {
    const [from, to] = [seeds.from[e]!, seeds.to[e]!];
    const weight = Math.min(seeds.weight[e]!, level[from]!, level[to]!);
    if (!(weight > limit)) continue;
    edges.from[kept] = from;
    edges.to[kept] = to;
    edges.weight[kept++] = weight;
  }
  return {
    from: edges.from.subarray(0, kept),
    to: edges.to.subarray(0, kept),
    weight: edges.weight.subarray(0, kept),
  };
}
