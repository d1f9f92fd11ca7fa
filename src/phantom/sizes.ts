import type { PhantomSize } from './types.js';

/** How large a phantom is. */
export interface SizeRecipe {
  /** Splits of the icosahedron for each hemisphere's surface. */
  readonly surfaceLevel: number;
  /** Edge of a voxel, mm. */
  readonly voxelMm: number;
  /** Depths under the surface at which the ribbon is sampled into voxels, mm. */
  readonly depthsMm: readonly number[];
  readonly trialsPerSession: number;
  readonly runsPerSession: number;
  /** Sessions of a participant who came to all. */
  readonly sessions: number;
  /** Images of each picture: more than one where more images are needed than there are pictures. */
  readonly versions: number;
  /** Images shown three times each to a participant who came to all sessions. */
  readonly images: number;
  /** Of these, images that all participants see. */
  readonly sharedImages: number;
  /** Images held out for testing and for validation. */
  readonly testImages: number;
  readonly validationImages: number;
}

export const sizes: Readonly<Record<PhantomSize, SizeRecipe>> = {
  tiny: {
    surfaceLevel: 4,
    voxelMm: 7,
    depthsMm: [0],
    trialsPerSession: 300,
    runsPerSession: 6,
    sessions: 8,
    versions: 1,
    images: 800,
    sharedImages: 200,
    testImages: 50,
    validationImages: 50,
  },
  small: {
    surfaceLevel: 4,
    voxelMm: 6,
    depthsMm: [0],
    trialsPerSession: 300,
    runsPerSession: 6,
    sessions: 14,
    versions: 1,
    images: 1400,
    sharedImages: 400,
    testImages: 100,
    validationImages: 100,
  },
  workshop: {
    surfaceLevel: 5,
    voxelMm: 3,
    depthsMm: [0, 1.5],
    trialsPerSession: 420,
    runsPerSession: 12,
    sessions: 20,
    versions: 1,
    images: 1400,
    sharedImages: 400,
    testImages: 150,
    validationImages: 150,
  },
  paper: {
    surfaceLevel: 6,
    voxelMm: 1.8,
    depthsMm: [0, 0.8, 1.6, 2.4],
    trialsPerSession: 750,
    runsPerSession: 12,
    sessions: 40,
    versions: 8,
    images: 10_000,
    sharedImages: 1000,
    testImages: 1000,
    validationImages: 1000,
  },
};

/** Share of the sessions that each of NSD's eight participants came to, repeated for more. */
export const attendance = [1, 1, 0.8, 0.75, 1, 0.8, 1, 0.75];
