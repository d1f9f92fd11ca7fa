import type { Multiply } from '../engine/multiply.js';
import { type Matrix, matrix } from '../util/array.js';
import { EngineError, throwIfAborted } from '../util/errors.js';
import { nextTurn } from '../util/progress.js';
import { gatherRows, rowBlocks } from './batches.js';
import type { RidgeSolver } from './ridgeSolver.js';
import type { TrainingData } from './types.js';

const tile = 512;

/**
 * Ridge solutions where an eigendecomposition would take hours: a blocked Cholesky factorisation G + αI = RᵀR for
 * each α, float32, of the Gram matrix of voxels, or of trials where these are fewer. All large products are matrix
 * products of the engine.
 */
export async function factorRidge(
  data: TrainingData,
  rows: Int32Array,
  y: Matrix,
  multiply: Multiply,
  signal?: AbortSignal,
): Promise<RidgeSolver> {
  const nVoxels = data.betas.shape[1];
  const nDims = y.shape[1];
  const kernel = nVoxels > rows.length;
  const meanX = new Float64Array(nVoxels);
  const blocks = await centredBlocks(data, rows, kernel, meanX);
  const meanY = new Float64Array(nDims);
  for (let i = 0; i < y.data.length; i++) meanY[i % nDims]! += y.data[i]! / y.shape[0];
  const yc = { ...y, data: y.data.map((value, i) => value - meanY[i % nDims]!) };
  const pause = async () => {
    throwIfAborted(signal, 'fitRidge');
    await nextTurn();
  };

  const gram: Matrix[][] = [];
  for (const [i, left] of blocks.entries()) {
    gram.push([]);
    for (const right of blocks.slice(i)) {
      gram[i]!.push(await multiply(left, right, true));
      await pause();
    }
  }
  const right: Matrix[] = [];
  for (const [i, block] of blocks.entries()) {
    right.push(kernel ? rowsOf(yc, i * tile, block.shape[1]) : await multiply(block, yc, true));
  }

  return {
    async solve(alpha) {
      const { factor, inverses } = await cholesky(gram, alpha, multiply, pause);
      const inner = await substitute(factor, inverses, right, multiply);
      const weight = matrix(nVoxels, nDims);
      for (const [i, block] of blocks.entries()) {
        if (kernel) addTo(weight, await multiply(block, inner[i]!), 1);
        else weight.data.set(inner[i]!.data, i * tile * nDims);
      }
      const bias = Float64Array.from(meanY);
      for (let v = 0; v < nVoxels; v++) {
        for (let d = 0; d < nDims; d++) bias[d]! -= meanX[v]! * weight.data[v * nDims + d]!;
      }
      return { weight, bias: Float32Array.from(bias) };
    },
  };
}

/** The centred betas as blocks of at most 512 columns: voxels as columns, or trials in the kernel form. */
async function centredBlocks(
  data: TrainingData,
  rows: Int32Array,
  kernel: boolean,
  means: Float64Array,
): Promise<Matrix[]> {
  const [n, nVoxels] = [rows.length, means.length];
  const [size, length] = kernel ? [n, nVoxels] : [nVoxels, n];
  const blocks: Matrix[] = [];
  for (let start = 0; start < size; start += tile) blocks.push(matrix(length, Math.min(tile, size - start)));
  const put = (trial: number, voxel: number, value: number) => {
    const [row, column] = kernel ? [voxel, trial] : [trial, voxel];
    const block = blocks[Math.floor(column / tile)]!;
    block.data[row * block.shape[1] + (column % tile)] = value;
  };
  const blockRows = 128;
  const buffer = new Float32Array(blockRows * nVoxels);
  for (const pass of ['means', 'values'] as const) {
    for (const { first, rows: some } of rowBlocks(rows, blockRows)) {
      await gatherRows(data.betas, some, buffer);
      for (let i = 0; i < some.length; i++) {
        for (let v = 0; v < nVoxels; v++) {
          const value = buffer[i * nVoxels + v]!;
          if (pass === 'means') means[v]! += value / n;
          else put(first + i, v, value - means[v]!);
        }
      }
      await nextTurn();
    }
  }
  return blocks;
}

/** Upper tiles R of G + αI = RᵀR (row k holds columns k, k + 1, …), and the inverses of its diagonal tiles. */
async function cholesky(
  gram: Matrix[][],
  alpha: number,
  multiply: Multiply,
  pause: () => Promise<void>,
): Promise<{ factor: Matrix[][]; inverses: Matrix[] }> {
  const factor = gram.map((row) => row.map((block) => ({ ...block, data: block.data.slice() })));
  const inverses: Matrix[] = [];
  for (let k = 0; k < factor.length; k++) {
    const diagonal = factor[k]![0]!;
    for (let i = 0; i < diagonal.shape[0]; i++) diagonal.data[i * (diagonal.shape[0] + 1)]! += alpha;
    const inverse = factorTile(diagonal, alpha);
    inverses.push(inverse);
    for (let j = 1; j < factor[k]!.length; j++) factor[k]![j] = await multiply(inverse, factor[k]![j]!, true);
    for (let i = 1; i < factor[k]!.length; i++) {
      for (let j = i; j < factor[k]!.length; j++) {
        addTo(factor[k + i]![j - i]!, await multiply(factor[k]![i]!, factor[k]![j]!, true), -1);
      }
      await pause();
    }
  }
  return { factor, inverses };
}

/** Replaces a symmetric tile by its upper Cholesky factor, in float64; returns the factor's inverse. */
function factorTile(block: Matrix, alpha: number): Matrix {
  const n = block.shape[0];
  const r = Float64Array.from(block.data);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) {
      const scale = r[k * n + i]!;
      for (let j = i; j < n; j++) r[i * n + j]! -= scale * r[k * n + j]!;
    }
    const pivot = r[i * n + i]!;
    if (!(pivot > 0)) {
      throw new EngineError('ridge', `cannot factor at alpha ${alpha}`, 'leave out the smallest alphas');
    }
    const root = Math.sqrt(pivot);
    for (let j = i; j < n; j++) r[i * n + j]! /= root;
    r.fill(0, i * n, i * n + i);
  }
  const inverse = new Float64Array(n * n);
  for (let i = n - 1; i >= 0; i--) {
    inverse[i * n + i] = 1 / r[i * n + i]!;
    for (let k = i + 1; k < n; k++) {
      const scale = r[i * n + k]! / r[i * n + i]!;
      for (let j = k; j < n; j++) inverse[i * n + j]! -= scale * inverse[k * n + j]!;
    }
  }
  block.data.set(r);
  return matrix(n, n, Float32Array.from(inverse));
}

/** W of RᵀR W = B, tile by tile. */
async function substitute(
  factor: Matrix[][],
  inverses: Matrix[],
  right: readonly Matrix[],
  multiply: Multiply,
): Promise<Matrix[]> {
  const out = right.map((block) => ({ ...block, data: block.data.slice() }));
  for (let k = 0; k < out.length; k++) {
    out[k] = await multiply(inverses[k]!, out[k]!, true);
    for (let j = 1; j < factor[k]!.length; j++) {
      addTo(out[k + j]!, await multiply(factor[k]![j]!, out[k]!, true), -1);
    }
  }
  for (let k = out.length - 1; k >= 0; k--) {
    for (let j = 1; j < factor[k]!.length; j++)
      addTo(out[k]!, await multiply(factor[k]![j]!, out[k + j]!), -1);
    out[k] = await multiply(inverses[k]!, out[k]!);
  }
  return out;
}

function addTo(sum: Matrix, other: Matrix, sign: 1 | -1): void {
  for (let i = 0; i < sum.data.length; i++) sum.data[i]! += sign * other.data[i]!;
}

function rowsOf(m: Matrix, start: number, count: number): Matrix {
  return matrix(count, m.shape[1], m.data.slice(start * m.shape[1], (start + count) * m.shape[1]));
}
