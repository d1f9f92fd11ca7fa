import { adamStep, TrainArena } from './kernels.js';
import { type Products, wasmProducts } from './products.js';
import type { ShardLayout } from './shards.js';
import type { TrainingRule, TrainingState } from './training.js';

/**
 * The part of a step that sees the whole batch: from the summed predictions p = x W + b to the loss and its
 * gradient, and the bias with its Adam.
 *
 * ŷⱼ = pⱼ/‖pⱼ‖, Sᵢⱼ = yᵢ·ŷⱼ/τ, L = ½ [mean CE of the rows of S + mean CE of its columns], targets on the
 * diagonal. With R and C the softmax of S over rows and over columns, ∂L/∂S = (R + C − 2I) / 2n, and the
 * normalisation passes on only what is orthogonal to ŷ, divided by ‖p‖.
 */
export class Contrast {
  /** Unit-length targets of the batch, rows × width; the caller fills them before each step. */
  readonly targets: Float32Array;
  /** Summed predictions, rows × width; then ∂loss/∂prediction. */
  readonly predictions: Float32Array;
  readonly #layout: ShardLayout;
  readonly #rule: TrainingRule;
  readonly #arena: TrainArena;
  readonly #products: Products;
  readonly #unit: Float32Array;
  readonly #scores: Float32Array;
  readonly #pull: Float32Array;
  readonly #bias: { value: Float32Array; first: Float32Array; second: Float32Array; gradient: Float32Array };

  constructor(layout: ShardLayout, rule: TrainingRule, products?: (arena: TrainArena) => Products) {
    const { rows, width } = layout;
    this.#layout = layout;
    this.#rule = rule;
    this.#arena = new TrainArena(rows * (4 * width + rows) + 4 * width, 9);
    this.#products = (products ?? ((arena) => wasmProducts(arena.kernels)))(this.#arena);
    const take = (length: number) => this.#arena.take(length);
    this.targets = take(rows * width);
    this.predictions = take(rows * width);
    this.#unit = take(width * rows);
    this.#pull = take(rows * width);
    this.#scores = take(rows * rows);
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

  /** Adds the shards' partial predictions in their order. */
  gather(parts: readonly Float32Array[]): void {
    const p = this.predictions;
    p.set(parts[0]!);
    for (const part of parts.slice(1)) for (let i = 0; i < p.length; i++) p[i]! += part[i]!;
  }

  /** Loss and similarity of the step; leaves ∂loss/∂prediction in `predictions` and updates the bias. */
  async step(step: number): Promise<{ loss: number; similarity: number }> {
    const { batchSize: n, rows, width, nDims } = this.#layout;
    const { predictions: p } = this;
    const norms = this.#normalise();
    await this.#products.plain(this.targets, this.#unit, this.#scores, rows, width, rows);
    const similarity = this.#meanDiagonal();
    const loss = this.#scoresToGradient();
    await this.#products.transposed(this.#scores, this.targets, this.#pull, rows, rows, width);
    const gradient = this.#bias.gradient.fill(0);
    for (let j = 0; j < n; j++) {
      const at = j * width;
      let along = 0;
      for (let d = 0; d < nDims; d++) along += this.#pull[at + d]! * p[at + d]!;
      for (let d = 0; d < nDims; d++) {
        const value = (this.#pull[at + d]! - along * p[at + d]!) / norms[j]!;
        p[at + d] = value;
        gradient[d]! += value;
      }
    }
    adamStep(this.#arena.kernels, this.#rule, step, this.#bias, width);
    return { loss, similarity };
  }

  /** Adds the bias, divides each prediction by its length, keeps the transpose too; returns the lengths. */
  #normalise(): Float64Array {
    const { batchSize: n, rows, width, nDims } = this.#layout;
    const p = this.predictions;
    const bias = this.#bias.value;
    const norms = new Float64Array(n);
    for (let j = 0; j < n; j++) {
      const at = j * width;
      let square = 0;
      for (let d = 0; d < nDims; d++) {
        const value = (p[at + d]! += bias[d]!);
        square += value * value;
      }
      const norm = Math.max(Math.sqrt(square), 1e-12);
      norms[j] = norm;
      for (let d = 0; d < nDims; d++) this.#unit[d * rows + j] = p[at + d] = p[at + d]! / norm;
    }
    return norms;
  }

  #meanDiagonal(): number {
    const { batchSize: n, rows } = this.#layout;
    let sum = 0;
    for (let i = 0; i < n; i++) sum += this.#scores[i * rows + i]!;
    return sum / n;
  }

  /** Replaces the cosines by ∂loss/∂cosine; returns the loss. */
  #scoresToGradient(): number {
    const { batchSize: n, rows } = this.#layout;
    const s = this.#scores;
    const { temperature } = this.#rule;
    const weights = new Float64Array(n * n);
    const rowSums = new Float64Array(n);
    const columnSums = new Float64Array(n);
    const rowTops = new Float64Array(n).fill(-Infinity);
    const columnTops = new Float64Array(n).fill(-Infinity);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const value = s[i * rows + j]! / temperature;
        if (value > rowTops[i]!) rowTops[i] = value;
        if (value > columnTops[j]!) columnTops[j] = value;
      }
    }
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const value = s[i * rows + j]! / temperature;
        rowSums[i]! += weights[i * n + j] = Math.exp(value - rowTops[i]!);
        columnSums[j]! += Math.exp(value - columnTops[j]!);
      }
    }
    let loss = 0;
    const scale = 1 / (2 * n * temperature);
    for (let i = 0; i < n; i++) {
      const own = s[i * rows + i]! / temperature;
      loss += rowTops[i]! + Math.log(rowSums[i]!) + columnTops[i]! + Math.log(columnSums[i]!) - 2 * own;
      for (let j = 0; j < n; j++) {
        const value = s[i * rows + j]! / temperature;
        const byRow = weights[i * n + j]! / rowSums[i]!;
        const byColumn = Math.exp(value - columnTops[j]!) / columnSums[j]!;
        s[i * rows + j] = (byRow + byColumn - (i === j ? 2 : 0)) * scale;
      }
    }
    return loss / (2 * n);
  }
}
