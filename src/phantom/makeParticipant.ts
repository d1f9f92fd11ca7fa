import type { Trials } from '../prepare/types.js';
import { type Matrix, matrix, rowOf } from '../util/array.js';
import type { RandomStream } from '../util/random.js';
import { type Cortex, makeCortex, type PlacedRegion, regionAt } from './cortex.js';
import { participantName } from './drawTrials.js';
import { type NoiseRecipe, nNear, type ResponseModel, respond } from './respond.js';
import type { SizeRecipe } from './sizes.js';
import type { PhantomParticipant, PlantedConcept } from './types.js';
import { makeVoxelGrid, type VoxelGrid } from './voxelGrid.js';

/** Share of single-trial variance that tuning explains at the centre of a patch, before the participant's factor. */
const centreSignal = 0.38;

/** Noise sources of a participant's two hemispheres. */
const nSources = 120;

/** Random tuning directions that a participant's voxels mix into their concept's. */
const nOwnDirections = 32;

/** Weights of the participant's and of the voxel's own direction beside the concept's 1. */
const ownWeights = [0.05, 0.2];

interface ParticipantPlan {
  readonly index: number;
  readonly recipe: SizeRecipe;
  /** Unit embeddings minus their mean, nStimuli × nDims. */
  readonly centred: Matrix;
  readonly trials: Trials;
  readonly concepts: { readonly concepts: readonly PlantedConcept[]; readonly directions: Matrix };
  readonly signalScale: number;
  readonly noise: NoiseRecipe;
  readonly common: RandomStream;
  readonly stream: RandomStream;
}

/** Makes one participant: cortex, voxels, trials, planted labels, and the source of the betas. */
export function makeParticipant(plan: ParticipantPlan): {
  participant: PhantomParticipant;
  labels: Int32Array;
} {
  const { index, recipe, stream, trials } = plan;
  const cortexOf = (side: 'left' | 'right') =>
    makeCortex(side, recipe.surfaceLevel, plan.common.child(side), stream.child(`cortex ${side}`));
  const cortices = { left: cortexOf('left'), right: cortexOf('right') };
  const grid = makeVoxelGrid(cortices, recipe.voxelMm, recipe.depthsMm);
  const labels = labelVoxels(grid, cortices, index, plan.concepts.concepts);
  const tuning = tuneVoxels(plan, grid, cortices, labels);
  const model: ResponseModel = {
    trials,
    ...tuning,
    ...noiseSources(grid, stream.child('sources')),
    noise: plan.noise,
  };
  const participant: PhantomParticipant = {
    name: participantName(index),
    trials,
    voxels: grid.voxels,
    volume: grid.volume,
    surfaces: cortices,
    betas: respond(model, stream.child('betas')),
    signal: tuning.tuned,
  };
  return { participant, labels };
}

/** Planted concept of each voxel: that of its region, where this participant has one there. */
function labelVoxels(
  grid: VoxelGrid,
  cortices: { left: Cortex; right: Cortex },
  index: number,
  concepts: readonly PlantedConcept[],
): Int32Array {
  const owned = concepts.map((concept) => concept.participants.includes(index));
  return Int32Array.from(grid.region, (region, v) => {
    const hemisphere = grid.voxels.hemisphere![v] as 'left' | 'right';
    const name = cortices[hemisphere].placed[region]?.name;
    return concepts.findIndex(
      (concept, c) =>
        owned[c] &&
        name !== undefined &&
        concept.regions.includes(name) &&
        concept.hemispheres.includes(hemisphere),
    );
  });
}

/**
 * Tuning of each voxel: in a patch √signal along its concept's direction (with a little of the participant's and
 * of its own), strongest in the middle; elsewhere nothing, or a reliable response that no embedding explains.
 */
function tuneVoxels(
  plan: ParticipantPlan,
  grid: VoxelGrid,
  cortices: { left: Cortex; right: Cortex },
  labels: Int32Array,
) {
  const { centred, concepts, stream } = plan;
  const nVoxels = labels.length;
  const nConcepts = concepts.concepts.length;
  const directions = ownDirections(centred, stream.child('directions'));
  const projections = matrix(centred.shape[0], nConcepts + nOwnDirections);
  for (let row = 0; row < centred.shape[0]; row++) {
    const y = rowOf(centred, row);
    for (let c = 0; c < nConcepts + nOwnDirections; c++) {
      const direction = c < nConcepts ? rowOf(concepts.directions, c) : rowOf(directions, c - nConcepts);
      let sum = 0;
      for (let d = 0; d < y.length; d++) sum += y[d]! * direction[d]!;
      projections.data[row * projections.shape[1] + c] = sum;
    }
  }
  standardiseColumns(projections);
  const columns = new Int32Array(3 * nVoxels);
  const weights = new Float32Array(3 * nVoxels);
  const tuned = new Float32Array(nVoxels);
  const unexplained = new Float32Array(nVoxels);
  const factor = 0.8 + 0.4 * stream.child('quality').uniform();
  const draw = stream.child('tuning');
  const ownOfConcept = Int32Array.from({ length: nConcepts }, () => draw.integer(nOwnDirections));
  for (let v = 0; v < nVoxels; v++) {
    const [spread, reliable, share, ownOfVoxel] = [
      draw.normal(),
      draw.uniform(),
      draw.uniform(),
      draw.integer(nOwnDirections),
    ];
    const concept = labels[v]!;
    if (concept < 0) {
      unexplained[v] = reliable < 0.2 ? 0.05 + 0.15 * share : 0;
      continue;
    }
    const placed: readonly PlacedRegion[] = cortices[grid.voxels.hemisphere![v] as 'left' | 'right'].placed;
    const position = grid.onSphere.subarray(3 * v, 3 * v + 3);
    const { distance } = regionAt(placed, position[0]!, position[1]!, position[2]!);
    const signal =
      plan.signalScale * factor * centreSignal * (1 - 0.5 * distance * distance) * Math.exp(0.2 * spread);
    tuned[v] = Math.min(0.7, signal);
    unexplained[v] = 0.15 * tuned[v]!;
    columns.set([concept, nConcepts + ownOfConcept[concept]!, nConcepts + ownOfVoxel], 3 * v);
    setWeights(weights.subarray(3 * v, 3 * v + 3), columns.subarray(3 * v, 3 * v + 3), projections);
  }
  return { projections, columns, weights, tuned, unexplained };
}

/** Weights 1 and {@link ownWeights} of three standardised columns, scaled so that their sum has variance 1. */
function setWeights(out: Float32Array, columns: Int32Array, projections: Matrix): void {
  const [nRows, nColumns] = projections.shape;
  const raw = [1, ...ownWeights];
  let variance = 0;
  for (let row = 0; row < nRows; row++) {
    let sum = 0;
    for (let k = 0; k < 3; k++) sum += raw[k]! * projections.data[row * nColumns + columns[k]!]!;
    variance += (sum * sum) / nRows;
  }
  out.set(raw.map((weight) => weight / Math.sqrt(variance)));
}

/** Directions from the mean embedding to random pictures: as varied as the embeddings themselves. */
function ownDirections(centred: Matrix, stream: RandomStream): Matrix {
  const out = matrix(nOwnDirections, centred.shape[1]);
  const rows = stream.permutation(centred.shape[0]);
  for (let i = 0; i < nOwnDirections; i++) rowOf(out, i).set(rowOf(centred, rows[i]!));
  return out;
}

function standardiseColumns(m: Matrix): void {
  const [nRows, nColumns] = m.shape;
  for (let c = 0; c < nColumns; c++) {
    let [sum, squares] = [0, 0];
    for (let i = c; i < m.data.length; i += nColumns) {
      sum += m.data[i]!;
      squares += m.data[i]! ** 2;
    }
    const mean = sum / nRows;
    const sd = Math.sqrt(squares / nRows - mean * mean);
    for (let i = c; i < m.data.length; i += nColumns) m.data[i] = (m.data[i]! - mean) / sd;
  }
}

/** Sources of spatially correlated noise: random points of the imaged cortex, each voxel hears its nearest. */
function noiseSources(grid: VoxelGrid, stream: RandomStream) {
  const { nVoxels, hemisphere } = grid.voxels;
  const at = (v: number) => grid.onSphere.subarray(3 * v, 3 * v + 3);
  const sources = stream.permutation(nVoxels).subarray(0, nSources);
  const near = new Int32Array(nVoxels * nNear);
  const nearWeights = new Float32Array(nVoxels * nNear);
  for (let v = 0; v < nVoxels; v++) {
    const ranked = Array.from(sources, (source, s) => {
      const [p, q] = [at(v), at(source)];
      const cosine =
        hemisphere![v] === hemisphere![source] ? p[0]! * q[0]! + p[1]! * q[1]! + p[2]! * q[2]! : -1;
      return { s, angle: Math.acos(Math.max(-1, Math.min(1, cosine))) };
    }).sort((a, b) => a.angle - b.angle);
    const weights = ranked.slice(0, nNear).map(({ angle }) => Math.exp(-0.5 * (angle / 0.15) ** 2));
    const length = Math.hypot(...weights) || 1;
    weights.forEach((weight, k) => {
      near[nNear * v + k] = ranked[k]!.s;
      nearWeights[nNear * v + k] = weight / length;
    });
  }
  return { near, nearWeights, nSources: Math.min(nSources, nVoxels) };
}
