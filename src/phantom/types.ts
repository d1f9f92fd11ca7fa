import type { Affine } from '../data/affine.js';
import type { Surface, SurfaceLabels } from '../data/surface.js';
import type { Trials, VoxelTable } from '../prepare/types.js';
import type { Matrix, RowSource } from '../util/array.js';
import type { PictureFeatures } from './measurePicture.js';

/** One picture of the phantom: an emoji. */
export interface Stimulus {
  /** File name of the picture: `0042.svg`; of its further images at size `paper`, `0042-2.svg`. */
  readonly file: string;
  /** What it shows: `red apple`. */
  readonly name: string;
  /** Coarse category: `food`. */
  readonly category: string;
  /** Unicode subgroup: `food-fruit`. */
  readonly subcategory: string;
  readonly keywords: readonly string[];
  /** The emoji's code points, lower case, joined with "-". */
  readonly hexcode: string;
  readonly features: PictureFeatures;
}

/** A vocabulary with vectors in the stimuli's embedding space. */
export interface Words {
  readonly names: readonly string[];
  /** nWords × nDims. */
  readonly embeddings: Matrix;
}

/** What a planted concept is, and who has it. */
export interface PlantedConcept {
  readonly name: string;
  /**
   * `shared`: in more than `minParticipants` participants, must be found; `rare`: in too few; `private`: in one.
   */
  readonly kind: 'shared' | 'rare' | 'private';
  /** Whether it is defined by meaning or by a measured picture feature. */
  readonly source: 'meaning' | 'feature';
  /** Whether a correct analysis must find it. */
  readonly shared: boolean;
  /** Indices of the participants that have it. */
  readonly participants: readonly number[];
  /** Regions (floc column of `voxels.tsv`) where its patches lie. */
  readonly regions: readonly string[];
  readonly hemispheres: readonly ('left' | 'right')[];
  /** A word that its label should contain. */
  readonly word: string;
}

/** What was planted: the answer every analysis of the phantom is scored against. */
export interface PlantedTruth {
  readonly minParticipants: number;
  readonly concepts: readonly PlantedConcept[];
  /** nConcepts × nDims: unit planted directions d. */
  readonly directions: Matrix;
  /** nConcepts × nDims: unit directions Σ d, as bent by the covariance Σ of the embeddings. */
  readonly bent: Matrix;
  /** Per participant: planted concept of each voxel of the whole volume, −1 for none. */
  readonly labels: readonly Int32Array[];
}

/** The cortex of one hemisphere: every surface has the same vertices and faces. */
export interface PhantomHemisphere {
  readonly pial: Surface;
  readonly inflated: Surface;
  readonly sphere: Surface;
  /** z = 0; faces that cross the medial wall are left out, its vertices are at the rim. */
  readonly flat: Surface;
  /** Mean curvature's sign and size, positive in sulci. */
  readonly curvature: Float32Array;
  /** 1 where the vertex is cortex, 0 on the medial wall. */
  readonly cortex: Uint8Array;
  /** Regions of each system: `visual`, `floc`, `streams`. */
  readonly regions: Readonly<Record<string, SurfaceLabels>>;
}

/** Both hemispheres of one cortex. */
export interface PhantomSurfaces {
  readonly left: PhantomHemisphere;
  readonly right: PhantomHemisphere;
}

/** One made-up participant: who saw what, what was measured, and where. */
export interface PhantomParticipant {
  /** `sub-01`. */
  readonly name: string;
  readonly trials: Trials;
  readonly voxels: VoxelTable;
  /** Shape of the volume (first axis first) and its affine, voxel indices to millimetres, 4 × 4 in C order. */
  readonly volume: { readonly shape: readonly [number, number, number]; readonly affine: Affine };
  readonly surfaces: PhantomSurfaces;
  /** Percent signal change, quantised as NSD's int16 betas (1/300); made in blocks as they are read. */
  readonly betas: RowSource;
  /** Share of each voxel's single-trial variance that the embeddings explain. */
  readonly signal: Float32Array;
}

/** A synthetic study: see {@link makePhantom}. */
export interface Phantom {
  readonly size: PhantomSize;
  readonly seed: number;
  readonly stimuli: readonly Stimulus[];
  /** nStimuli × nDims, unnormalised as CLIP's. */
  readonly embeddings: Matrix;
  readonly words: Words;
  readonly participants: readonly PhantomParticipant[];
  /** The template's cortex: its vertices correspond to every participant's. */
  readonly surfaces: PhantomSurfaces;
  readonly truth: PlantedTruth;
}

/** How large a phantom is: for tests, the demo, a workshop, or of the size of NSD. */
export type PhantomSize = 'tiny' | 'small' | 'workshop' | 'paper';
