import { adamStep, TrainArena } from './kernels.js';
import { type Products, wasmProducts } from './products.js';
import type { ShardLayout } from './shards.js';
import type { TrainingRule, TrainingState } from './training.js';

/**
 * The part of a step that sees the whole batch: from the summed predictions p = W x + b to the loss and its
 * gradient, and the bias with its Adam.
 *
 * ŷⱼ = pⱼ/‖pⱼ‖, Sᵢⱼ = yᵢ·ŷⱼ/τ, L = ½ [mean CE of the rows of S + mean CE of its columns], targets on the
 * diagonal. With R and C the softmax of S over rows and over columns, ∂L/∂S = (R + C − 2I) / 2n, and the
 * normalisation passes on only what is orthogonal to ŷ, divided by ‖p‖.
 */
export class Contrast {
  /** Unit-length targets of the batch, rows × width; the caller fills them before each step. */
  readonly targets: Float32Array;
  /** Summed predictions, one a column: width × rows; then ∂loss/∂prediction. */
  readonly predictions: Float32Array;
  readonly #layout: ShardLayout;
  readonly #rule: TrainingRule;
  readonly #arena: TrainArena;
  readonly #products: Products;
  readonly #norms: Float32Array;
  readonly #scores: Float32Array;
  readonly #pull: Float32Array;
  #byRow: Float64Array | undefined;
  #byColumn: Float64Array | undefined;
  readonly #bias: { value: Float32Array; first: Float32Array; second: Float32Array; gradient: Float32Array };

  constructor(layout: ShardLayout, rule: TrainingRule, products?: (arena: TrainArena) => Products) {
    const { rows, width } = layout;
    this.#layout = layout;
    this.#rule = rule;
    this.#arena = new TrainArena(rows * (3 * width + rows + 1) + 4 * width, 9);
    this.#products = (products ?? ((arena) => wasmProducts(arena.kernels)))(this.#arena);
    const take = (length: number) => this.#arena.take(length);
    this.targets = take(rows * width);
    this.predictions = take(width * rows);
    this.#pull = take(width * rows);
    this.#scores = take(rows * rows);
    this.#norms = take(rows);
    this.#bias = { value: take(width), first: take(width), second: take(width), gradient: take(width) };
  }

  load(state: TrainingState): void {
    this.#bias.value.set(state.bias);
    this.#bias.first.set(state.biasFirst);
    this.#bias.second.set(state.biasSecond);
  }

  save(state: TrainingState): void {
    const { nDims } = this.#layout;
    state.bias.set(this.#bias.value.subarray(0, nDims));
    state.biasFirst.set(this.#bias.first.subarray(0, nDims));
    state.biasSecond.set(this.#bias.second.subarray(0, nDims));
  }

  /** Loss and similarity of the step; leaves ∂loss/∂prediction in `predictions` and updates the bias. */
  async step(step: number): Promise<{ loss: number; similarity: number }> {
    const { rows, width } = this.#layout;
    const { kernels } = this.#arena;
    const p = this.predictions;
    const norms = this.#norms.byteOffset;
    kernels.unitColumns(p.byteOffset, this.#bias.value.byteOffset, norms, width, rows);
    await this.#products.plain(this.targets, p, this.#scores, rows, width, rows);
    const similarity = this.#meanDiagonal();
    const loss = this.#scoresToGradient();
    await this.#products.transposed(this.targets, this.#scores, this.#pull, width, rows, rows);
    const { gradient } = this.#bias;
    const pull = this.#pull.byteOffset;
    kernels.throughUnitColumns(p.byteOffset, pull, norms, gradient.byteOffset, width, rows);
    adamStep(kernels, this.#rule, step, this.#bias, width);
    return { loss, similarity };
  }

  #meanDiagonal(): number {
    const { batchSize: n, rows } = this.#layout;
    let sum = 0;
    for (let i = 0; i < n; i++) sum += this.#scores[i * rows + i]!;
    return sum / n;
  }

  /**
   * Replaces the cosines by ∂loss/∂cosine, zero in the padding; returns the loss. Rows and columns share one
   * exponential an entry, less the largest score of all, unless scores lie so far apart that it would underflow.
   */
  #scoresToGradient(): number {
    const { batchSize: n, rows } = this.#layout;
    const s = this.#scores;
    const { temperature } = this.#rule;
    const rowTops = new Float64Array(n).fill(-Infinity);
    const columnTops = new Float64Array(n).fill(-Infinity);
    let least = Infinity;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const value = s[i * rows + j]! / temperature;
        if (value > rowTops[i]!) rowTops[i] = value;
        if (value > columnTops[j]!) columnTops[j] = value;
        if (value < least) least = value;
      }
    }
    const top = Math.max(...rowTops);
    const isShared = top - least < 600;
    if (isShared) {
      rowTops.fill(top);
      columnTops.fill(top);
    }
    const byRow = (this.#byRow ??= new Float64Array(n * n));
    const byColumn = isShared ? byRow : (this.#byColumn ??= new Float64Array(n * n));
    const rowSums = new Float64Array(n);
    const columnSums = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const at = i * n + j;
        const value = s[i * rows + j]! / temperature;
        byRow[at] = Math.exp(value - rowTops[i]!);
        if (!isShared) byColumn[at] = Math.exp(value - columnTops[j]!);
        rowSums[i]! += byRow[at]!;
        columnSums[j]! += byColumn[at]!;
      }
    }
    let loss = 0;
    const scale = 1 / (2 * n * temperature);
    for (let i = 0; i < n; i++) {
      const own = s[i * rows + i]! / temperature;
      loss += rowTops[i]! + Math.log(rowSums[i]!) + columnTops[i]! + Math.log(columnSums[i]!) - 2 * own;
    }
    const columnShares = columnSums.map((sum) => 1 / sum);
    for (let i = 0; i < n; i++) {
      const rowShare = 1 / rowSums[i]!;
      for (let j = 0; j < n; j++) {
        const at = i * n + j;
        const share = byRow[at]! * rowShare + byColumn[at]! * columnShares[j]!;
        s[i * rows + j] = (share - (i === j ? 2 : 0)) * scale;
      }
      s.fill(0, i * rows + n, (i + 1) * rows);
    }
    s.fill(0, n * rows);
    return loss / (2 * n);
  }
}
