import type { CodeProduct } from './codeProduct.js';
import type { Forest } from './pairs.js';
import type { SimilarityKernel } from './similarityKernel.js';
import { control, maxTileEdges, type SimilarityOpening, type SimilarityPass } from './similarityPass.js';

const largest = Math.fround(3.4028234663852886e38);
const use = { both: 0, rows: 1, first: 2 } as const;

/** One thread's way through the tiles of a pass: fills the kernel's arrays, runs it, and puts results back. */
export class Tile {
  readonly #kernel: SimilarityKernel;
  readonly #product: CodeProduct;
  readonly #opening: SimilarityOpening;
  readonly #pass: SimilarityPass;
  #loadedFrom = -1;
  #between = { from: -1, to: -1, least: 0 };

  constructor(
    kernel: SimilarityKernel,
    product: CodeProduct,
    opening: SimilarityOpening,
    pass: SimilarityPass,
  ) {
    this.#kernel = kernel;
    this.#product = product;
    this.#opening = opening;
    this.#pass = pass;
  }

  /**
   * Scans rows i0 … i1 against columns j0 … j1 (places in the pass's order); yields edges, if it looks for them. For
   * edges the columns are none of the rows, or a block of them, and then only rows up to the block's last count.
   */
  async scan(i0: number, i1: number, j0: number, j1: number): Promise<Forest[]> {
    const { kind, band, usualError, maxError } = this.#pass;
    const { productRows, codes } = this.#opening;
    const { scale } = codes;
    const nColumns = Math.ceil((j1 - j0) / 16) * 16;
    if (kind === 'edges') this.#setFloors(i0, i1, j0, j1);
    else if (this.#readBest(i0, i1, j0, j1)) return [];
    let loaded = false;
    const found: Forest[] = [];
    const end = kind === 'edges' ? Math.min(i1, j1) : i1;
    for (let from = i0; from < end; ) {
      const diagonal = kind === 'edges' && from === j0;
      const to = Math.min(from + productRows, kind === 'edges' && from < j0 ? j0 : end, end);
      if (kind !== 'edges' || diagonal || this.#mayLink(from, to, i0, j0, j1)) {
        if (this.#loadedFrom !== i0) this.#loadRows(i0, i1);
        if (!loaded) this.#loadColumns(j0, j1, nColumns);
        loaded = true;
        const [first, end, live] = [from - i0, to - i0, j1 - j0];
        this.#kernel.run.aim(first, end, nColumns, diagonal ? 1 : 0, scale * scale, usualError, maxError);
        await this.#product.run(first, end, nColumns);
        if (kind === 'edges') found.push(...this.#readEdges(first, end, nColumns, live, diagonal));
        else this.#kernel.run.scanBest(first, end, nColumns, live, band, use[kind]);
      }
      from = to;
    }
    if (kind !== 'edges') this.#writeBest(i0, i1, j0, j1);
    return found;
  }

  #loadRows(i0: number, i1: number): void {
    const kernel = this.#kernel;
    const { rows, kind } = this.#pass;
    const { error } = this.#opening.codes;
    this.#gather(rows, i0, i1, 'row', 'codesA');
    this.#product.rows(i1 - i0);
    const errors = kernel.float32('rowError', i1 - i0);
    const ids = kernel.int32('rowId', i1 - i0);
    for (let i = i0; i < i1; i++) {
      errors[i - i0] = error[rows[i]!]!;
      ids[i - i0] = rows[i]!;
    }
    this.#loadedFrom = i0;
    if (kind !== 'edges') return;
    this.#setLevels('row', i0, i1, i1 - i0);
  }

  #loadColumns(j0: number, j1: number, nColumns: number): void {
    const kernel = this.#kernel;
    const { columns, kind } = this.#pass;
    const { error } = this.#opening.codes;
    const { stride } = this.#opening.pool;
    this.#gather(columns, j0, j1, 'column', 'codesB');
    kernel.int8('codesB', nColumns * stride).fill(0, (j1 - j0) * stride);
    // What columns beyond the last miss is without bound, so that they say nothing: see similarity.as.ts.
    const errors = kernel.float32('columnError', nColumns).fill(largest);
    const ids = kernel.int32('columnId', nColumns);
    for (let j = j0; j < j1; j++) {
      const row = columns[j]!;
      errors[j - j0] = error[row]!;
      ids[j - j0] = kind === 'both' || kind === 'edges' ? row : j;
    }
    this.#product.columns(nColumns);
    if (kind === 'edges') this.#setLevels('column', j0, j1, nColumns);
  }

  /** Copies codes, values and squared lengths of the rows at places from … to into the kernel, run by run. */
  #gather(order: Int32Array, from: number, to: number, side: 'row' | 'column', codesName: string): void {
    const { pool, codes } = this.#opening;
    const { stride } = pool;
    const n = to - from;
    const code = this.#kernel.int8(codesName, n * stride);
    const raw = this.#kernel.float32(`${side}Raw`, n * stride);
    const square = this.#kernel.float64(`${side}Square`, n);
    for (let place = from; place < to; ) {
      const first = order[place]!;
      let length = 1;
      while (place + length < to && order[place + length] === first + length) length++;
      code.set(codes.code.subarray(first * stride, (first + length) * stride), (place - from) * stride);
      raw.set(pool.data.subarray(first * stride, (first + length) * stride), (place - from) * stride);
      square.set(pool.squares.subarray(first, first + length), place - from);
      place += length;
    }
  }

  #setLevels(side: 'row' | 'column', from: number, to: number, n: number): void {
    const levels = this.#kernel.float64(`${side}Level`, n);
    const ceilings = this.#kernel.float32(`${side}Ceiling`, n).fill(-largest);
    for (let place = from; place < to; place++) {
      const level = this.#pass.level[place]!;
      levels[place - from] = level;
      ceilings[place - from] = Math.min(largest, level + 1e-6);
    }
  }

  /** Where the best of a place is kept. */
  #slot(order: Int32Array, place: number, otherGroup: number): number {
    const { kind, nGroups } = this.#pass;
    return kind === 'both' ? order[place]! * nGroups + otherGroup : place;
  }

  #readBest(i0: number, i1: number, j0: number, j1: number): boolean {
    const kernel = this.#kernel;
    const { rows, columns, group, kind, best, bestId, band, limit } = this.#pass;
    const nColumns = Math.ceil((j1 - j0) / 16) * 16;
    const read = (side: string, order: Int32Array, from: number, to: number, otherGroup: number) => {
      const bests = kernel.float64(`${side}Best`, to - from);
      const ids = kernel.int32(`${side}BestId`, to - from);
      const floors = kernel.float32(`${side}Floor`, to - from);
      for (let place = from; place < to; place++) {
        const slot = this.#slot(order, place, otherGroup);
        bests[place - from] = kind === 'first' ? limit : best[slot]!;
        ids[place - from] = bestId[slot]!;
        const settled = kind === 'first' && bestId[slot]! >= 0 && bestId[slot]! < j0;
        floors[place - from] = settled ? largest : bests[place - from]! - band;
      }
      return floors;
    };
    kernel.float32('columnFloor', nColumns).fill(largest);
    this.#lock();
    const floors = read('row', rows, i0, i1, group[columns[j0]!]!);
    if (kind === 'both') read('column', columns, j0, j1, group[rows[i0]!]!);
    this.#unlock();
    return kind === 'first' && floors.every((floor) => floor === largest);
  }

  #writeBest(i0: number, i1: number, j0: number, j1: number): void {
    const kernel = this.#kernel;
    const { rows, columns, group, kind, best, bestId } = this.#pass;
    const write = (side: string, order: Int32Array, from: number, to: number, otherGroup: number) => {
      const bests = kernel.float64(`${side}Best`, to - from);
      const ids = kernel.int32(`${side}BestId`, to - from);
      for (let place = from; place < to; place++) {
        const slot = this.#slot(order, place, otherGroup);
        const [s, id] = [bests[place - from]!, ids[place - from]!];
        if (id < 0) continue;
        const isFirst = bestId[slot]! < 0 || id < bestId[slot]!;
        if (kind === 'first' ? isFirst : s > best[slot]! || (s === best[slot]! && isFirst)) {
          best[slot] = s;
          bestId[slot] = id;
        }
      }
    };
    this.#lock();
    write('row', rows, i0, i1, group[columns[j0]!]!);
    if (kind === 'both') write('column', columns, j0, j1, group[rows[i0]!]!);
    this.#unlock();
  }

  /** A best cosine and whose it is are two numbers: they are read and written by one thread at a time. */
  #lock(): void {
    while (Atomics.compareExchange(this.#pass.control, control.lock, 0, 1) !== 0) {
      Atomics.wait(this.#pass.control, control.lock, 1, 1);
    }
  }

  #unlock(): void {
    Atomics.store(this.#pass.control, control.lock, 0);
    Atomics.notify(this.#pass.control, control.lock, 1);
  }

  /**
   * Floors of the tile: the weight at which two rows are joined already is the smaller of the least gap from the
   * row to the tile's first column and the least gap from there to the column.
   */
  #setFloors(i0: number, i1: number, j0: number, j1: number): void {
    const { gap } = this.#pass;
    const nColumns = Math.ceil((j1 - j0) / 16) * 16;
    const columnFloor = this.#kernel.float32('columnFloor', nColumns).fill(largest);
    if (j0 < i1) {
      const gaps = this.#kernel.float32('gap', j1 - j0);
      for (let j = j0; j < j1; j++) gaps[j - j0] = below(gap[j]!);
    }
    let least = Number.POSITIVE_INFINITY;
    for (let j = j0; j < j1; j++) {
      columnFloor[j - j0] = least === Number.POSITIVE_INFINITY ? largest : below(least);
      least = Math.min(least, gap[j]!);
    }
    const rowFloor = this.#kernel.float32('rowFloor', i1 - i0);
    least = j0 < i1 ? Number.POSITIVE_INFINITY : this.#leastBetween(i1, j0);
    for (let i = Math.min(i1, j0) - 1; i >= i0; i--) {
      least = Math.min(least, gap[i]!);
      rowFloor[i - i0] = below(least);
    }
  }

  /** Whether a pair of rows from … to with the columns may be above its floor; the first row's floor is the lowest. */
  #mayLink(from: number, to: number, i0: number, j0: number, j1: number): boolean {
    const { level } = this.#pass;
    const rowFloor = this.#kernel.float32('rowFloor', from - i0 + 1)[from - i0]!;
    const columnFloor = this.#kernel.float32('columnFloor', j1 - j0)[j1 - j0 - 1]!;
    let [rowTop, columnTop] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = from; i < to; i++) rowTop = Math.max(rowTop, level[i]!);
    for (let j = j0; j < j1; j++) columnTop = Math.max(columnTop, level[j]!);
    return Math.min(rowTop, columnTop, 1.1) > Math.min(rowFloor, columnFloor);
  }

  /** The smallest gap at places from … to − 1; tiles of one row block come with growing `to`. */
  #leastBetween(from: number, to: number): number {
    if (this.#between.from !== from) this.#between = { from, to: from, least: Number.POSITIVE_INFINITY };
    const between = this.#between;
    for (; between.to < to; between.to++)
      between.least = Math.min(between.least, this.#pass.gap[between.to]!);
    return between.least;
  }

  #readEdges(base: number, to: number, nColumns: number, live: number, diagonal: boolean): Forest[] {
    const kernel = this.#kernel;
    const { limit, band } = this.#pass;
    const parts: Forest[] = [];
    for (let first = base; first < to; ) {
      first = kernel.run.scanEdges(first, to, base, nColumns, live, band, diagonal ? 1 : 0, maxTileEdges);
      const n = kernel.at('written');
      if (n === 0) continue;
      const ends = kernel.int32('edges', 4 * n);
      const weights = kernel.float64('edges', 2 * n);
      const part = { from: new Int32Array(n), to: new Int32Array(n), weight: new Float64Array(n) };
      let kept = 0;
      for (let e = 0; e < n; e++) {
        // Floors are float32, rounded down: what lies between one and the limit itself is no edge.
        if (!(weights[2 * e + 1]! > limit)) continue;
        part.from[kept] = ends[4 * e]!;
        part.to[kept] = ends[4 * e + 1]!;
        part.weight[kept++] = weights[2 * e + 1]!;
      }
      parts.push({
        from: part.from.subarray(0, kept),
        to: part.to.subarray(0, kept),
        weight: part.weight.subarray(0, kept),
      });
    }
    return parts;
  }
}

/** A float32 not above a float64. */
function below(value: number): number {
  if (!Number.isFinite(value)) return value > 0 ? largest : -largest;
  return Math.fround(value - 1e-7 * Math.max(1, Math.abs(value)));
}
