// The demo's analysis in memory, for the recovery curves and their tests: z-score, selection, decoder, vectors, clusters,
// planted against found. The library is an argument, so that scripts use the build and tests the source.

/** The training of the demo, as `sdc init phantom` writes it. */
export const training = { steps: 40, batchSize: 512, learningRate: 1e-3, initScale: 0.02 };

/** The default radius of each kind of vector. */
export const radius = { patterns: 0.2, tuning: 0.12, weights: 0.6 };

/**
 * Analyses a phantom as the demo does and scores it.
 *
 * @param library the package, `dist/index.js` or `src/index.ts`
 * @param phantom what `makePhantom` returned
 * @returns for each kind the recovery score, the clusters found, and the planted and analysed voxels
 */
export async function recover(library, phantom, { kinds = ['patterns'], eps = radius, threads } = {}) {
  const vectors = await analyse(library, phantom, { kinds, threads });
  const result = {};
  for (const kind of kinds)
    result[kind] = await scoreAt(library, phantom, vectors, { kind, eps: eps[kind], threads });
  return result;
}

/** Every step before the clusters: the vectors of each kind and participant, and the planted concept of each voxel. */
export async function analyse(library, phantom, { kinds = ['patterns'], threads } = {}) {
  const { zscoreBetas, selectVoxels, takeColumns, fitDecoder, voxelVectors } = library;
  const vectors = Object.fromEntries(kinds.map((kind) => [kind, []]));
  const planted = [];
  for (const [p, { betas, trials }] of phantom.participants.entries()) {
    const data = (await betas.readRows(0, betas.shape[0])).slice();
    const scaled = await zscoreBetas({ data, shape: [...betas.shape] }, trials, { within: ['session'] });
    const { percent } = await library.noiseCeiling(scaled, trials);
    const kept = selectVoxels(percent, { above: 8 });
    planted.push(Int32Array.from(kept, (v) => phantom.truth.labels[p][v]));
    const rows = Int32Array.from(trials.split.flatMap((split, t) => (split === 'train' ? [t] : [])));
    const { stimulus } = trials;
    const input = { betas: takeColumns(scaled, kept), stimulus, embeddings: phantom.embeddings, rows };
    const seed = library.randomStream(phantom.seed, 'recover', p).uint32();
    const fit = kinds.some((kind) => kind !== 'tuning')
      ? await fitDecoder(input, { ...training, seed, threads })
      : undefined;
    for (const kind of kinds) vectors[kind].push(await voxelVectors(kind, input, fit, { threads }));
  }
  const count = (labels) => labels.reduce((sum, own) => sum + own.filter((c) => c >= 0).length, 0);
  return { vectors, planted, nPlanted: count(phantom.truth.labels), nAnalysed: count(planted) };
}

/** Clusters one kind of the vectors at one radius and scores what is found. */
export async function scoreAt(library, phantom, analysed, { kind, eps, threads }) {
  const { vectors, planted, nPlanted, nAnalysed } = analysed;
  const clusters = await library.clusterConcepts(vectors[kind], {
    ...{ eps, minParticipants: phantom.truth.minParticipants, threads },
  });
  const score = library.scoreRecovery(phantom.truth, clusters, { planted, vectors: kind });
  return { score, nClusters: clusters.nClusters, nPlanted, nAnalysed };
}

/** `{ shared, found, others, falseClusters, recall, ari }` of one recovery score. */
export function summary({ planted, falseClusters, ari }) {
  const shared = planted.filter((concept) => concept.shared);
  return {
    shared: shared.length,
    found: shared.filter(({ found }) => found).length,
    others: planted.filter((concept) => !concept.shared && concept.found).length,
    falseClusters,
    recall: shared.reduce((sum, { recall }) => sum + (recall ?? 0), 0) / shared.length,
    ari,
  };
}
