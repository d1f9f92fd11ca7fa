import { cosineSimilarities } from '../embed/index.js';
import {
  type Block,
  clusterCounts,
  conceptMap,
  conceptScores,
  condensedTree,
  coreCounts,
  type Explorer,
  embeddingMap,
  type FigureOptions,
  featureDissociation,
  glassBrain,
  hierarchyBranches,
  imageGallery,
  lossCurves,
  type MapGeometry,
  type MapLayer,
  mergeLabels,
  negationFigure,
  noiseCeilingHistogram,
  nullSizes,
  type PlacedVoxels,
  pictureMosaic,
  placeVectors,
  placeVoxels,
  recoveryFigure,
  regionHeatmap,
  retrievalCurves,
  type Section,
  similarityMatrix,
  surfaceMap,
  valueMap,
  volumeSlices,
  wordBars,
} from '../plot/index.js';
import { matrix, rowOf, takeRows } from '../util/index.js';
import type { GalleryResults } from './galleryResults.js';

/** The phantom's own surfaces as maps want them: its first participant's, whose vertices all share. */
export function phantomGeometry({ phantom }: GalleryResults): MapGeometry {
  const { left, right } = phantom.participants[0]!.surfaces;
  const half = ({ flat, inflated, pial, sphere, curvature, regions }: typeof left) => ({
    ...{ flat, inflated, pial, sphere, curvature },
    rois: mergeLabels([regions['floc']!, regions['visual']!]),
  });
  return { left: half(left), right: half(right) };
}

/** Expanded mask of a concept in each participant, on the surface. */
export function conceptLayers(
  results: GalleryResults,
  placed: readonly PlacedVoxels[],
  concept: number,
): MapLayer[] {
  return results.participants.map((name, p) => {
    const mask = results.clusters.expanded[p]!;
    const own = mask.data.subarray(concept * mask.shape[1]!, (concept + 1) * mask.shape[1]!);
    return { name, mask: placed[p]!.mask(own), nVoxels: own.reduce((sum, inside) => sum + inside, 0) };
  });
}

/** Every kind of figure on the phantom's results. */
export async function phantomSections(
  results: GalleryResults,
  options: FigureOptions = {},
): Promise<Section[]> {
  const { clusters, participants, voxels, cards, pictures, phantom } = results;
  const geometry = phantomGeometry(results);
  const placed = voxels.map((own) => placeVoxels(own, geometry));
  const names = cards.map(({ name }) => name);
  const layers = conceptLayers(results, placed, 0);
  const title = names[0] ?? 'no concept';
  // The participant with most voxels of the first concept stands for a single one.
  const sizes = layers.map(({ nVoxels }) => nVoxels ?? 0);
  const one = sizes.indexOf(Math.max(0, ...sizes));
  const { shape, affine } = phantom.participants[one]!.volume;
  const inside = (p: number) => {
    const mask = clusters.expanded[p]!;
    return Array.from(voxels[p]!.ijk!.length ? Array(mask.shape[1]!).keys() : []).filter((v) => mask.data[v]);
  };
  const triples = (from: Int32Array | Float32Array, list: readonly number[]) =>
    list.flatMap((v) => [...from.subarray(3 * v, 3 * v + 3)]);
  const found = clusters.nClusters > 0;
  const maps: Block[] = [
    conceptMap(layers, geometry, {
      ...options,
      title: `“${title}” on the flat cortex`,
      analysed: placed[0]!.analysed,
    }),
    conceptMap(layers, geometry, {
      ...options,
      title: `“${title}” in standard views`,
      view: 'inflated',
      analysed: placed[0]!.analysed,
    }),
    surfaceMap(layers, geometry, { ...options, title: `“${title}”, to turn` }),
    conceptMap(layers, geometry, {
      ...options,
      title: `“${title}” in each participant`,
      sideBySide: true,
      outlines: false,
    }),
    conceptMap(conceptsOf(results, placed, one), geometry, {
      ...options,
      title: `All concepts of ${participants[one]}`,
      analysed: placed[0]!.analysed,
    }),
    valueMap(placed[0]!.values(results.ceilings[0]!.filter((value) => value > 8)), geometry, {
      ...{ ...options, title: `Noise ceiling of ${participants[0]}`, valueName: 'noise ceiling (%)' },
    }),
  ];
  const volumes: Block[] = found
    ? [
        volumeSlices(
          [{ name: participants[one]!, ijk: Int32Array.from(triples(voxels[one]!.ijk!, inside(one))) }],
          { shape, affine, analysed: voxels[one]!.ijk },
          { ...options, title: `“${title}” in the volume of ${participants[one]}` },
        ),
        volumeSlices(
          [{ name: participants[one]!, ijk: Int32Array.from(triples(voxels[one]!.ijk!, inside(one))) }],
          { shape, affine, analysed: voxels[one]!.ijk },
          { ...options, title: 'The same as a mosaic', layout: 'mosaic' },
        ),
        glassBrain(
          participants.map((name, p) => ({
            name,
            xyzMm: Float32Array.from(triples(voxels[p]!.xyzMm!, inside(p))),
          })),
          {
            ...options,
            geometry,
            voxelMm: Math.abs(affine[0]!),
            title: `“${title}” through the glass brain`,
          },
        ),
      ]
    : [];
  const best = await bestPictures(results, placed, 0);
  const mosaic = pictureMosaic(pictures, best, geometry, {
    ...options,
    title: `The picture that each place of ${participants[0]} goes with`,
  });
  return [
    {
      title: 'Decoding',
      blocks: [
        retrievalCurves(results.retrieval, { ...options, nCandidates: results.nCandidates }),
        lossCurves(results.training, { ...options, chanceLoss: Math.log(512) }),
        noiseCeilingHistogram(
          participants.map((participant, p) => ({ participant, percent: results.ceilings[p]! })),
          { ...options, threshold: 8 },
        ),
      ],
    },
    {
      title: 'Clusters',
      blocks: [
        coreCounts(results.cores, {
          ...options,
          eps: clusters.eps,
          minParticipants: clusters.minParticipants,
        }),
        condensedTree(hierarchyBranches(results.hierarchy), options),
        clusterCounts(clusters, { ...options, participants, names }),
        nullSizes(results.significance, options),
        recoveryFigure(results.recovery, options),
        similarityMatrix(await cosineSimilarities(clusters.vectors, clusters.vectors), { ...options, names }),
      ],
    },
    { title: 'Maps', blocks: [...maps, ...volumes, mosaic] },
    {
      title: 'Concepts',
      blocks: [
        wordBars(results.words.table, { ...options, vector: 0, title: `Words of “${title}”` }),
        {
          gallery: imageGallery(results.rankings.table, (s) => pictures[s], {
            vector: 0,
            nameOf: (s) => phantom.stimuli[s]!.name,
          }),
          width: 72,
        },
        regionHeatmap(results.regions.pooled, { ...options, names }),
        ...(results.dissociation?.features
          ? [
              featureDissociation(results.dissociation.features, {
                ...options,
                first: names[0],
                second: names[1],
              }),
            ]
          : []),
        negationFigure(results.negations, { ...options, names }),
        await fewScores(results, names, options),
        await embedding(results, options),
      ],
    },
  ];
}

/** Cosines of all concepts with the two pictures that each is most associated with. */
async function fewScores(results: GalleryResults, concepts: string[], options: FigureOptions) {
  const { phantom, clusters, cards } = results;
  const chosen = [
    ...new Set(cards.flatMap(({ most = [] }) => most.slice(0, 2).map((row) => Number(row['stimulus'])))),
  ];
  const scores = await cosineSimilarities(clusters.vectors, takeRows(phantom.embeddings, chosen));
  return conceptScores(scores, {
    ...options,
    concepts,
    stimuli: chosen.map((s) => phantom.stimuli[s]!.name),
  });
}

/** Concepts of one participant, each in a colour of its own. */
function conceptsOf(results: GalleryResults, placed: readonly PlacedVoxels[], p: number): MapLayer[] {
  const labels = results.clusters.labels[p]!;
  return results.cards.slice(0, 10).map(({ name, concept }) => {
    const own = Uint8Array.from(labels, (label) => (label === concept ? 1 : 0));
    return { name, mask: placed[p]!.mask(own), nVoxels: own.reduce((sum, inside) => sum + inside, 0) };
  });
}

/** The picture whose embedding is nearest to each vertex's voxel vector. */
export async function bestPictures(results: GalleryResults, placed: readonly PlacedVoxels[], p: number) {
  const scores = await cosineSimilarities(results.vectors[p]!, results.phantom.embeddings);
  const best = Int32Array.from({ length: scores.shape[0] }, (_, v) => {
    const row = rowOf(scores, v);
    return row.reduce((most, score, s) => (score > row[most]! ? s : most), 0);
  });
  const onSurface = (voxel?: Int32Array) => voxel && Int32Array.from(voxel, (v) => (v < 0 ? -1 : best[v]!));
  return { left: onSurface(placed[p]!.voxel.left), right: onSurface(placed[p]!.voxel.right) };
}

async function embedding(
  { phantom, pictures, clusters, cards }: GalleryResults,
  options: FigureOptions,
): Promise<Block> {
  const [nStimuli, nDims] = phantom.embeddings.shape;
  const chosen = Array.from({ length: nStimuli }, (_, s) => s).filter((s) => s % 3 === 0);
  const all = matrix(chosen.length + clusters.nClusters, nDims);
  chosen.forEach((s, i) => {
    all.data.set(rowOf(phantom.embeddings, s), i * nDims);
  });
  all.data.set(clusters.vectors.data, chosen.length * nDims);
  const places = await placeVectors(all);
  const categories = [...new Set(phantom.stimuli.map(({ category }) => category))]
    .map((category) => ({
      category,
      rows: chosen.flatMap((s, i) => (phantom.stimuli[s]!.category === category ? [i] : [])),
    }))
    .sort((a, b) => b.rows.length - a.rows.length)
    .slice(0, 7);
  const groups = [
    ...categories.map(({ category, rows }) => ({
      ...{ name: category, rows, labels: rows.map((i) => phantom.stimuli[chosen[i]!]!.name) },
      pictures: rows.map((i) => pictures[chosen[i]!]),
    })),
    {
      ...{ name: 'concepts', landmarks: true, colour: '#CC0033' },
      rows: cards.map((_, c) => chosen.length + c),
      labels: cards.map(({ name }) => name),
    },
  ];
  return embeddingMap(places, groups, options);
}

/** The study as the explorer takes it. */
export async function galleryExplorer(results: GalleryResults): Promise<Explorer> {
  const { clusters, participants, cards, pictures, phantom, rankings } = results;
  const geometry = phantomGeometry(results);
  const placed = results.voxels.map((own) => placeVoxels(own, geometry));
  const rows = rankings.table.objects() as { vector: number; side: string; stimulus: number }[];
  const side = (concept: number, wanted: string) =>
    rows.filter((row) => row.vector === concept && row.side === wanted).map((row) => row.stimulus);
  const best = [];
  for (let p = 0; p < participants.length; p++) best.push(await bestPictures(results, placed, p));
  return {
    title: 'The phantom: shared concepts',
    lead: `${clusters.nClusters} concepts of ${participants.length} participants`,
    ...{ participants, geometry, pictures, best, pictureNames: phantom.stimuli.map(({ name }) => name) },
    analysed: placed[0]!.analysed,
    concepts: cards.map((card, c) => {
      const layers = conceptLayers(results, placed, c);
      return {
        card,
        masks: layers.map(({ mask }) => mask),
        nVoxels: layers.map(({ nVoxels }) => nVoxels!),
        pictures: [
          { heading: 'Most associated', pictures: side(c, 'most') },
          { heading: 'Least associated', pictures: side(c, 'least') },
        ],
      };
    }),
  };
}

/** Maps on fsaverage5: blobs around a point of each hemisphere, to show the surface itself. */
export function fsaverageSections(geometry: MapGeometry, options: FigureOptions = {}): Section[] {
  const blob = (side: 'left' | 'right', centre: readonly number[], radiusMm: number) => {
    const { vertices } = geometry[side]!.pial!;
    return Uint8Array.from({ length: vertices.length / 3 }, (_, v) =>
      Math.hypot(...centre.map((c, axis) => vertices[3 * v + axis]! - c)) < radiusMm ? 1 : 0,
    );
  };
  const layers = [-52, -58, -64].map((y, i) => ({
    name: `${i + 1}`,
    mask: { left: blob('left', [-38, y, -18], 11), right: blob('right', [38, y, -18], 11) },
  }));
  const depth = (side: 'left' | 'right') => geometry[side]!.curvature!;
  return [
    {
      title: 'fsaverage5',
      blocks: [
        'Discs of 11 mm around three points of the fusiform gyrus and the surface’s own curvature: geometry, no data.',
        conceptMap(layers, geometry, { ...options, title: 'Flat' }),
        conceptMap(layers, geometry, { ...options, title: 'Standard views', view: 'inflated' }),
        surfaceMap(layers, geometry, { ...options, title: 'To turn', surface: 'pial', from: 'below' }),
        valueMap({ left: depth('left'), right: depth('right') }, geometry, {
          ...options,
          title: 'Curvature',
          valueName: 'curvature',
        }),
      ],
    },
  ];
}
