import {
  type Clusters,
  type ConceptHierarchy,
  type CoreCurves,
  clusterConcepts,
  clusterSignificance,
  clusterTable,
  clusterVoxels,
  conceptHierarchy,
  coreCurves,
  nearestByParticipant,
  nullTuning,
} from '../cluster/index.js';
import {
  conceptCard,
  dissociateConcepts,
  labelConcept,
  measureConcepts,
  type NegationRow,
  negationTests,
  rankImages,
  regionOverlap,
} from '../concepts/index.js';
import { type TrainingData, voxelVectors } from '../decode/index.js';
import { cosineSimilarities } from '../embed/index.js';
import { type Phantom, plantedLabels, type RecoveryScore, scoreRecovery } from '../phantom/index.js';
import type { NullSizes } from '../plot/index.js';
import type { Trials, VoxelTable } from '../prepare/index.js';
import { type Matrix, rowOf } from '../util/index.js';

/** One participant's data as the concepts need them. */
export interface GalleryPerson extends TrainingData {
  betas: Matrix;
  trials: Trials;
  /** Test trials. */
  test: Int32Array;
}

/** What the gallery draws of clusters and concepts. */
export interface GalleryConcepts {
  clusters: Clusters;
  hierarchy: ConceptHierarchy;
  cores: CoreCurves;
  recovery: RecoveryScore;
  /** Clusters of tuning against permuted stimuli. */
  significance: NullSizes;
  rankings: Awaited<ReturnType<typeof rankImages>>;
  words: Awaited<ReturnType<typeof labelConcept>>;
  regions: Awaited<ReturnType<typeof regionOverlap>>;
  negations: NegationRow[];
  dissociation?: Awaited<ReturnType<typeof dissociateConcepts>>;
  cards: ReturnType<typeof conceptCard>[];
}

interface Given {
  phantom: Phantom;
  participants: string[];
  people: GalleryPerson[];
  voxels: VoxelTable[];
  vectors: Matrix[];
  signal?: AbortSignal;
}

/** From voxel vectors to concepts: the public functions in a row. */
export async function galleryConcepts(given: Given): Promise<GalleryConcepts> {
  const { phantom, participants, people, voxels, vectors, signal } = given;
  const { embeddings, words, stimuli, truth } = phantom;
  const nearest = await nearestByParticipant(vectors, { signal });
  const clusters = await clusterConcepts(vectors, { eps: 0.2, minParticipants: 3, nearest });
  const hierarchy = await conceptHierarchy(vectors, { minParticipants: 3, maxEps: 0.5, nearest });
  const cores = coreCurves(nearest, [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5], [2, 3, 5]);
  const planted = voxels.map((own, p) => plantedLabels(phantom, p, own));
  const rankings = await rankImages(clusters.vectors, embeddings, { top: 12 });
  const labels = await labelConcept(clusters.vectors, words, { top: 12 });
  const located = clusters.labels.map((own, p) => ({
    participant: participants[p]!,
    voxels: voxels[p]!,
    labels: own,
  }));
  const regions = await regionOverlap(located, { nPermutations: 200, systems: ['visual', 'floc'], signal });
  const measured = await measureConcepts(
    people.map(({ betas, trials, test }, p) => ({ betas, trials, labels: clusters.labels[p]!, rows: test })),
    clusters.nClusters,
  );
  const scores = await cosineSimilarities(clusters.vectors, embeddings);
  type Feature = keyof (typeof stimuli)[number]['features'];
  const valuesOf = (name: string) => Float32Array.from(stimuli, ({ features }) => features[name as Feature]);
  const features = Object.fromEntries(
    Object.keys(stimuli[0]!.features).map((name) => [name, valuesOf(name)]),
  );
  const row = (concept: number) => rowOf(clusters.vectors, concept) as Float32Array;
  const cards = Array.from({ length: clusters.nClusters }, (_, concept) => {
    const counts = clusters.labels.map((own) => clusterVoxels(own, concept).length);
    return conceptCard({ concept, counts, participants, images: rankings, words: labels, regions });
  });
  return {
    ...{ clusters, hierarchy, cores, rankings, words: labels, regions, cards },
    recovery: scoreRecovery(truth, clusters, { planted }),
    significance: await tuningAgainstChance(people, participants, signal),
    negations: negationTests(measured, scores, { top: 15 }),
    dissociation:
      clusters.nClusters > 1 ? await dissociateConcepts(row(0), row(1), embeddings, { features }) : undefined,
  };
}

async function tuningAgainstChance(
  people: readonly GalleryPerson[],
  participants: readonly string[],
  signal?: AbortSignal,
): Promise<NullSizes> {
  const vectors: Matrix[] = [];
  for (const own of people) vectors.push(await voxelVectors('tuning', own));
  const clusters = await clusterConcepts(vectors, { eps: 0.12, minParticipants: 3, minSize: 10 });
  const { nullSize } = await clusterSignificance(clusters, nullTuning(people), { nDraws: 19, signal });
  return { sizes: clusterTable(clusters, participants)['size']!, nullSize };
}
