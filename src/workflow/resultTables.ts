import type { Table } from 'arquero';
import { type Column, writeTable } from '../data/index.js';
import { FormatError } from '../util/errors.js';

/** Columns of every table that a clustering's folder may hold, in order; docs/study-folder.md says what they mean. */
export const resultColumns = {
  'hierarchy.tsv': [
    ...['branch', 'parent', 'birthEps', 'topEps', 'size', 'participants', 'stability', 'persistence'],
    'cluster',
  ],
  'selection.tsv': ['cluster', 'branch', 'eps', 'persistence', 'size', 'participants'],
  'persistence.tsv': ['cluster', 'selected', 'cosine', 'overlap', 'eps', 'persistence'],
  'cores.tsv': ['minParticipants', 'eps', 'core', 'clusters'],
  'stability.tsv': ['cluster', 'kind', 'repeats', 'reproducibility', 'found', 'cosine'],
  'repeats.tsv': ['repeat', 'kind', 'cluster', 'partner', 'cosine', 'overlap'],
  'significance.tsv': ['of', 'cluster', 'size', 'pSize', 'persistence', 'pPersistence'],
  'null.tsv': ['draw', 'of', 'size', 'persistence'],
  'comparisons.tsv': ['method', 'clusters', 'shared', 'labelled', 'ari', 'ami', 'matched', 'cosine'],
  'images.tsv': ['vector', 'side', 'rank', 'stimulus', 'score', 'z'],
  'words.tsv': ['vector', 'side', 'rank', 'word', 'row', 'score', 'cosine', 'z'],
  'regions.tsv': [
    ...['concept', 'system', 'region', 'nParticipants', 'share', 'expected', 'z', 'p', 'pCorrected'],
  ],
  'regions-by-participant.tsv': [
    ...['concept', 'participant', 'system', 'region', 'nConcept', 'nRegion', 'nOverlap', 'share', 'expected'],
    ...['z', 'p', 'pCorrected'],
  ],
  'laterality.tsv': ['concept', 'nParticipants', 'laterality', 'pLaterality'],
  'extent.tsv': [
    ...['concept', 'participant', 'nVoxels', 'nLeft', 'nRight', 'laterality', 'nPatches'],
    ...['largestPatchShare', 'expectedPatchShare', 'pPatch', 'spreadMm', 'expectedSpreadMm'],
    ...['eccentricity', 'eccentricityAll', 'pEccentricity'],
  ],
  'responses.tsv': [
    ...['concept', 'side', 'nStimuli', 'mean', 'low', 'high', 'p', 'verdict', 'baseline', 'spearman'],
    ...['nPool', 'trials'],
  ],
  'measured-images.tsv': ['concept', 'side', 'rank', 'stimulus', 'response', 'nTrials', 'nParticipants'],
  'labels.tsv': ['concept', 'rank', 'word', 'auc', 'low', 'high', 'nPositive', 'nNegative', 'pool'],
  'categories.tsv': ['concept', 'column', 'category', 'auc', 'low', 'high', 'nPositive', 'nNegative', 'pool'],
  'caption-words.tsv': ['concept', 'rank', 'word', 'chosen', 'others', 'logOdds', 'low', 'high', 'z'],
  'pairs.tsv': ['first', 'second', 'shared', 'cosine', 'scoreCorrelation', 'nStimuli'],
  'dissociation.tsv': [
    ...['first', 'second', 'target', 'feature', 'r', 'partial', 'p', 'pCorrected', 'pPictures'],
    'pPicturesCorrected',
  ],
  'disagreement.tsv': [...['first', 'second', 'side', 'rank', 'stimulus', 'difference', 'zFirst', 'zSecond']],
  'difference-words.tsv': ['first', 'second', 'side', 'rank', 'word', 'score', 'cosine'],
} as const satisfies Record<string, readonly string[]>;

/** A table of a clustering's folder, by the name of its file. */
export type ResultTable = keyof typeof resultColumns;

/** A row of a table; what is missing is written as `n/a`. */
export type ResultRow = Readonly<Record<string, string | number | null | undefined>>;

/**
 * Writes a table under one of the names of {@link resultColumns}: rows, or an arquero table. Its columns come in their
 * order, further ones after them; without rows the header stands alone, so that readers always find the columns.
 *
 * @throws FormatError if a row lacks one of the columns
 */
export async function writeResult(
  path: string,
  name: ResultTable,
  rows: readonly ResultRow[] | Table,
): Promise<void> {
  const list = Array.isArray(rows)
    ? (rows as readonly ResultRow[])
    : ((rows as Table).objects() as ResultRow[]);
  const needed: readonly string[] = resultColumns[name];
  const names = list.length ? [...new Set([...needed, ...Object.keys(list[0]!)])] : needed;
  const columns: Record<string, Column> = {};
  for (const column of names) {
    const lacks = list.findIndex((row) => !(column in row));
    if (lacks >= 0) throw new FormatError(path, `row ${lacks} has no ${column}`);
    columns[column] = list.map((row) => row[column]);
  }
  await writeTable(path, columns);
}
