import type { Affine } from '../data/index.js';
import { FormatError, InputError } from '../util/errors.js';
import { nsdRegions, readVolume } from './nsdRois.js';
import { nsdSessionShape } from './nsdSession.js';
import type { NsdParticipantPlan } from './planNsd.js';

/** The volume that a participant's betas fill. */
export interface NsdVolume {
  dims: readonly [number, number, number];
  affine: Affine;
  affineFrom: string;
}

/** Holds each session's file against its trials, and all of them against one another. */
export async function checkSessions({ files, sessions, trials }: NsdParticipantPlan): Promise<NsdVolume> {
  let volume: { dims: readonly [number, number, number]; affine?: Affine } | undefined;
  for (const file of sessions) {
    const shape = await nsdSessionShape(file);
    const nExpected = trials.session.filter((session) => session === file.session).length;
    if (shape.nTrials !== nExpected) {
      const problem = `holds ${shape.nTrials} trials; responses.tsv has ${nExpected} of session ${file.session}`;
      throw new FormatError(file.path, problem, 'fetch both again');
    }
    volume ??= shape;
    if (shape.dims.some((length, axis) => length !== volume!.dims[axis])) {
      throw new FormatError(
        file.path,
        `is ${shape.dims.join(' × ')}; the sessions before are ${volume.dims.join(' × ')}`,
      );
    }
  }
  const { dims, affine } = volume!;
  if (affine) return { dims, affine, affineFrom: 'the betas’ own NIfTI header' };
  for (const path of [files.brainMask, files.ncsnr, ...files.rois.values()]) {
    if (path)
      return {
        dims,
        affine: (await readVolume(path, dims)).affine,
        affineFrom: path.split('/').slice(-2).join('/'),
      };
  }
  const sizeMm = 1.8;
  const shift = dims.map((length) => (-sizeMm * (length - 1)) / 2);
  return {
    dims,
    affine: [sizeMm, 0, 0, shift[0]!, 0, sizeMm, 0, shift[1]!, 0, 0, sizeMm, shift[2]!, 0, 0, 0, 1],
    affineFrom: 'no NIfTI volume was there: 1.8 mm, centred, as NSD’s own volumes',
  };
}

/** Positions of the voxels to consider, ascending. */
export async function maskOf(
  { files }: NsdParticipantPlan,
  dims: NsdVolume['dims'],
  where: string | readonly string[],
): Promise<Int32Array> {
  const nVolume = dims[0] * dims[1] * dims[2];
  const mask = new Uint8Array(nVolume);
  for (const name of [where].flat()) {
    if (name === 'volume') mask.fill(1);
    else if (name === 'brain') {
      if (!files.brainMask) throw new InputError('mask', name, '"volume": brainmask.nii.gz is not there');
      (await readVolume(files.brainMask, dims)).data.forEach((value, voxel) => {
        if (value > 0) mask[voxel] = 1;
      });
    } else {
      const [system, region] = name.split(':') as [string, string | undefined];
      const all = Int32Array.from({ length: nVolume }, (_, voxel) => voxel);
      const one = new Map([...files.rois].filter(([key]) => key.replace(/^[lr]h\./, '') === system));
      if (one.size === 0)
        throw new InputError('mask', name, `volume, brain, or one of ${[...files.rois.keys()].join(', ')}`);
      const regions = (await nsdRegions({ ...files, rois: one }, all, dims)).rois[system]!;
      const known = new Set(regions.filter(Boolean));
      if (region && !known.has(region))
        throw new InputError('mask', name, `a region of ${system}: ${[...known].join(', ')}`);
      regions.forEach((value, voxel) => {
        if (region ? value === region : value !== '') mask[voxel] = 1;
      });
    }
  }
  return Int32Array.from(mask.keys()).filter((voxel) => mask[voxel] === 1);
}
