import type { ConceptCard } from '../concepts/index.js';
import { readColumns } from '../data/index.js';
import { type Block, featureDissociation, imageGallery } from '../plot/index.js';
import { type ClusterConfig, studyPaths } from '../study/index.js';
import { rowsOfColumns } from './rankedRows.js';
import type { StudyPictures } from './studyPictures.js';

type Row = Record<string, string | number>;

/** Each pair of concepts about the same pictures: by which features and on which pictures they differ. */
export async function dissociationBlocks(
  cluster: ClusterConfig,
  cards: readonly ConceptCard[],
  pictures: StudyPictures | undefined,
  input: (path: string) => string,
): Promise<Block[]> {
  const folder = studyPaths.concepts(cluster);
  const read = async (name: string) => rowsOfColumns(await readColumns(input(`${folder}/${name}`)));
  const [pairs, tests, disagreement, words] = await Promise.all(
    ['pairs.tsv', 'dissociation.tsv', 'disagreement.tsv', 'difference-words.tsv'].map(read),
  );
  return pairs!.flatMap((pair): Block[] => {
    const { first, second } = pair;
    const own = (rows: Row[]) => rows.filter((row) => row['first'] === first && row['second'] === second);
    const nameOf = (concept: string | number | undefined) => cards[Number(concept)]!.name;
    const names = { first: nameOf(first), second: nameOf(second) };
    const features = own(tests!);
    const shared = Math.round(100 * Number(pair['shared']));
    const wordsOf = (side: string) =>
      own(words!)
        .filter((row) => row['side'] === side)
        .slice(0, 8)
        .map((row) => row['word'])
        .join(', ');
    return [
      { heading: `“${names.first}” and “${names.second}”: one concept or two?` },
      `Concepts ${first} and ${second} share ${shared} % of their most associated pictures; their vectors have a cosine of ${Number(pair['cosine']).toFixed(2)}. What tells them apart are the pictures on which they disagree.`,
      ...(words!.length
        ? [`Words of the difference: ${wordsOf('first')}; against ${wordsOf('second')}.`]
        : []),
      ...(features.length
        ? [
            differenceText(features),
            { figure: featureDissociation(features, names) },
            featureTable(features, names),
          ]
        : []),
      ...(pictures ? [{ gallery: galleryOf(own(disagreement!), pictures, names) }] : []),
    ];
  });
}

/** The features that go with the difference of the two, after correction. */
function differenceText(features: readonly Row[]): string {
  const told = features
    .filter((row) => row['target'] === 'difference' && Number(row['pCorrected']) < 0.05)
    .sort((a, b) => Math.abs(Number(b['partial'])) - Math.abs(Number(a['partial'])))
    .map((row) => row['feature']);
  return told.length
    ? `Features that go with their difference, the others held constant (p < 0.05, corrected): ${told.join(', ')}.`
    : 'No measured feature goes with their difference (p < 0.05, corrected).';
}

function featureTable(features: readonly Row[], names: { first: string; second: string }): Block {
  const find = (target: string, feature: unknown) =>
    features.find((row) => row['target'] === target && row['feature'] === feature);
  const table = [...new Set(features.map((row) => row['feature']))].map((feature) => ({
    ...{ feature, [`partial, ${names.first}`]: find('first', feature)?.['partial'] },
    ...{ [`partial, ${names.second}`]: find('second', feature)?.['partial'] },
    'p corrected, difference': find('difference', feature)?.['pCorrected'],
  }));
  return {
    details: 'Partial correlations and corrected p-values',
    blocks: [{ table, caption: 'Partial correlations of ranks, the other features held constant' }],
  };
}

function galleryOf(
  rows: readonly Row[],
  { bytes, names }: StudyPictures,
  concepts: { first: string; second: string },
) {
  return imageGallery([...rows], (stimulus) => bytes[stimulus], {
    ...{ top: 12, nameOf: (stimulus: number) => names[stimulus]! },
    headings: {
      first: `For “${concepts.first}”, against “${concepts.second}”`,
      second: `For “${concepts.second}”, against “${concepts.first}”`,
    },
  });
}
