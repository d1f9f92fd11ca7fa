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
  readonly images?: ImageRanking;
  readonly words?: ConceptLabels;
  readonly regions?: RegionOverlap;
  readonly extent?: ConceptExtent;
  readonly negation?: NegationTest;
  readonly dissociation?: Dissociation;
  /** Single numbers with names: `persistence`, `p`, `reproducibility`, `labelAuc`, … */
  readonly values?: Readonly<Record<string, number>>;
  /** Rows of each list to keep; default 10. */
  readonly top?: number;
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
  readonly values: Readonly<Record<string, number | null>>;
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
    values: Object.fromEntries(
      Object.entries(findings.values ?? {}).map(([name, value]) => [
        name,
        Number.isFinite(value) ? value : null,
      ]),
    ),
  };
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
