import { clusterVectors } from '../cluster/clusterVectors.js';
import { InputError, type Matrix, rowOf } from '../util/index.js';

/** Options of {@link conceptVectors}. */
export interface ConceptVectorOptions {
  /**
   * Who weighs the same in the pooled vector: every voxel (`voxels`, so that participants with more voxels weigh
   * more), or every participant that has voxels in the concept (`participants`). Default `voxels`.
   */
  weighting?: 'voxels' | 'participants';
  /** Number of concepts; default the largest label + 1. */
  nConcepts?: number;
}

/** Concept vectors, and what they are means of. */
export interface ConceptVectors {
  /** Pooled over participants, nConcepts × nDims, unit length. */
  readonly pooled: Matrix;
  /** One matrix a participant, nConcepts × nDims, unit length; all NaN where the participant has no voxel. */
  readonly byParticipant: readonly Matrix[];
  /** Labelled voxels, nConcepts × nParticipants. */
  readonly counts: readonly (readonly number[])[];
}

/**
 * The direction of each concept in the embedding space: the mean of the unit vectors of the voxels that carry
 * its label, scaled to unit length; pooled and within each participant.
 *
 * c_k = m_k / ‖m_k‖, m_k = Σ_{v: label(v) = k} w_v / ‖w_v‖ (with `weighting: 'participants'`, the sum of
 * the participants' own c_k). Voxels labelled −1 are left out. Float64 sums in the order of the
 * voxels: the same input gives the same bytes.
 *
 * @param vectors one matrix a participant, nVoxels × nDims
 * @param labels one array a participant: the concept of each voxel, −1 for none
 * @throws InputError if sizes disagree, a labelled voxel's vector is zero or not finite, or a concept has no voxel
 * @example
 * const { pooled, byParticipant } = conceptVectors(patterns, clusters.labels);
 */
export function conceptVectors(
  vectors: readonly Matrix[],
  labels: readonly Int32Array[],
  options: ConceptVectorOptions = {},
): ConceptVectors {
  if (vectors.length !== labels.length || vectors.length === 0) {
    throw new InputError(
      'number of label arrays',
      labels.length,
      `${vectors.length}, one a participant, at least 1`,
    );
  }
  const largest = labels.reduce((most, own) => own.reduce((a, b) => Math.max(a, b), most), -1);
  const nConcepts = options.nConcepts ?? largest + 1;
  const perParticipant = vectors.map((own, p) =>
    countLabels(own, labels[p]!, nConcepts, vectors[0]!.shape[1], p),
  );
  const counts = Array.from({ length: nConcepts }, (_, k) => perParticipant.map((own) => own[k]!));
  const empty = counts.findIndex((own) => own.every((count) => count === 0));
  if (empty >= 0) {
    throw new InputError(
      `voxels of concept ${empty}`,
      0,
      'at least 1',
      'number concepts from 0 without gaps',
    );
  }
  return {
    pooled: clusterVectors(vectors, labels, nConcepts, options.weighting),
    byParticipant: vectors.map((own, p) => {
      const found = clusterVectors([own], [labels[p]!], nConcepts);
      for (let k = 0; k < nConcepts; k++) if (counts[k]![p] === 0) rowOf(found, k).fill(Number.NaN);
      return found;
    }),
    counts,
  };
}

/** Voxels of each concept, after a check of their vectors. */
function countLabels(vectors: Matrix, labels: Int32Array, nConcepts: number, nDims: number, p: number) {
  const [nVoxels, own] = vectors.shape;
  if (own !== nDims) throw new InputError(`nDims of participant ${p}`, own, `${nDims}, as of participant 0`);
  if (labels.length !== nVoxels) {
    throw new InputError(`labels of participant ${p}`, labels.length, `${nVoxels} values, one a voxel`);
  }
  const count = new Int32Array(nConcepts);
  for (let v = 0; v < nVoxels; v++) {
    const k = labels[v]!;
    if (k < 0) continue;
    if (k >= nConcepts)
      throw new InputError(`label of voxel ${v} of participant ${p}`, k, `below ${nConcepts}`);
    const squared = rowOf(vectors, v).reduce((sum, value) => sum + value * value, 0);
    if (!(squared > 0 && squared < Infinity)) {
      throw new InputError(
        `length of vector ${v} of participant ${p}`,
        Math.sqrt(squared),
        'positive and finite',
      );
    }
    count[k]!++;
  }
  return count;
}
