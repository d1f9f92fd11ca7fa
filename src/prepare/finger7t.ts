import { type MatNumeric, type MatValue, readMat } from '../data/index.js';
import { type Matrix, matrix } from '../util/array.js';
import { FormatError } from '../util/errors.js';
import { countRepetitions } from './countRepetitions.js';
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

/**
 * Reads data_recipe_finger7T.mat as the generic study's arrays.
 *
 * The embedding of finger f is row f of E with E Eᵀ = G, the file's own centred second-moment matrix of natural
 * finger use: E = V √Λ over the positive eigenvalues of G, largest first, each column's largest entry positive so
 * that the sign is defined. G is centred, so E has one dimension fewer than there are fingers.
 *
 * @param path of the file (manifest `finger7t`; jdiedrichsen/pcm_toolbox, MIT)
 * @throws FormatError if the file lacks a variable, shapes disagree or a finger is not 1–5
 */
export async function readFinger7t(path: string): Promise<FingerData> {
  const file = await readMat(path, { variables: ['Y', 'condVec', 'partVec', 'Model'] });
  const cells = (name: string) => {
    const value = file.get(name);
    if (value?.kind !== 'cell') throw new FormatError(path, `has no cell array ${name}`);
    return value.cells.map((cell) => numeric(cell, path, name));
  };
  const [patterns, conditions, runs] = [cells('Y'), cells('condVec'), cells('partVec')];
  const participants = patterns.map((pattern, index) =>
    participant(pattern, conditions[index]!, runs[index]!, `${path}, participant ${index + 1}`),
  );
  const models = file.get('Model');
  const model =
    models?.kind === 'struct' ? models.elements.find((each) => nameOf(each) === 'Naturalstats') : undefined;
  if (!model) throw new FormatError(path, 'has no model named Naturalstats');
  return { participants, fingers, embeddings: await factor(numeric(model.get('G_cent'), path, 'G_cent')) };
}

function participant(
  pattern: MatNumeric,
  conditions: MatNumeric,
  runs: MatNumeric,
  where: string,
): FingerParticipant {
  const [nTrials, nVoxels] = pattern.shape as [number, number];
  const stimulus = Int32Array.from(conditions.data as Float64Array, (finger) => finger - 1);
  const run = Int32Array.from(runs.data as Float64Array);
  if (stimulus.length !== nTrials || run.length !== nTrials) {
    throw new FormatError(
      where,
      `${nTrials} patterns but ${stimulus.length} conditions and ${run.length} runs`,
    );
  }
  const wrong = stimulus.find((finger) => finger < 0 || finger >= fingers.length);
  if (wrong !== undefined)
    throw new FormatError(where, `condition ${wrong + 1}`, `must be 1–${fingers.length}`);
  const betas = matrix(nTrials, nVoxels, Float32Array.from(pattern.data as Float64Array));
  const trials: Trials = {
    ...{ nTrials, stimulus, run, repetition: countRepetitions(stimulus) },
    session: new Int32Array(nTrials).fill(1),
    split: new Array(nTrials).fill('train'),
    extra: { finger: Array.from(stimulus, (finger) => fingers[finger]!) },
  };
  return { betas, trials };
}

function nameOf(model: ReadonlyMap<string, MatValue>): string | undefined {
  const name = model.get('name');
  const text = name?.kind === 'cell' ? name.cells[0] : name;
  return text?.kind === 'char' ? text.rows[0] : undefined;
}

function numeric(value: MatValue | undefined, path: string, name: string): MatNumeric {
  if (value?.kind !== 'numeric')
    throw new FormatError(path, `${name} is ${value?.kind ?? 'missing'}`, 'must be numbers');
  return value;
}

async function factor({ data, shape }: MatNumeric): Promise<Matrix> {
  const { EigenvalueDecomposition, Matrix: Dense } = await import('ml-matrix');
  const n = shape[0]!;
  const square = Dense.zeros(n, n);
  const at = (i: number, j: number) => Number(data[i * n + j]);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) square.set(i, j, (at(i, j) + at(j, i)) / 2);
  }
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
