import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type StudyConfig, studyPaths, type UnitCost } from '../study/index.js';

/** Sizes of a study's participants, as far as they are known before anything has run. */
export interface StudySizes {
  nTrials: number;
  nVoxels: number;
  nDims: number;
  nStimuli: number;
}

/** What participants of each source have at most; NSD's as in the paper (subj01: 17,883 voxels above the ceiling). */
const expected: Record<string, StudySizes> = {
  finger7t: { nTrials: 40, nVoxels: 1946, nDims: 4, nStimuli: 5 },
  'phantom small': { nTrials: 6000, nVoxels: 1000, nDims: 512, nStimuli: 2000 },
  'phantom workshop': { nTrials: 9000, nVoxels: 3000, nDims: 512, nStimuli: 2000 },
  'phantom paper': { nTrials: 30_000, nVoxels: 18_000, nDims: 512, nStimuli: 11_360 },
  nsd: { nTrials: 27_750, nVoxels: 18_000, nDims: 512, nStimuli: 73_000 },
  folder: { nTrials: 10_000, nVoxels: 10_000, nDims: 512, nStimuli: 10_000 },
};

/** Sizes from the study's own files where they are there already, else those the source is known for. */
export function studySizes(folder: string, config: StudyConfig): StudySizes {
  const { source, participants } = config;
  const root = source.kind === 'folder' ? (source.from?.[0] ?? folder) : folder;
  const sizes = { ...expected[source.kind === 'phantom' ? `phantom ${source.size}` : source.kind]! };
  const shapes = participants
    .map((name) => npyShape(join(root, studyPaths.betas(name))))
    .filter((shape) => shape?.length === 2);
  if (shapes.length) {
    sizes.nTrials = Math.max(...shapes.map((shape) => shape![0]!));
    sizes.nVoxels = Math.max(...shapes.map((shape) => shape![1]!));
  }
  const embeddings = npyShape(join(root, studyPaths.embeddings));
  if (embeddings?.length === 2) [sizes.nStimuli, sizes.nDims] = embeddings as [number, number];
  return sizes;
}

/** Operations and bytes an ordinary core gets through in a second. */
const flops = 2e10;
/** Operations of the training step, which gets more out of a core: 4.5e10 measured at 15,000 voxels. */
const trainingFlops = 4e10;
const bytes = 4e9;
/** Memory of Node and the libraries themselves. */
const base = 400 * 2 ** 20;

/** What each kind of unit costs; estimates for planning, on the generous side. */
export function unitCosts(
  { nTrials, nVoxels, nDims, nStimuli }: StudySizes,
  { decode, participants, significance, stability }: StudyConfig,
) {
  const betas = Math.min(4 * nTrials * nVoxels, 2 ** 31);
  const weights = 4 * nVoxels * nDims;
  const step = (4 * decode.batch * nVoxels * nDims) / trainingFlops + (7 * weights) / bytes;
  const n = nVoxels * participants.length;
  const pairs = n ** 2 * nDims;
  // Vectors and their codes, and what the work over all pairs keeps for each voxel and participant.
  const pool = n * (5 * nDims + 48 * participants.length + 56);
  const cost = (memoryBytes: number, cpuSeconds: number, maxThreads: number): UnitCost => ({
    memoryBytes: Math.ceil(base + memoryBytes),
    cpuSeconds: 1 + cpuSeconds,
    maxThreads,
  });
  const small = Math.min(nTrials, nVoxels);
  const ridge = (small ** 2 * Math.max(nTrials, nVoxels) + 10 * small ** 3) / flops;
  const folds = decode.foldsBy === null ? 0 : 10;
  return {
    prepare: cost(3 * betas, (12 * nTrials * nVoxels) / bytes, 1),
    run: cost(betas + 5 * weights, decode.steps * step, 8),
    mean: cost(4 * weights, (3 * decode.runs * weights) / bytes, 1),
    vectors: cost(betas + 4 * weights, (4 * nTrials * nVoxels * nDims) / flops, 2),
    metrics: cost(
      2 * betas + 4 * weights + 24 * small ** 2,
      folds * decode.steps * step + (1 + folds) * ridge,
      8,
    ),
    cluster: cost(pool, pairs / flops, 64),
    hierarchy: cost(pool, (2 * pairs) / flops, 64),
    stability: cost(2 * pool, ((1 + participants.length + stability.reruns) * pairs) / flops, 64),
    nullDraw: cost(betas + 5 * weights, decode.runs * decode.steps * step, 8),
    significance: ({ vectors }: { vectors: string }) =>
      vectors === 'tuning'
        ? cost(
            participants.length * betas + 2 * pool,
            (significance.draws * (4 * pairs + 4 * participants.length * nTrials * nVoxels * nDims)) / flops,
            64,
          )
        : cost(2 * pool, (significance.decoderDraws * 4 * pairs) / flops, 64),
    comparisons: cost(16 * n * nDims, (4 * pairs + 2000 * n * nDims + 2 * n * nDims ** 2) / flops, 64),
    concepts: cost(8 * nStimuli * nDims, (nStimuli * nDims) / 1e8, 1),
    report: cost(2 ** 28, 10, 1),
  };
}

export type UnitCosts = ReturnType<typeof unitCosts>;

/** Shape in the header of an npy file; undefined if there is none. */
function npyShape(path: string): number[] | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const head = Buffer.alloc(256);
    readSync(file, head, 0, head.length, 0);
    const found = /'shape':\s*\(([^)]*)\)/.exec(head.toString('latin1'));
    return found?.[1]
      ?.split(',')
      .filter((text) => text.trim())
      .map(Number);
  } finally {
    closeSync(file);
  }
}
