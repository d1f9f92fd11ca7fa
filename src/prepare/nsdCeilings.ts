import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readNpy, writeNpy } from '../data/index.js';
import { type Matrix, matrix } from '../util/array.js';
import { FormatError, InputError, throwIfAborted } from '../util/errors.js';
import { NoiseSums, type RepeatedImages, repeatedImages } from './noiseCeiling.js';
import { scaledSession } from './nsdSession.js';
import type { NsdParticipantPlan } from './planNsd.js';
import type { PrepareNsdOptions } from './prepareNsd.js';

/** The noise ceiling of the candidates, as many at a time as fit in memory. */
export async function ceilingsOf(
  { sessions, trials, name }: NsdParticipantPlan,
  candidates: Int32Array,
  options: PrepareNsdOptions,
) {
  const { memoryBytes = 4e9, noiseCeilingAbove = 8, ceiling = 'training', scratch } = options;
  const out = {
    percent: new Float32Array(candidates.length),
    ncsnr: new Float32Array(candidates.length),
    constant: new Uint8Array(candidates.length),
    ...{ nImages: 0, sweeps: 0 },
  };
  let images: RepeatedImages | undefined;
  try {
    images = repeatedImages(trials);
  } catch (error) {
    // Without repetitions there is no ceiling; that matters only if it is to select.
    if (noiseCeilingAbove !== null && ceiling === 'training') throw error;
  }
  out.nImages = images?.nImages ?? 0;
  const mostTrials = Math.max(
    ...sessions.map(({ session }) => trials.session.filter((s) => s === session).length),
  );
  // Per voxel: a float32 a repeated image, a session read and the same z-scored, and some sums.
  const bytesPerVoxel = 4 * out.nImages + 8 * mostTrials + 64;
  const nAtOnce = Math.floor(memoryBytes / bytesPerVoxel);
  if (nAtOnce < 1)
    throw new InputError('memoryBytes', memoryBytes, `at least ${bytesPerVoxel}, what one voxel needs`);
  out.sweeps = Math.ceil(candidates.length / nAtOnce);
  const perSweep = Math.ceil(candidates.length / out.sweeps);
  for (let sweep = 0; sweep < out.sweeps; sweep++) {
    const start = sweep * perSweep;
    const voxels = candidates.subarray(start, start + perSweep);
    const kept = scratch && join(scratch, `ceiling-${sweep + 1}-of-${out.sweeps}.npy`);
    let rows: Matrix;
    if (kept && existsSync(kept)) rows = (await readNpy(kept)) as Matrix;
    else {
      const sums = images && new NoiseSums(images, voxels.length);
      const varies = new Uint8Array(voxels.length);
      for (const [index, file] of sessions.entries()) {
        throwIfAborted(options.signal, `the noise ceiling of ${name}`);
        const label = `noise ceiling of ${name}: part ${sweep + 1} of ${out.sweeps}, session ${file.session}`;
        options.onProgress?.({
          label,
          done: sweep * sessions.length + index,
          total: out.sweeps * sessions.length,
        });
        const silent = { ...options, onProgress: undefined };
        const { rows: trialRows, betas } = await scaledSession(trials, file, voxels, silent, 'zscore');
        trialRows.forEach((trial, row) => {
          if (trials.split[trial] !== 'train') return;
          const response = betas.data.subarray(row * voxels.length, (row + 1) * voxels.length);
          for (let v = 0; v < voxels.length; v++) if (response[v] !== 0) varies[v] = 1;
          const image = images?.imageOf[trial] ?? -1;
          if (image >= 0) sums!.add(image, response);
        });
      }
      rows = matrix(3, voxels.length);
      const found = sums?.finish();
      if (found) rows.data.set(found.percent);
      if (found) rows.data.set(found.ncsnr, voxels.length);
      rows.data.set(
        varies.map((value) => 1 - value),
        2 * voxels.length,
      );
      if (kept) await writeNpy(kept, rows);
    }
    out.percent.set(rows.data.subarray(0, voxels.length), start);
    out.ncsnr.set(rows.data.subarray(voxels.length, 2 * voxels.length), start);
    out.constant.set(rows.data.subarray(2 * voxels.length), start);
  }
  if (!out.constant.includes(0))
    throw new FormatError(sessions[0]!.path, 'and its like hold no voxel that varies', 'fetch them again');
  return out;
}

/** Our noise ceiling beside the release's, over the voxels where both are above 0. */
export function compareCeilings(own: Float32Array, nsd: Float32Array) {
  const both = Array.from(own.keys()).filter((v) => own[v]! > 0 && nsd[v]! > 0);
  const mean = (of: (v: number) => number) => both.reduce((sum, v) => sum + of(v), 0) / (both.length || 1);
  const [a, b] = [mean((v) => own[v]!), mean((v) => nsd[v]!)];
  const covariance = mean((v) => (own[v]! - a) * (nsd[v]! - b));
  const spread = Math.sqrt(mean((v) => (own[v]! - a) ** 2) * mean((v) => (nsd[v]! - b) ** 2));
  const differences = both.map((v) => own[v]! - nsd[v]!).sort((x, y) => x - y);
  return {
    nVoxels: both.length,
    correlation: both.length > 1 ? covariance / spread : Number.NaN,
    medianDifferencePercent: differences[differences.length >> 1] ?? Number.NaN,
  };
}
