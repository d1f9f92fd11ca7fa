import type { Matrix } from '../util/array.js';
import { namesOr } from './clusterCounts.js';
import { emptyFigure, type Figure, type FigureOptions } from './figure.js';
import { heatFigure } from './heatFigure.js';

export interface ConceptScoresOptions extends FigureOptions {
  /** Names of the stimuli; their numbers by default. */
  stimuli?: readonly string[];
  /** Names of the concepts; their numbers by default. */
  concepts?: readonly string[];
}

/**
 * Cosine of every concept vector with every stimulus, for sets of stimuli small enough to be read one by one: concepts
 * down, stimuli across, diverging colours from −1 to 1.
 *
 * @param scores nConcepts × nStimuli cosines
 * @throws InputError if the names do not fit
 */
export function conceptScores(scores: Matrix, options: ConceptScoresOptions = {}): Figure {
  const title = 'Cosine of concepts and stimuli';
  const [nConcepts, nStimuli] = scores.shape;
  if (nConcepts === 0 || nStimuli === 0)
    return emptyFigure('There is no concept to compare.', options, title);
  const rows = namesOr(options.concepts, nConcepts, 'concepts', (i) => `cluster ${i}`);
  const columns = namesOr(options.stimuli, nStimuli, 'stimuli', String);
  return heatFigure(
    {
      ...{
        values: scores.data,
        rows,
        columns,
        format: '.2f',
        valueName: 'cosine',
        scale: 'symmetric',
        limit: 1,
        title,
      },
      description: `Cosines of ${nConcepts} concepts with ${nStimuli} stimuli.`,
    },
    options,
  );
}
