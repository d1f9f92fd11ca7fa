import {
  clusterCounts,
  conceptMap,
  conceptScores,
  condensedTree,
  coreCounts,
  embeddingMap,
  type Figure,
  featureDissociation,
  glassBrain,
  lossCurves,
  negationFigure,
  noiseCeilingHistogram,
  nullSizes,
  pictureMosaic,
  placeVectors,
  recoveryFigure,
  regionHeatmap,
  retrievalCurves,
  similarityMatrix,
  surfaceMap,
  valueMap,
  volumeSlices,
  wordBars,
} from '../../src/plot/index.js';
import { matrix, ndarray } from '../../src/util/array.js';
import { randomStream } from '../../src/util/random.js';
import { ellipsoids, where } from './ellipsoids.js';

/** One small figure of every kind, by the name of its builder. */
export async function everyFigure(): Promise<Record<string, Figure>> {
  const random = randomStream(1, 'figures');
  const geometry = ellipsoids();
  const layers = [-70, -55].map((y, i) => ({
    name: `sub-0${i + 1}`,
    mask: {
      left: where(geometry.left!, (_, v) => v < y),
      right: where(geometry.right!, (_, v, z) => v < y && z > 0),
    },
    nVoxels: 120 + i,
  }));
  const k = [1, 5, 10];
  const ints = (...rows: number[][]) => ndarray(Int32Array.from(rows.flat()), [rows.length, rows[0]!.length]);
  const vectors = matrix(30, 6, random.normals(new Float32Array(180)));
  const svg = new TextEncoder().encode(
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9" fill="#a52"/></svg>',
  );
  const xyzMm = Float32Array.from({ length: 300 }, (_, i) => 30 * random.normal() - (i % 3 === 1 ? 15 : 0));
  const shape = [20, 30, 25] as const;
  const affine = [-4, 0, 0, 38, 0, 4, 0, -74, 0, 0, 4, -34, 0, 0, 0, 1];
  const ijk = Int32Array.from({ length: 90 }, (_, i) => 5 + random.integer(i % 3 === 1 ? 20 : 14));
  return {
    retrievalCurves: retrievalCurves(
      ['contrastive', 'ridge'].flatMap((decoder) =>
        layers.map(({ name }) => ({
          ...{
            participant: name,
            decoder,
            k,
            accuracy: [0.2, 0.5, 0.7],
            low: [0.1, 0.4, 0.6],
            high: [0.3, 0.6, 0.8],
          },
        })),
      ),
      { nCandidates: 100 },
    ),
    lossCurves: lossCurves(
      [{ participant: 'sub-01', step: [0, 1, 2], loss: [4, 3, 2], similarity: [0, 0.2, 0.4] }],
      { chanceLoss: 4.8 },
    ),
    noiseCeilingHistogram: noiseCeilingHistogram([{ participant: 'sub-01', percent: [1, 2, 9, 20] }], {
      threshold: 8,
    }),
    coreCounts: coreCounts(
      {
        eps: [0.1, 0.2],
        minParticipants: [2, 3],
        core: ints([1, 5], [0, 3]),
        nClusters: ints([1, 2], [0, 1]),
      },
      { eps: 0.2, minParticipants: 3 },
    ),
    clusterCounts: clusterCounts(
      { counts: ints([5, 3], [2, 1]) },
      { names: ['a concept with a rather long name', 'b'] },
    ),
    similarityMatrix: similarityMatrix(matrix(2, 2, Float32Array.of(1, 0.3, 0.3, 1))),
    conceptScores: conceptScores(matrix(2, 3, Float32Array.of(1, 0.3, 0.3, 1, -0.5, 0))),
    condensedTree: condensedTree([
      { parent: -1, epsTop: 0.7, epsBottom: 0.4, size: 900 },
      { parent: 0, epsTop: 0.4, epsBottom: 0.1, size: 400, selected: true, name: 'food', persistence: 0.3 },
      { parent: 0, epsTop: 0.4, epsBottom: 0.2, size: 300, selected: true, name: 'faces', persistence: 0.2 },
    ]),
    wordBars: wordBars([
      { word: 'cake', score: 0.3, side: 'most' },
      { word: 'bus', score: -0.2, side: 'least' },
    ]),
    regionHeatmap: regionHeatmap([
      { concept: 0, region: 'FFA', share: 0.5 },
      { concept: 1, region: 'V1', share: 0.2 },
    ]),
    featureDissociation: featureDissociation([
      { target: 'first', feature: 'redness', r: 0.5, pCorrected: 0.01 },
      { target: 'second', feature: 'redness', r: -0.1, pCorrected: 0.4 },
    ]),
    negationFigure: negationFigure(
      (['most', 'least'] as const).map((side, i) => ({
        ...{ concept: 0, side, mean: 0.5 - i, low: 0.3 - i, high: 0.8 - i, baseline: 0.1 },
        verdict: i ? 'below' : 'not different',
      })),
      { names: ['food & drink'] },
    ),
    nullSizes: nullSizes({ sizes: [120, 30], nullSize: Array.from({ length: 39 }, (_, k) => k) }),
    recoveryFigure: recoveryFigure({
      planted: [{ name: 'food', shared: true, found: true, cosine: 0.9, precision: 1, recall: 0.8 }],
    }),
    embeddingMap: embeddingMap(await placeVectors(vectors), [
      { name: 'pictures', rows: Array.from({ length: 28 }, (_, i) => i), pictures: Array(28).fill(svg) },
      { name: 'concepts', rows: [28, 29], labels: ['food', 'faces'], landmarks: true },
    ]),
    conceptMap: conceptMap(layers, geometry, {
      title: 'Flat',
      analysed: { left: where(geometry.left!, (_, y) => y < 0) },
    }),
    conceptViews: conceptMap(layers, geometry, { title: 'Views', view: 'inflated' }),
    conceptTiles: conceptMap(layers, geometry, { title: 'Tiles', sideBySide: true }),
    valueMap: valueMap(
      {
        left: Float32Array.from(
          where(geometry.left!, () => true),
          (_, v) => v / 100,
        ),
      },
      geometry,
      { title: 'Values' },
    ),
    surfaceMap: surfaceMap(layers, geometry, { title: 'To turn' }),
    volumeSlices: volumeSlices([{ name: 'sub-01', ijk }], { shape, affine }, { title: 'Slices' }),
    volumeMosaic: volumeSlices(
      [{ name: 'sub-01', ijk }],
      { shape, affine, analysed: ijk },
      { title: 'Mosaic', layout: 'mosaic' },
    ),
    glassBrain: glassBrain([{ name: 'sub-01', xyzMm }], { geometry, title: 'Glass' }),
    pictureMosaic: pictureMosaic([svg], { left: new Int32Array(1200) }, geometry, { title: 'Pictures' }),
  };
}
