import type { ColumnTable } from 'arquero';
import { InputError, type Matrix } from '../util/index.js';
import { negationTest, type SideResponse } from './negationTest.js';

/** With fewer stimuli a mean over the highest and the lowest says nothing. */
const fewestStimuli = 20;

/** One end of one concept in measured responses; see {@link negationTest}. */
export interface NegationRow extends SideResponse {
  readonly concept: number;
  readonly side: 'most' | 'least';
  readonly baseline: number;
  readonly spearman: number;
  readonly nPool: number;
}

/**
 * {@link negationTest} for every concept: the measured responses to the pictures of highest and of lowest cosine
 * against the mean over all. A concept measured on fewer than 20 pictures is left out.
 *
 * @param measured a table a concept, as `measureConcepts` gives
 * @param scores nConcepts × nStimuli: cosine of each concept's vector with each picture's embedding
 * @returns two rows a concept, `most` and `least`: what `negationFigure` draws
 * @throws InputError if there is not one table a concept
 * @example
 * const measured = await measureConcepts(participants, clusters.nClusters);
 * show(negationFigure(negationTests(measured, await cosineSimilarities(clusters.vectors, embeddings))));
 */
export function negationTests(
  measured: readonly ColumnTable[],
  scores: Matrix,
  options: { top?: number; nPermutations?: number; seed?: number } = {},
): NegationRow[] {
  const [nConcepts, nStimuli] = scores.shape;
  if (measured.length !== nConcepts)
    throw new InputError('number of tables', measured.length, `${nConcepts}, one a concept`);
  return measured.flatMap((table, concept) => {
    if (table.numRows() < fewestStimuli) return [];
    const stimulus = Array.from(table.array('stimulus') as ArrayLike<number>);
    const { most, least, ...both } = negationTest(
      stimulus.map((s) => scores.data[concept * nStimuli + s]!),
      table.array('response') as ArrayLike<number>,
      options,
    );
    return [
      { concept, side: 'most' as const, ...most, ...both },
      { concept, side: 'least' as const, ...least, ...both },
    ];
  });
}
