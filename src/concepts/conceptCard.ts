import type { ColumnTable } from 'arquero';
import { InputError } from '../util/index.js';
import type { ConceptExtent } from './conceptExtent.js';
import type { Dissociation } from './dissociateConcepts.js';
import type { ConceptLabels } from './labelConcept.js';
import type { NegationTest } from './negationTest.js';
import type { ImageRanking } from './rankImages.js';
import type { RegionOverlap } from './regionOverlap.js';

/** What is known of a concept; whatever is not given is left out of its card. */
export interface ConceptFindings {
  /** Its number: the row of the vectors, the label of the voxels. */
  readonly concept: number;
  readonly name?: string;
  /** Labelled voxels by participant, in order. */
  readonly counts: readonly number[];
  readonly participants: readonly string[];
  readonly images?: Pick<ImageRanking, 'table'>;
  readonly words?: Pick<ConceptLabels, 'table'>;
  readonly regions?: Pick<RegionOverlap, 'pooled'>;
  readonly extent?: Pick<ConceptExtent, 'byParticipant' | 'pooled'>;
  readonly negation?: NegationTest;
  /** Of which this concept is the first. */
  readonly dissociation?: Pick<Dissociation, 'features'>;
  /** How it differs from concepts about the same pictures. */
  readonly apart?: readonly ConceptPair[];
  /** Columns `concept`, `word`, `auc`, `low`, `high`: words tried as classifiers (`labelReliability`). */
  readonly labels?: ColumnTable;
  /** Columns `concept`, `category`, `auc`, …: annotated categories that it predicts (`categoryScores`). */
  readonly categories?: ColumnTable;
  /** Columns `concept`, `word`, `logOdds`, …: words its captions have more often (`captionWords`). */
  readonly captions?: ColumnTable;
  /** Single numbers with names: `persistence`, `p`, `reproducibility`, `labelAuc`, … */
  readonly values?: Readonly<Record<string, number>>;
  /** Rows of each list to keep; default 10. */
  readonly top?: number;
}

/** Another concept about the same pictures, and what tells the two apart. */
export interface ConceptPair {
  readonly concept: number;
  readonly name: string;
  /** Share of the most associated pictures that both have. */
  readonly shared: number;
  readonly cosine: number;
  /** Which of the two this concept was in the tests. */
  readonly side: 'first' | 'second';
  /** Columns `target`, `feature`, `partial`, `pCorrected`: those of `dissociateConcepts`. */
  readonly features?: ColumnTable;
}

type Entry = Readonly<Record<string, string | number | null>>;

/** One concept on one page, as JSON: numbers that are not known are null. */
export interface ConceptCard {
  readonly concept: number;
  readonly name: string;
  readonly nVoxels: number;
  readonly nParticipants: number;
  readonly voxels: readonly Entry[];
  readonly most?: readonly Entry[];
  readonly least?: readonly Entry[];
  readonly words?: readonly Entry[];
  readonly oppositeWords?: readonly Entry[];
  /** Regions by pooled share, largest first. */
  readonly regions?: readonly Entry[];
  readonly extent?: readonly Entry[];
  readonly laterality?: Entry;
  readonly negation?: NegationTest;
  /** Features that go with this concept after correction (p < 0.05), strongest first. */
  readonly features?: readonly Entry[];
  /** For each concept about the same pictures: `features` that go with the difference after correction, strongest first. */
  readonly apart?: readonly CardPair[];
  readonly labels?: readonly Entry[];
  readonly categories?: readonly Entry[];
  readonly captions?: readonly Entry[];
  readonly values: Readonly<Record<string, number | null>>;
}

/** A {@link ConceptPair} on a card; `own` and `other` are partial correlations with the two concepts' scores. */
export interface CardPair {
  readonly concept: number;
  readonly name: string;
  readonly shared: number;
  readonly cosine: number;
  readonly features?: readonly Entry[];
}

/**
 * Gathers what is known of a concept into one record that can be written as JSON and drawn as a figure: pictures,
 * words, regions, participants, size, and whatever numbers are given. It selects and computes nothing anew. The name is its
 * nearest word where none is given.
 *
 * @throws InputError if counts and participants differ in number
 */
export function conceptCard(findings: ConceptFindings): ConceptCard {
  const { concept, counts, participants, top = 10 } = findings;
  if (counts.length !== participants.length) {
    throw new InputError('number of counts', counts.length, `${participants.length}, one a participant`);
  }
  const side = (table: ColumnTable | undefined, wanted: string) =>
    entries(table, (row) => row['vector'] === concept && row['side'] === wanted)?.slice(0, top);
  const words = side(findings.words?.table, 'most');
  const own = (row: Entry) => row['concept'] === concept;
  return {
    concept,
    name: findings.name ?? (words?.[0]?.['word'] as string | undefined) ?? `concept ${concept}`,
    nVoxels: counts.reduce((a, b) => a + b, 0),
    nParticipants: counts.filter((count) => count > 0).length,
    voxels: participants.map((participant, p) => ({ participant, nVoxels: counts[p]! })),
    most: side(findings.images?.table, 'most'),
    least: side(findings.images?.table, 'least'),
    words,
    oppositeWords: side(findings.words?.table, 'least'),
    regions: entries(findings.regions?.pooled, own)
      ?.sort((a, b) => Number(b['share']) - Number(a['share']))
      .slice(0, top),
    extent: entries(findings.extent?.byParticipant, own),
    laterality: entries(findings.extent?.pooled, own)?.[0],
    negation: findings.negation,
    features: entries(
      findings.dissociation?.features,
      (row) => row['target'] === 'first' && Number(row['pCorrected']) < 0.05,
    )?.sort((a, b) => Math.abs(Number(b['partial'])) - Math.abs(Number(a['partial']))),
    apart: findings.apart?.map(pairOf),
    labels: entries(findings.labels, own)?.slice(0, top),
    categories: entries(findings.categories, own)
      ?.sort((a, b) => Number(b['auc']) - Number(a['auc']))
      .slice(0, top),
    captions: entries(findings.captions, own)?.slice(0, top),
    values: Object.fromEntries(
      Object.entries(findings.values ?? {}).map(([name, value]) => [
        name,
        Number.isFinite(value) ? value : null,
      ]),
    ),
  };
}

/** The features of a pair, seen from one side of it. */
function pairOf({ features, side, ...pair }: ConceptPair): CardPair {
  const other = side === 'first' ? 'second' : 'first';
  const rows = entries(features, () => true);
  const partial = (target: string, feature: unknown) =>
    rows!.find((row) => row['target'] === target && row['feature'] === feature)?.['partial'] ?? null;
  const told = rows
    ?.filter((row) => row['target'] === 'difference' && Number(row['pCorrected'] ?? 1) < 0.05)
    .sort((a, b) => Math.abs(Number(b['partial'])) - Math.abs(Number(a['partial'])))
    .map(({ feature, pCorrected }) => ({
      ...{ feature: feature!, own: partial(side, feature), other: partial(other, feature) },
      pCorrected: pCorrected!,
    }));
  return { ...pair, ...(told && { features: told }) };
}

/** Rows of a table as plain records; what JSON cannot hold becomes null. */
function entries(table: ColumnTable | undefined, keep: (row: Entry) => boolean): Entry[] | undefined {
  return (table?.objects() as Record<string, string | number>[] | undefined)
    ?.filter(keep)
    .map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
          name,
          typeof value === 'number' && !Number.isFinite(value) ? null : value,
        ]),
      ),
    );
}
