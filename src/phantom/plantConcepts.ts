import { CholeskyDecomposition, Matrix as MlMatrix } from 'ml-matrix';
import type { Matrix } from '../util/array.js';
import { matrix, rowOf } from '../util/array.js';
import type { RandomStream } from '../util/random.js';
import { type ConceptRecipe, conceptRecipes } from './conceptList.js';
import { embeddedFeatures } from './embedPictures.js';
import { lessCategory, standardScore } from './standardScore.js';
import type { PlantedConcept, Stimulus } from './types.js';

/** Added to the covariance's diagonal when directions are fitted, as a multiple of its mean diagonal. */
const ridge = 4;

/**
 * Chooses the directions of the planted concepts and who has them.
 *
 * Each concept has a wanted response to every picture: of a category, its indicator less what the measured features
 * predict of it (food of any colour and shape), standardised; of a feature, its standard score less the mean of the
 * picture's category, standardised; several are added with their weights. Its direction d is the linear response
 * nearest to it, by ridge regression on the unit embeddings: (Σ + λ I) d = Cov(y, wanted), of length 1. As bent:
 * Σ d, with Σ the covariance of the unit embeddings, which is what the covariance of a voxel tuned to d with the
 * embeddings tends to.
 */
export function plantConcepts(
  stimuli: readonly Stimulus[],
  unit: Matrix,
  nParticipants: number,
  minParticipants: number,
  stream: RandomStream,
): { concepts: PlantedConcept[]; directions: Matrix; bent: Matrix } {
  const nDims = unit.shape[1];
  const centred = centredRows(unit);
  const solve = ridgeSolver(centred);
  const wanted = wantedResponses(stimuli);
  const holders = drawHolders(conceptRecipes, nParticipants, minParticipants, stream);
  const concepts: PlantedConcept[] = [];
  const directions: Float64Array[] = [];
  conceptRecipes.forEach((recipe, r) => {
    const participants = holders[r]!;
    if (participants.length === 0) return;
    const shared = participants.length > minParticipants;
    const { name, word, source, regions, hemispheres } = recipe;
    const kind = shared ? 'shared' : participants.length > 1 ? 'rare' : 'private';
    concepts.push({ name, kind, source, shared, participants, regions, hemispheres, word });
    directions.push(toUnit(solve(wanted(recipe))));
  });
  const planted = matrix(concepts.length, nDims);
  const bent = matrix(concepts.length, nDims);
  directions.forEach((direction, c) => {
    planted.data.set(direction, c * nDims);
    bent.data.set(bend(centred, direction), c * nDims);
  });
  return { concepts, directions: planted, bent };
}

/** Σ d / |Σ d| over the rows of a centred matrix. */
export function bend(centred: Matrix, direction: ArrayLike<number>): Float64Array {
  const out = new Float64Array(direction.length);
  for (let row = 0; row < centred.shape[0]; row++) {
    const y = rowOf(centred, row);
    let projection = 0;
    for (let d = 0; d < y.length; d++) projection += y[d]! * direction[d]!;
    for (let d = 0; d < y.length; d++) out[d]! += projection * y[d]!;
  }
  return toUnit(out);
}

/** Rows minus their mean. */
export function centredRows(m: Matrix): Matrix {
  const [nRows, nColumns] = m.shape;
  const mean = new Float64Array(nColumns);
  for (let row = 0; row < nRows; row++)
    for (let d = 0; d < nColumns; d++) mean[d]! += m.data[row * nColumns + d]!;
  const out = matrix(nRows, nColumns);
  for (let i = 0; i < out.data.length; i++) out.data[i] = m.data[i]! - mean[i % nColumns]! / nRows;
  return out;
}

/** Solves (Σ + λ I) d = Cov(y, wanted) over the rows of a centred matrix. */
function ridgeSolver(centred: Matrix): (wanted: Float64Array) => Float64Array {
  const [nRows, nDims] = centred.shape;
  const covariance = Array.from({ length: nDims }, () => new Float64Array(nDims));
  for (let row = 0; row < nRows; row++) {
    const y = rowOf(centred, row);
    for (let a = 0; a < nDims; a++) {
      const [own, factor] = [covariance[a]!, y[a]! / nRows];
      for (let b = 0; b <= a; b++) own[b]! += factor * y[b]!;
    }
  }
  const trace = covariance.reduce((sum, own, d) => sum + own[d]!, 0);
  covariance.forEach((own, a) => {
    for (let b = 0; b < a; b++) covariance[b]![a] = own[b]!;
    own[a]! += (ridge * trace) / nDims;
  });
  const cholesky = new CholeskyDecomposition(new MlMatrix(covariance));
  return (wanted) => {
    const right = new Float64Array(nDims);
    for (let row = 0; row < nRows; row++) addScaled(right, rowOf(centred, row), wanted[row]! / nRows);
    return Float64Array.from(cholesky.solve(MlMatrix.columnVector(right)).to1DArray());
  };
}

/** The response to every picture that a concept should have. */
function wantedResponses(stimuli: readonly Stimulus[]): (recipe: ConceptRecipe) => Float64Array {
  const scores = embeddedFeatures.map((name) => Array.from(standardScore(stimuli, name)));
  const features = new MlMatrix([stimuli.map(() => 1), ...scores]);
  const normal = new CholeskyDecomposition(features.mmul(features.transpose()));
  return ({ category, features: weights = {} }) => {
    const out = new Float64Array(stimuli.length);
    if (category !== undefined) {
      const isIn = MlMatrix.columnVector(stimuli.map((stimulus) => (stimulus.category === category ? 1 : 0)));
      const predicted = features.transpose().mmul(normal.solve(features.mmul(isIn)));
      addScaled(out, standardised(isIn.sub(predicted).to1DArray()), 1);
    }
    for (const [name, weight] of Object.entries(weights)) {
      const score = standardScore(stimuli, name as keyof Stimulus['features']);
      addScaled(out, standardised(lessCategory(stimuli, score)), weight);
    }
    return out;
  };
}

function standardised(values: ArrayLike<number>): Float64Array {
  const out = Float64Array.from(values);
  const mean = out.reduce((sum, value) => sum + value, 0) / out.length;
  const sd = Math.sqrt(out.reduce((sum, value) => sum + (value - mean) ** 2, 0) / out.length) || 1;
  return out.map((value) => (value - mean) / sd);
}

/** Participants of each concept: fixed counts, drawn members. */
function drawHolders(
  recipes: readonly ConceptRecipe[],
  nParticipants: number,
  minParticipants: number,
  stream: RandomStream,
): number[][] {
  const sorted = (list: ArrayLike<number>) => Array.from(list).sort((a, b) => a - b);
  const draw = (name: string, count: number) =>
    sorted(
      stream
        .child(name)
        .permutation(nParticipants)
        .subarray(0, Math.max(0, Math.min(nParticipants, count))),
    );
  const ofOne = recipes.filter((recipe) => recipe.holders === 'one');
  const turns = new Map<ConceptRecipe, number[]>();
  for (const source of ['meaning', 'feature'] as const) {
    const group = ofOne.filter((recipe) => recipe.source === source);
    const order = stream.child(`one ${source}`).permutation(group.length);
    // A concept of single participants goes round at most twice (or less, where two would already be shared).
    const rounds = Math.min(2, minParticipants);
    for (let p = 0; p < Math.min(nParticipants, rounds * group.length); p++) {
      const recipe = group[order[p % group.length]!]!;
      turns.set(recipe, [...(turns.get(recipe) ?? []), p]);
    }
  }
  return recipes.map((recipe) => {
    if (recipe.holders === 'one') return turns.get(recipe) ?? [];
    if (recipe.holders === 'enough') return draw(recipe.name, minParticipants + 1);
    if (recipe.holders === 'tooFew') return draw(recipe.name, minParticipants);
    return draw(recipe.name, Math.max(minParticipants + 1, nParticipants + recipe.holders));
  });
}

function addScaled(out: Float64Array, x: ArrayLike<number>, factor: number): void {
  for (let d = 0; d < out.length; d++) out[d]! += factor * x[d]!;
}

function toUnit(x: Float64Array): Float64Array {
  let sum = 0;
  for (const value of x) sum += value * value;
  const length = Math.sqrt(sum) || 1;
  return x.map((value) => value / length);
}
