import {
  type Clusters,
  type ConceptHierarchy,
  type CoreCurves,
  clusterConcepts,
  conceptHierarchy,
  coreCurves,
  nearestByParticipant,
} from '../cluster/index.js';
import {
  conceptCard,
  dissociateConcepts,
  labelConcept,
  rankImages,
  regionOverlap,
} from '../concepts/index.js';
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

/** What the gallery draws: a phantom analysed from betas to concepts, in small. */
export interface GalleryResults {
  phantom: Phantom;
  pictures: Uint8Array[];
  participants: string[];
  voxels: VoxelTable[];
  ceilings: Float32Array[];
  retrieval: RetrievalCurve[];
  nCandidates: number;
  training: TrainingCurve[];
  clusters: Clusters;
  hierarchy: ConceptHierarchy;
  cores: CoreCurves;
  rankings: Awaited<ReturnType<typeof rankImages>>;
  words: Awaited<ReturnType<typeof labelConcept>>;
  regions: Awaited<ReturnType<typeof regionOverlap>>;
  dissociation?: Awaited<ReturnType<typeof dissociateConcepts>>;
  cards: ReturnType<typeof conceptCard>[];
  /** Voxel vectors of each participant, nVoxels × nDims. */
  vectors: Matrix[];
}

const steps = 400;

/** Runs the method on a small phantom: some minutes on two cores. Nothing here is new; it is the public functions in a row. */
export async function galleryResults(
  options: WorkOptions & { threads?: number } = {},
): Promise<GalleryResults> {
  const { signal, onProgress, threads } = options;
  const work = { signal, threads };
  const phantom = await makePhantom({ size: 'small', seed: 0 });
  const { embeddings, words, stimuli } = phantom;
  const voxels: VoxelTable[] = [];
  const ceilings: Float32Array[] = [];
  const vectors: Matrix[] = [];
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
    const fit = await fitDecoder(data, { ...work, steps, initScale: 0.02, seed: 1 });
    const ridge = await fitRidge(data, { alphas: [10_000] });
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
  }
  onProgress?.({ label: 'gallery: concepts', done: 0 });
  const clusters = await clusterConcepts(vectors, { eps: 0.3, minParticipants: 3 });
  const nearest = await nearestByParticipant(vectors);
  const hierarchy = await conceptHierarchy(vectors, { minParticipants: 3, maxEps: 0.5, nearest });
  const eps = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5];
  const minParticipants = [2, 3, 5];
  const cores = coreCurves(nearest, eps, minParticipants);
  const participants = phantom.participants.map(({ name }) => name);
  const rankings = await rankImages(clusters.vectors, embeddings, { top: 12 });
  const labels = await labelConcept(clusters.vectors, words, { top: 12 });
  const regions = await regionOverlap(
    clusters.labels.map((own, p) => ({ participant: participants[p]!, voxels: voxels[p]!, labels: own })),
    { nPermutations: 200, systems: ['visual', 'floc'], signal },
  );
  const features = Object.fromEntries(
    Object.keys(stimuli[0]!.features).map((name) => [
      name,
      Float32Array.from(stimuli, (stimulus) => stimulus.features[name as keyof typeof stimulus.features]),
    ]),
  );
  const row = (c: number) =>
    clusters.vectors.data.slice(c * embeddings.shape[1], (c + 1) * embeddings.shape[1]);
  const dissociation =
    clusters.nClusters > 1 ? await dissociateConcepts(row(0), row(1), embeddings, { features }) : undefined;
  const cards = Array.from({ length: clusters.nClusters }, (_, concept) => {
    const own = Array.from(
      clusters.counts.data.subarray(concept * participants.length, (concept + 1) * participants.length),
    );
    return conceptCard({ concept, counts: own, participants, images: rankings, words: labels, regions });
  });
  const source = await loadPictures();
  const pictures = stimuli.map((_, s) => new TextEncoder().encode(source.svg(s)));
  return {
    ...{ phantom, pictures, participants, voxels, ceilings, retrieval, nCandidates, training, clusters },
    cores,
    ...{ rankings, words: labels, regions, dissociation, cards, vectors, hierarchy },
  };
}
