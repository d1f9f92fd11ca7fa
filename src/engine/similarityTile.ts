import { type Bests, copyBest, offerBest, offerFirst } from './bests.js';
import type { CodeProduct } from './codeProduct.js';
import { largest, leastAfter, leastBefore, roundDown, rowsAbove, topAndOpen } from './floors.js';
import type { Forest } from './pairs.js';
import type { SimilarityKernel } from './similarityKernel.js';
import { control, maxTileEdges, type SimilarityOpening, type SimilarityPass } from './similarityPass.js';
import { eachRun } from './vectorPool.js';

const use = { both: 0, rows: 1, first: 2 } as const;

/** One thread's way through the tiles of a pass: fills the kernel's arrays, runs it, and puts results back. */
export class Tile {
  readonly #kernel: SimilarityKernel;
  readonly #product: CodeProduct;
  readonly #opening: SimilarityOpening;
  readonly #pass: SimilarityPass;
  #rowsFrom = -1;
  #columnsFrom = -1;
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
    const { kind } = this.#pass;
    if (kind === 'edges') {
      this.#setFloors(i0, i1, j0, j1);
      const found = await this.#scanRows(this.#openRows(i0, Math.min(i1, j0), j0, j1), i0, i1, j0, j1);
      if (j0 >= i1) return found;
      const block = Int32Array.from({ length: j1 - j0 }, (_, k) => j0 - i0 + k);
      return [...found, ...(await this.#scanRows(block, i0, i1, j0, j1, true))];
    }
    if (this.#readBest(i0, i1, j0, j1)) return [];
    await this.#scanRows(
      Int32Array.from({ length: i1 - i0 }, (_, k) => k),
      i0,
      i1,
      j0,
      j1,
    );
    this.#writeBest(i0, i1, j0, j1);
    return [];
  }

  /** Scans the given of the tile's rows (0 is place i0), a few at a time. */
  async #scanRows(
    rows: Int32Array,
    i0: number,
    i1: number,
    j0: number,
    j1: number,
    diagonal = false,
  ): Promise<Forest[]> {
    const kernel = this.#kernel;
    const { kind, band, usualError, maxError } = this.#pass;
    const { productRows, codes } = this.#opening;
    const live = j1 - j0;
    const nColumns = Math.ceil(live / 16) * 16;
    const found: Forest[] = [];
    if (rows.length === 0) return found;
    if (this.#rowsFrom !== i0) this.#loadRows(i0, i1);
    if (this.#columnsFrom !== j0) this.#loadColumns(j0, j1, nColumns);
    for (let at = 0; at < rows.length; at += productRows) {
      const some = rows.subarray(at, at + productRows);
      const [n, first] = [some.length, some[0]!];
      kernel.int32('picked', n).set(some);
      kernel.run.aim(n, nColumns, diagonal ? 1 : 0, codes.scale ** 2, usualError, maxError);
      if (some[n - 1] === first + n - 1) await this.#product.run('codesA', first, n, nColumns);
      else {
        kernel.run.gatherPicked(n);
        await this.#product.run('codesPicked', 0, n, nColumns);
      }
      if (kind === 'edges') found.push(...this.#readEdges(n, nColumns, live, diagonal));
      else kernel.run.scanBest(n, nColumns, live, band, use[kind]);
    }
    return found;
  }

  #loadRows(i0: number, i1: number): void {
    const kernel = this.#kernel;
    const { rows, kind, level } = this.#pass;
    const { error } = this.#opening.codes;
    this.#gather(rows, i0, i1, 'row', 'codesA');
    this.#product.rows(i1 - i0);
    const errors = kernel.float32('rowError', i1 - i0);
    const ids = kernel.int32('rowId', i1 - i0);
    ids.set(rows.subarray(i0, i1));
    takeAt(error, ids, errors);
    this.#rowsFrom = i0;
    if (kind === 'edges') kernel.float64('rowLevel', i1 - i0).set(level.subarray(i0, i1));
  }

  #loadColumns(j0: number, j1: number, nColumns: number): void {
    const kernel = this.#kernel;
    const { columns, kind, level } = this.#pass;
    const { error } = this.#opening.codes;
    const { stride } = this.#opening.pool;
    this.#gather(columns, j0, j1, 'column', 'codesB');
    kernel.int8('codesB', nColumns * stride).fill(0, (j1 - j0) * stride);
    // What columns beyond the last miss is without bound, so that they say nothing: see similarity.as.ts.
    const errors = kernel.float32('columnError', nColumns).fill(largest);
    const ids = kernel.int32('columnId', nColumns);
    const own = columns.subarray(j0, j1);
    takeAt(error, own, errors);
    if (kind === 'both' || kind === 'edges') ids.set(own);
    else for (let j = j0; j < j1; j++) ids[j - j0] = j;
    this.#product.columns(nColumns);
    this.#columnsFrom = j0;
    if (kind === 'edges') kernel.float64('columnLevel', j1 - j0).set(level.subarray(j0, j1));
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
      const shift = place - from - first;
      eachRun(pool, first, first + length, (values, row) => raw.set(values, (row + shift) * stride));
      square.set(pool.squares.subarray(first, first + length), place - from);
      place += length;
    }
  }

  /** Where the best of each place is kept. */
  #slots(order: Int32Array, from: number, to: number, otherGroup: number): Int32Array {
    const { kind, nGroups } = this.#pass;
    const slots = new Int32Array(to - from);
    for (let place = from; place < to; place++)
      slots[place - from] = kind === 'both' ? order[place]! * nGroups + otherGroup : place;
    return slots;
  }

  #readBest(i0: number, i1: number, j0: number, j1: number): boolean {
    const kernel = this.#kernel;
    const { rows, columns, kind, best, bestId, band, limit } = this.#pass;
    const { group } = this.#opening.pool;
    const nColumns = Math.ceil((j1 - j0) / 16) * 16;
    kernel.float32('columnFloor', nColumns).fill(largest);
    const [nearRows, nearColumns] = [this.#near('row', i1 - i0), this.#near('column', j1 - j0)];
    const rowFloor = kernel.float32('rowFloor', i1 - i0);
    const rowSlots = this.#slots(rows, i0, i1, group[columns[j0]!]!);
    this.#lock();
    copyBest({ best, bestId }, rowSlots, nearRows);
    if (kind === 'both')
      copyBest({ best, bestId }, this.#slots(columns, j0, j1, group[rows[i0]!]!), nearColumns);
    this.#unlock();
    setFloors(nearRows.best, band, rowFloor);
    if (kind === 'both') setFloors(nearColumns.best, band, kernel.float32('columnFloor', j1 - j0));
    if (kind !== 'first') return false;
    nearRows.best.fill(limit);
    const settled = (id: number) => id >= 0 && id < j0;
    rowFloor.forEach((_, k) => {
      rowFloor[k] = settled(nearRows.bestId[k]!) ? largest : limit - band;
    });
    return nearRows.bestId.every(settled);
  }

  #writeBest(i0: number, i1: number, j0: number, j1: number): void {
    const { rows, columns, kind, best, bestId } = this.#pass;
    const { group } = this.#opening.pool;
    const rowSlots = this.#slots(rows, i0, i1, group[columns[j0]!]!);
    this.#lock();
    const offer = kind === 'first' ? offerFirst : offerBest;
    offer({ best, bestId }, rowSlots, this.#near('row', i1 - i0));
    if (kind === 'both')
      offerBest(
        { best, bestId },
        this.#slots(columns, j0, j1, group[rows[i0]!]!),
        this.#near('column', j1 - j0),
      );
    this.#unlock();
  }

  /** The kernel's bests of its rows or columns. */
  #near(side: 'row' | 'column', n: number): Bests {
    return {
      best: this.#kernel.float64(`${side}Best`, n),
      bestId: this.#kernel.int32(`${side}BestId`, n),
    };
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
    const kernel = this.#kernel;
    const live = j1 - j0;
    if (j0 < i1) kernel.float64('gap', live).set(gap.subarray(j0, j1));
    const columnExact = kernel.float64('columnExact', live);
    leastBefore(gap, j0, j1, columnExact);
    kernel.float32('columnFloor', Math.ceil(live / 16) * 16).fill(largest);
    roundDown(columnExact, kernel.float32('columnFloor', live));
    const end = Math.min(i1, j0);
    if (end <= i0) return;
    const rowExact = kernel.float64('rowExact', end - i0);
    leastAfter(gap, i0, end, j0 < i1 ? Number.POSITIVE_INFINITY : this.#leastBetween(i1, j0), rowExact);
    roundDown(rowExact, kernel.float32('rowFloor', end - i0));
  }

  /**
   * The rows at places from … to, as rows of the tile from i0 on, of which a pair with the columns may be above its
   * floor for all their levels say: the others need no products. With the floor of a pair the lesser of its row's and
   * its column's, these are the rows that are above the floor of a column that is above it too, and those above their
   * own floor where a column is.
   */
  #openRows(i0: number, to: number, j0: number, j1: number): Int32Array {
    const { level } = this.#pass;
    const [top, open] = topAndOpen(level, j0, j1, this.#kernel.float64('columnExact', j1 - j0));
    const rowExact = this.#kernel.float64('rowExact', Math.max(0, to - i0));
    return rowsAbove(level, i0, to, rowExact, open, top);
  }

  /** The smallest gap at places from … to − 1; tiles of one row block come with growing `to`. */
  #leastBetween(from: number, to: number): number {
    if (this.#between.from !== from) this.#between = { from, to: from, least: Number.POSITIVE_INFINITY };
    const between = this.#between;
    for (; between.to < to; between.to++)
      between.least = Math.min(between.least, this.#pass.gap[between.to]!);
    return between.least;
  }

  #readEdges(nRows: number, nColumns: number, live: number, diagonal: boolean): Forest[] {
    const kernel = this.#kernel;
    const parts: Forest[] = [];
    for (let first = 0; first < nRows; ) {
      const { band } = this.#pass;
      first = kernel.run.scanEdges(first, nRows, nColumns, live, band, diagonal ? 1 : 0, maxTileEdges);
      const n = kernel.at('written');
      if (n === 0) continue;
      const ends = kernel.int32('edges', 4 * n);
      const weights = kernel.float64('edges', 2 * n);
      const part = { from: new Int32Array(n), to: new Int32Array(n), weight: new Float64Array(n) };
      for (let e = 0; e < n; e++) {
        part.from[e] = ends[4 * e]!;
        part.to[e] = ends[4 * e + 1]!;
        part.weight[e] = weights[2 * e + 1]!;
      }
      parts.push(part);
    }
    return parts;
  }
}

/** Floors of the best known: a pair matters if its cosine, in float32, is above one. */
function setFloors(best: Float64Array, band: number, floors: Float32Array): void {
  for (let k = 0; k < floors.length; k++) floors[k] = best[k]! - band;
}

function takeAt(values: Float32Array, rows: Int32Array, out: Float32Array): void {
  for (let k = 0; k < rows.length; k++) out[k] = values[rows[k]!]!;
}
