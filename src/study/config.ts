import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ValidateFunction } from 'ajv';
import { FileError, FormatError, isSharedConceptsError } from '../util/errors.js';
import { explainSchemaError } from '../util/explainSchemaError.js';
import { studySchema } from './schema.js';

/** Where a study's data come from. */
export type StudySource =
  | { kind: 'finger7t'; from?: string[] }
  | {
      kind: 'phantom';
      size: 'tiny' | 'small' | 'workshop' | 'paper';
      /** Further options of makePhantom, JSON. */
      options?: Record<string, unknown>;
    }
  | { kind: 'nsd'; from: string[]; options?: Record<string, unknown> }
  /** One's own data: betas.npy, trials.tsv, embeddings.npy in the folder `from`, or in the study folder itself. */
  | { kind: 'folder'; from?: string[] };

/** How betas are scaled before anything else sees them. */
export interface PrepareConfig {
  /** `zscore` (population sd + 1e-7), `center`, or `none`; within each group of trials. */
  scale: 'zscore' | 'centre' | 'none';
  /** Trial columns whose combinations are the groups: `["session"]`. */
  within: string[];
  /** Which trials the scaling is fitted on: all of the group (as the authors) or its training trials only. */
  fit: 'all' | 'train';
  /** Voxels are kept where the noise ceiling (%) is above this; null keeps every voxel. */
  noiseCeilingAbove: number | null;
}

/** How decoders are trained; the names and defaults of `fitDecoder`. */
export interface DecodeConfig {
  /** Independent trainings, seeds 1 … runs (one seed decides start, order and noise). */
  runs: number;
  steps: number;
  batch: number;
  learningRate: number;
  temperature: number;
  noiseSd: number;
  initScale: number;
  /** Cross-validation: leave out each value of this trial column in turn; null scores the split column instead. */
  foldsBy: string | null;
  /** Ridge penalties to choose from. */
  alphas: number[];
  /** The k of top-k accuracy. */
  topK: number[];
  /** Permutations behind the p-values of retrieval. */
  permutations: number;
}

/** One clustering of the voxels of all participants. */
export interface ClusterConfig {
  vectors: 'weights' | 'patterns' | 'tuning';
  eps: number;
  minParticipants: number;
  border: 'nearest' | 'last';
  weighting: 'voxels' | 'participants';
  /** Clusters of fewer voxels become noise; 1 keeps all. */
  minSize: number;
}

/** The clusters of every eps, beside the one that was chosen; the names and defaults of `conceptHierarchy`. */
export interface HierarchyConfig {
  /** Core voxels of a branch. */
  minSize: number;
  /** Selected branches have at least this persistence. */
  minPersistence: number;
}

/** What each clustering is tried against; what is expensive is off by default. */
export interface SignificanceConfig {
  /** Null draws (permuted stimulus labels) for each clustering of tuning: one pass over the betas a draw. 0: none. */
  draws: number;
  /** Null draws for each clustering of weights or patterns: every participant's decoders trained anew a draw. 0: none. */
  decoderDraws: number;
}

/** In what repeats of the analysis clusters are looked for again. */
export interface StabilityConfig {
  /** Without each participant in turn; from three participants on. */
  participants: boolean;
  /** In single reruns of the decoders, at most this many and where `decode.runs` is above 1. */
  reruns: number;
}

/** How concepts are read. */
export interface ConceptsConfig {
  /** Stimuli listed on each side of each concept. */
  top: number;
  /** Random placements, permutations and random sets behind the p-values of regions, extent, responses and features. */
  permutations: number;
  /** Pairs of concepts to tell apart, at most: those that share most of their most associated pictures. 0: none. */
  pairs: number;
  /** Columns of stimuli.tsv that are features of the pictures; null measures the pictures, where the study has them. */
  features: string[] | null;
}

/** `study.json`: everything that decides a study's results, beside the source's own files. */
export interface StudyConfig {
  name: string;
  source: StudySource;
  /** Master seed of every random stream. */
  seed: number;
  /** Folder names: sub-01, sub-02, …; their order is the order of participants everywhere. */
  participants: string[];
  prepare: PrepareConfig;
  decode: DecodeConfig;
  cluster: ClusterConfig[];
  hierarchy: HierarchyConfig;
  significance: SignificanceConfig;
  stability: StabilityConfig;
  /** Whether each clustering is set beside other methods: within participants, pooled, k-means, components. */
  comparisons: boolean;
  concepts: ConceptsConfig;
}

let validate: ValidateFunction | undefined;

/**
 * Checks the content of a study.json against the published schema (`study.schema.json`) and fills in defaults.
 *
 * @param value parsed JSON; not changed
 * @param path named in errors
 * @throws FormatError with the place, the value and what is allowed, for the first thing that is wrong
 */
export async function checkStudyConfig(value: unknown, path = 'study.json'): Promise<StudyConfig> {
  if (!validate) {
    const { Ajv } = await import('ajv');
    validate = new Ajv({ useDefaults: true, allErrors: false, verbose: true }).compile(studySchema);
  }
  const config = structuredClone(value);
  if (!validate(config))
    throw new FormatError(path, explainSchemaError(validate.errors![0]!), 'see study.schema.json');
  const study = config as StudyConfig;
  const enough = Math.min(...study.cluster.map((each) => study.participants.length - each.minParticipants));
  if (enough < 1) {
    const most = study.participants.length - 1;
    throw new FormatError(
      path,
      `cluster.minParticipants counts other participants and must be at most ${most} with ${study.participants.length} participants`,
      'lower it or add participants',
    );
  }
  return study;
}

/** Reads and checks `study.json` of a study folder. */
export async function readStudyConfig(folder: string): Promise<StudyConfig> {
  const path = join(folder, 'study.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new FileError(path, 'is missing', `make a study folder first: sdc init SOURCE ${folder}`, cause);
  }
  try {
    return await checkStudyConfig(JSON.parse(text), path);
  } catch (cause) {
    if (isSharedConceptsError(cause)) throw cause;
    throw new FormatError(path, `is not JSON (${(cause as Error).message})`, 'mend the syntax', cause);
  }
}
