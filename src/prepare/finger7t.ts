import { type Matrix, matrix } from '../util/array.js';
import { FormatError } from '../util/errors.js';
import type { Trials } from './types.js';

/** One participant of the finger data set. */
export interface FingerParticipant {
  /** nTrials × nVoxels, as in the file: one pattern for each finger and run. */
  betas: Matrix;
  trials: Trials;
}

/** The finger data set of seven participants, and the embedding of the five fingers. */
export interface FingerData {
  participants: FingerParticipant[];
  fingers: readonly string[];
  /** nFingers × nDims: rows whose inner products are the centred natural-statistics model. */
  embeddings: Matrix;
}

const fingers = ['thumb', 'index', 'middle', 'ring', 'little'] as const;

/** What is needed of a MAT file's variable: numbers with a shape in column-major order. */
interface MatArray {
  data: ArrayLike<number>;
  shape: readonly number[];
}

/** The parts of data_recipe_finger7T.mat that the study uses, as plain arrays. */
export interface FingerFile {
  /** Patterns of each participant, nTrials × nVoxels, column-major as MATLAB stores them. */
  patterns: MatArray[];
  /** Finger (1–5) and run of each row. */
  conditions: ArrayLike<number>[];
  runs: ArrayLike<number>[];
  /** Centred second-moment matrix of natural finger use, 5 × 5. */
  naturalStatistics: MatArray;
}

/**
 * Turns the finger file into the generic study's arrays.
 *
 * The embedding of finger f is row f of E with E Eᵀ = G, the file's own centred second-moment matrix of natural
 * finger use: E = V √Λ over the positive eigenvalues of G, largest first, each column's largest entry positive so
 * that the sign is defined. G is centred, so E has one dimension fewer than there are fingers.
 *
 * @throws FormatError if shapes disagree or a finger is not 1–5
 */
export async function prepareFinger7t(file: FingerFile): Promise<FingerData> {
  const participants = file.patterns.map((pattern, index) => {
    const where = `participant ${index + 1}`;
    const [nTrials, nVoxels] = pattern.shape as [number, number];
    const condition = Int32Array.from(file.conditions[index]!);
    const run = Int32Array.from(file.runs[index]!);
    if (condition.length !== nTrials || run.length !== nTrials) {
      throw new FormatError(
        where,
        `${nTrials} patterns but ${condition.length} conditions and ${run.length} runs`,
      );
    }
    if (condition.some((finger) => finger < 1 || finger > fingers.length)) {
      throw new FormatError(where, `a condition outside 1–${fingers.length}`);
    }
    const betas = matrix(nTrials, nVoxels);
    for (let voxel = 0; voxel < nVoxels; voxel++) {
      for (let trial = 0; trial < nTrials; trial++) {
        betas.data[trial * nVoxels + voxel] = pattern.data[voxel * nTrials + trial]!;
      }
    }
    const stimulus = condition.map((finger) => finger - 1);
    const shown = new Map<number, number>();
    const repetition = stimulus.map((finger) => {
      const count = shown.get(finger) ?? 0;
      shown.set(finger, count + 1);
      return count;
    });
    const trials: Trials = {
      ...{ nTrials, stimulus, run, repetition, session: new Int32Array(nTrials).fill(1) },
      split: new Array(nTrials).fill('train'),
      extra: { finger: Array.from(stimulus, (finger) => fingers[finger]!) },
    };
    return { betas, trials };
  });
  return { participants, fingers, embeddings: await factor(file.naturalStatistics) };
}

async function factor({ data, shape }: MatArray): Promise<Matrix> {
  const { EigenvalueDecomposition, Matrix: Dense } = await import('ml-matrix');
  const n = shape[0]!;
  const square = Dense.zeros(n, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) square.set(i, j, (data[i + j * n]! + data[j + i * n]!) / 2);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(square, {
    assumeSymmetric: true,
  });
  const largest = Math.max(...realEigenvalues);
  const kept = realEigenvalues
    .map((value, column) => ({ value, column }))
    .filter(({ value }) => value > 1e-9 * largest)
    .sort((a, b) => b.value - a.value);
  const out = matrix(n, kept.length);
  kept.forEach(({ value, column }, dim) => {
    const vector = eigenvectorMatrix.getColumn(column);
    const lead = vector.reduce((best, entry) => (Math.abs(entry) > Math.abs(best) + 1e-9 ? entry : best), 0);
    const scale = Math.sqrt(value) * Math.sign(lead);
    for (let row = 0; row < n; row++) out.data[row * kept.length + dim] = vector[row]! * scale;
  });
  return out;
}
