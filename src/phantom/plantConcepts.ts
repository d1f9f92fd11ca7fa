import type { Matrix } from '../util/array.js';
import { matrix, rowOf } from '../util/array.js';
import type { RandomStream } from '../util/random.js';
import { type ConceptRecipe, conceptRecipes } from './conceptList.js';
import { standardScore } from './standardScore.js';
import type { PlantedConcept, Stimulus } from './types.js';

/**
 * Chooses the directions of the planted concepts and who has them.
 *
 * A category's direction is the mean of its pictures' unit embeddings minus the mean of all; a feature's is
 * Σ (f − mean of f in the picture's category) y, what is left of the feature when category is known. Either has
 * length 1, sums are normalised again. As bent: Σ d, with Σ the covariance of the unit embeddings, which is what
 * the covariance of a voxel tuned to d with the embeddings tends to.
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
    directions.push(directionOf(recipe, stimuli, centred));
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

function directionOf(recipe: ConceptRecipe, stimuli: readonly Stimulus[], centred: Matrix): Float64Array {
  const out = new Float64Array(centred.shape[1]);
  if (recipe.category !== undefined) {
    addScaled(
      out,
      weightedMean(centred, (row) => (stimuli[row]!.category === recipe.category ? 1 : 0)),
      1,
    );
  }
  for (const [name, weight] of Object.entries(recipe.features ?? {})) {
    const scores = standardScore(stimuli, name as keyof Stimulus['features']);
    const byCategory = new Map<string, number[]>();
    stimuli.forEach(({ category }, row) => {
      byCategory.set(category, [...(byCategory.get(category) ?? []), scores[row]!]);
    });
    const means = new Map(
      [...byCategory].map(([key, list]) => [key, list.reduce((a, b) => a + b, 0) / list.length]),
    );
    addScaled(
      out,
      weightedMean(centred, (row) => scores[row]! - means.get(stimuli[row]!.category)!),
      weight!,
    );
  }
  return toUnit(out);
}

function weightedMean(centred: Matrix, weightOf: (row: number) => number): Float64Array {
  const out = new Float64Array(centred.shape[1]);
  for (let row = 0; row < centred.shape[0]; row++) {
    const weight = weightOf(row);
    if (weight !== 0) addScaled(out, rowOf(centred, row), weight);
  }
  return toUnit(out);
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
