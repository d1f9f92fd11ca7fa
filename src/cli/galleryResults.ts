import {
  fitDecoder,
  fitRidge,
  predictEmbeddings,
  retrievalAccuracy,
  type TrainingData,
  voxelVectors,
} from '../decode/index.js';
import { loadPictures, makePhantom, type Phantom } from '../phantom/index.js';
import type { RetrievalCurve, TrainingCurve } from '../plot/index.js';
import {
  noiseCeiling,
  selectVoxels,
  takeColumns,
  takeVoxels,
  type VoxelTable,
  zscoreBetas,
} from '../prepare/index.js';
import { type Matrix, matrix, type WorkOptions } from '../util/index.js';
import { type GalleryConcepts, type GalleryPerson, galleryConcepts } from './galleryConcepts.js';

/** What the gallery draws: a phantom analysed from betas to concepts, in small. */
export interface GalleryResults extends GalleryConcepts {
  phantom: Phantom;
  pictures: Uint8Array[];
  participants: string[];
  voxels: VoxelTable[];
  ceilings: Float32Array[];
  retrieval: RetrievalCurve[];
  nCandidates: number;
  training: TrainingCurve[];
  /** Voxel vectors of each participant, nVoxels × nDims. */
  vectors: Matrix[];
}

/** As `sdc demo` trains: docs/phantom.md says why. */
const short = { steps: 40, batchSize: 512, learningRate: 1e-3, initScale: 0.02 };

/** Runs the method on a small phantom: some minutes on two cores. Nothing here is new; it is the public functions in a row. */
export async function galleryResults(
  options: WorkOptions & { threads?: number } = {},
): Promise<GalleryResults> {
  const { signal, onProgress, threads } = options;
  const work = { signal, threads };
  const phantom = await makePhantom({ size: 'small', seed: 0 });
  const { embeddings, stimuli } = phantom;
  const voxels: VoxelTable[] = [];
  const ceilings: Float32Array[] = [];
  const vectors: Matrix[] = [];
  const people: GalleryPerson[] = [];
  const retrieval: RetrievalCurve[] = [];
  const training: TrainingCurve[] = [];
  let nCandidates = 0;
  for (const [p, own] of phantom.participants.entries()) {
    onProgress?.({ label: `gallery: decoding ${own.name}`, done: p, total: phantom.participants.length });
    const [nTrials, nAll] = own.betas.shape;
    const betas = zscoreBetas(matrix(nTrials, nAll, await own.betas.readRows(0, nTrials)), own.trials);
    const ceiling = noiseCeiling(betas, own.trials).percent;
    const chosen = selectVoxels(ceiling, { above: 8 });
    ceilings.push(ceiling);
    voxels.push(takeVoxels(own.voxels, chosen));
    const rowsOf = (split: string) =>
      Int32Array.from(own.trials.split.keys()).filter((row) => own.trials.split[row] === split);
    const data: TrainingData = {
      ...{ betas: takeColumns(betas, chosen), stimulus: own.trials.stimulus, embeddings },
      rows: rowsOf('train'),
    };
    const fit = await fitDecoder(data, { ...work, ...short, seed: 1 });
    const ridge = await fitRidge(data, { validationRows: rowsOf('validation') });
    training.push({
      participant: own.name,
      ...{ step: Int32Array.from(fit.loss.keys()), loss: fit.loss, similarity: fit.similarity },
    });
    const test = rowsOf('test');
    for (const [decoder, model] of [
      ['contrastive', fit],
      ['ridge', ridge],
    ] as const) {
      const predictions = await predictEmbeddings(model, data.betas, test);
      const stimulus = test.map((row) => own.trials.stimulus[row]!);
      const found = await retrievalAccuracy(
        { predictions, stimulus, embeddings },
        { bootstrap: 200, permutations: 0 },
      );
      nCandidates = found.nCandidates;
      retrieval.push({
        ...{ participant: own.name, decoder, k: found.topK.map(({ k }) => k) },
        accuracy: found.topK.map(({ accuracy }) => accuracy),
        low: found.topK.map(({ interval }) => interval[0]),
        high: found.topK.map(({ interval }) => interval[1]),
      });
    }
    vectors.push(await voxelVectors('patterns', data, fit));
    people.push({ ...data, betas: data.betas as Matrix, trials: own.trials, test });
  }
  onProgress?.({ label: 'gallery: concepts', done: 0 });
  const participants = phantom.participants.map(({ name }) => name);
  const concepts = await galleryConcepts({ phantom, participants, people, voxels, vectors, signal });
  const source = await loadPictures();
  const pictures = stimuli.map((_, s) => new TextEncoder().encode(source.svg(s)));
  return {
    ...{ phantom, pictures, participants, voxels, ceilings, retrieval, nCandidates, training, vectors },
    ...concepts,
  };
}
