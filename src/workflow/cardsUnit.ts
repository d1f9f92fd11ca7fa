import { writeFile } from 'node:fs/promises';
import type { ColumnTable } from 'arquero';
import { readClusters } from '../cluster/index.js';
import {
  type ConceptCard,
  type ConceptPair,
  conceptCard,
  type NegationTest,
  type SideResponse,
} from '../concepts/index.js';
import { readTable } from '../data/index.js';
import { type ClusterConfig, clusterName, type StudyConfig, studyPaths, type Unit } from '../study/index.js';
import { clusterFiles } from './clusterFiles.js';
import { conceptTables } from './conceptTables.js';
import type { ResultTable } from './resultTables.js';
import type { StudyFiles } from './studyFiles.js';

/** The concepts of a clustering, one card each. */
export const cardsFile = (cluster: ClusterConfig) => `${studyPaths.concepts(cluster)}/cards.json`;

type Tables = Partial<Record<ResultTable, ColumnTable>>;
type Row = Readonly<Record<string, string | number | null>>;

/** Gathers what every other unit found of each concept into one record a concept: `cards.json`, a list. */
export function cardsUnit(config: StudyConfig, cluster: ClusterConfig, files: StudyFiles): Unit {
  const folder = studyPaths.concepts(cluster);
  const names = conceptTables(config, cluster, files);
  const { top } = config.concepts;
  return {
    id: `concepts/${clusterName(cluster)}/cards`,
    stage: 'concepts',
    inputs: [...clusterFiles(config, cluster), ...names.map((name) => `${folder}/${name}`)],
    outputs: [cardsFile(cluster)],
    record: `${folder}/cards-record.json`,
    parameters: { top },
    async run({ input, output }) {
      const { counts, nClusters } = await readClusters(input(folder));
      const tables: Tables = {};
      for (const name of names)
        tables[name] = await readTable(input(`${folder}/${name}`), { text: [...textColumns] });
      const { participants } = config;
      const nameOf = (concept: number) => conceptName(concept, tables['words.tsv']);
      const cards = Array.from({ length: nClusters }, (_, concept): ConceptCard => {
        const own = counts.data.subarray(concept * participants.length, (concept + 1) * participants.length);
        return conceptCard({
          ...{ concept, name: nameOf(concept), counts: Array.from(own), participants, top },
          ...rankings(tables),
          negation: negationOf(tables['responses.tsv'], concept),
          apart: pairsOf(tables, concept, nameOf),
          labels: tables['labels.tsv'],
          categories: tables['categories.tsv'],
          captions: tables['caption-words.tsv'],
          values: valuesOf(tables, concept),
        });
      });
      await writeFile(output(cardsFile(cluster)), `${JSON.stringify(cards, null, 1)}\n`);
      return { nConcepts: nClusters };
    },
  };
}

/** Columns that hold words, even where all of them look like numbers. */
const textColumns = ['word', 'name', 'category', 'column', 'feature', 'region', 'system', 'verdict'] as const;

/** The nearest word, or the number. */
function conceptName(concept: number, words?: ColumnTable): string {
  const row = rowsWith(words, { vector: concept, side: 'most' })[0];
  return row ? String(row['word']) : `concept ${concept}`;
}

function rankings(tables: Tables) {
  const { 'images.tsv': images, 'words.tsv': words, 'regions.tsv': regions } = tables;
  const { 'extent.tsv': byParticipant, 'laterality.tsv': pooled } = tables;
  return {
    ...(images && { images: { table: images } }),
    ...(words && { words: { table: words } }),
    ...(regions && { regions: { pooled: regions } }),
    ...(byParticipant && pooled && { extent: { byParticipant, pooled } }),
  };
}

function negationOf(responses: ColumnTable | undefined, concept: number): NegationTest | undefined {
  const side = (name: string) => rowsWith(responses, { concept, side: name })[0];
  const [most, least] = [side('most'), side('least')];
  if (!most || !least) return undefined;
  const part = ({ nStimuli, mean, low, high, p, verdict }: Row) =>
    ({ nStimuli, mean, low, high, p, verdict }) as unknown as SideResponse;
  const { baseline, spearman, nPool } = most as unknown as NegationTest;
  return { baseline, most: part(most), least: part(least), spearman, nPool };
}

function pairsOf(
  tables: Tables,
  concept: number,
  nameOf: (concept: number) => string,
): ConceptPair[] | undefined {
  const pairs = tables['pairs.tsv'];
  if (!pairs) return undefined;
  return (pairs.objects() as Row[])
    .filter(({ first, second }) => first === concept || second === concept)
    .map(({ first, second, shared, cosine }): ConceptPair => {
      const other = Number(first === concept ? second : first);
      const features = tables['dissociation.tsv']
        ?.params({ first, second })
        .filter((row: Row, $: Row) => row['first'] === $['first'] && row['second'] === $['second']);
      return {
        ...{ concept: other, name: nameOf(other), shared: Number(shared), cosine: Number(cosine) },
        side: first === concept ? 'first' : 'second',
        ...(features?.numRows() ? { features } : {}),
      };
    });
}

/** Single numbers of a concept; what its study did not ask for is left out. */
function valuesOf(tables: Tables, concept: number): Record<string, number> {
  const values: Record<string, number> = {};
  const take = (name: string, row: Row | undefined, column: string) => {
    if (row?.[column] !== null && row?.[column] !== undefined) values[name] = Number(row[column]);
  };
  const persistence = rowsWith(tables['persistence.tsv'], { cluster: concept })[0];
  take('persistence', persistence, 'persistence');
  take('ownEps', persistence, 'eps');
  const significance = tables['significance.tsv'];
  take('pSize', rowsWith(significance, { of: 'clusters', cluster: concept })[0], 'pSize');
  const selected = rowsWith(significance, {
    of: 'selection',
    cluster: Number(persistence?.['selected'] ?? -1),
  });
  take('pPersistence', selected[0], 'pPersistence');
  for (const [kind, name] of [
    ['participant', 'reproducibility'],
    ['rerun', 'rerunReproducibility'],
  ] as const) {
    const row = rowsWith(tables['stability.tsv'], { cluster: concept, kind })[0];
    take(name, row, 'reproducibility');
    take(kind === 'participant' ? 'found' : 'rerunFound', row, 'found');
  }
  take('labelAuc', rowsWith(tables['labels.tsv'], { concept })[0], 'auc');
  const patches = rowsWith(tables['extent.tsv'], { concept })
    .map((row) => Number(row['largestPatchShare']))
    .filter((share) => !Number.isNaN(share));
  if (patches.length) values['largestPatchShare'] = patches.reduce((a, b) => a + b, 0) / patches.length;
  return values;
}

/** Rows of a table with the given values; none where there is no table. */
function rowsWith(table: ColumnTable | undefined, wanted: Row): Row[] {
  const rows = (table?.objects() ?? []) as Row[];
  return rows.filter((row) => Object.entries(wanted).every(([name, value]) => row[name] === value));
}
