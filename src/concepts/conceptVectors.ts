import { InputError, type Matrix, matrix, rowOf } from '../util/index.js';

export interface ConceptVectorOptions {
  /**
   * Who weighs the same in the pooled vector: every voxel (`voxels`, so that participants with more voxels weigh
   * more), or every participant that has voxels in the concept (`participants`). Default `voxels`.
   */
  weighting?: 'voxels' | 'participants';
  /** Number of concepts; default the largest label + 1. */
  nConcepts?: number;
}

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
 * the participants' own c_k). Voxels labelled −1 are left out; labelled voxels without direction (all zero or not
 * finite) are an error. Float64 sums in the order of the voxels: the same input gives the same bytes.
 *
 * @param vectors one matrix a participant, nVoxels × nDims
 * @param labels one array a participant: the concept of each voxel, −1 for none
 * @throws InputError if sizes disagree, a concept has no voxel, or its unit vectors cancel
 * @example
 * const { pooled } = conceptVectors(patterns, clusters.labels);
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
  const nDims = vectors[0]!.shape[1];
  const nConcepts =
    options.nConcepts ?? 1 + labels.reduce((most, own) => own.reduce((a, b) => Math.max(a, b), most), -1);
  const sums = vectors.map((own, p) => sumUnitVectors(own, labels[p]!, nConcepts, nDims, p));
  const byParticipant = sums.map(({ sum, count }) => unitOrNaN(sum, count, nDims));
  const counts = Array.from({ length: nConcepts }, (_, k) => sums.map(({ count }) => count[k]!));
  const total = new Float64Array(nConcepts * nDims);
  const parts =
    options.weighting === 'participants' ? byParticipant.map((own) => own.data) : sums.map(({ sum }) => sum);
  for (const [p, part] of parts.entries()) {
    for (let k = 0; k < nConcepts; k++) {
      if (counts[k]![p] === 0) continue;
      for (let d = 0; d < nDims; d++) total[k * nDims + d]! += part[k * nDims + d]!;
    }
  }
  for (const [k, own] of counts.entries()) {
    if (own.some((count) => count > 0)) continue;
    throw new InputError(`voxels of concept ${k}`, 0, 'at least 1', 'number concepts from 0 without gaps');
  }
  const nVoxels = counts.map((own) => own.reduce((a, b) => a + b, 0));
  const pooled = unitOrNaN(total, Int32Array.from(nVoxels), nDims);
  for (let k = 0; k < nConcepts; k++) {
    if (pooled.data[k * nDims]! >= -1) continue;
    throw new InputError(
      `mean vector of concept ${k}`,
      0,
      'of positive length',
      'its voxel vectors cancel out',
    );
  }
  return { pooled, byParticipant, counts };
}

function sumUnitVectors(vectors: Matrix, labels: Int32Array, nConcepts: number, nDims: number, p: number) {
  const [nVoxels, own] = vectors.shape;
  if (own !== nDims) throw new InputError(`nDims of participant ${p}`, own, `${nDims}, as of participant 0`);
  if (labels.length !== nVoxels) {
    throw new InputError(`labels of participant ${p}`, labels.length, `${nVoxels} values, one a voxel`);
  }
  const sum = new Float64Array(nConcepts * nDims);
  const count = new Int32Array(nConcepts);
  for (let v = 0; v < nVoxels; v++) {
    const k = labels[v]!;
    if (k < 0) continue;
    if (k >= nConcepts)
      throw new InputError(`label of voxel ${v} of participant ${p}`, k, `below ${nConcepts}`);
    const row = rowOf(vectors, v);
    let squared = 0;
    for (let d = 0; d < nDims; d++) squared += row[d]! * row[d]!;
    if (!(squared > 0 && squared < Infinity)) {
      throw new InputError(
        `length of vector ${v} of participant ${p}`,
        Math.sqrt(squared),
        'positive and finite',
      );
    }
    const scale = 1 / Math.sqrt(squared);
    for (let d = 0; d < nDims; d++) sum[k * nDims + d]! += row[d]! * scale;
    count[k]!++;
  }
  return { sum, count };
}

/** Rows of unit length; NaN where nothing was summed or the sum has no direction. */
function unitOrNaN(sums: Float64Array, counts: Int32Array, nDims: number): Matrix {
  const out = matrix(counts.length, nDims);
  for (let k = 0; k < counts.length; k++) {
    const row = sums.subarray(k * nDims, (k + 1) * nDims);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    const scale = length > 1e-9 * counts[k]! ? 1 / length : Number.NaN;
    for (let d = 0; d < nDims; d++) out.data[k * nDims + d] = row[d]! * scale;
  }
  return out;
}
