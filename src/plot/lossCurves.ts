import { InputError } from '../util/errors.js';
import { emptyFigure, type Figure, type FigureOptions, makeFigure, plainText, type Trace } from './figure.js';
import { packNumbers } from './pack.js';
import { participantColours } from './theme.js';

/** What one run of a decoder's training logged. */
export interface TrainingCurve {
  readonly participant: string;
  /** Run number, where there are several; lines of one participant share its colour. */
  readonly run?: number;
  readonly step: ArrayLike<number>;
  readonly loss: ArrayLike<number>;
  /** Mean cosine between predicted and true embeddings at each step. */
  readonly similarity?: ArrayLike<number>;
}

export interface LossOptions extends FigureOptions {
  /** Loss of guessing: log(batch); drawn dotted. */
  chanceLoss?: number;
}

/**
 * Loss over training steps and, below it, the similarity of predicted and true embeddings, one colour a
 * participant. More than 600 logged steps are thinned to the mean of each interval, for the page's weight.
 *
 * @throws InputError if a curve's lists differ in length
 * @example lossCurves([{ participant: 'sub-01', step, loss, similarity }], { chanceLoss: Math.log(128) })
 */
export function lossCurves(curves: readonly TrainingCurve[], options: LossOptions = {}): Figure {
  if (curves.length === 0) return emptyFigure('No decoder was trained.', options, 'Training');
  const participants = [...new Set(curves.map((curve) => curve.participant))];
  const colours = participantColours(participants.length);
  const withSimilarity = curves.some((curve) => curve.similarity);
  const shown = new Set<string>();
  const data: Trace[] = [];
  for (const curve of curves) {
    const name = plainText(curve.participant);
    const common = {
      type: 'scatter',
      mode: 'lines',
      name,
      legendgroup: curve.participant,
      line: { color: colours[participants.indexOf(curve.participant)] },
      opacity: curve.run === undefined ? 1 : 0.8,
    };
    const run = curve.run === undefined ? '' : `, run ${curve.run}`;
    for (const [what, values, yaxis] of [
      ['loss', curve.loss, 'y'],
      ['cosine', curve.similarity, 'y2'],
    ] as const) {
      if (!values) continue;
      if (values.length !== curve.step.length) {
        throw new InputError(
          `${what} of ${curve.participant}`,
          values.length,
          `as many values as steps, ${curve.step.length}`,
        );
      }
      data.push({
        ...common,
        x: packNumbers(thin(curve.step)),
        y: packNumbers(thin(values)),
        yaxis,
        xaxis: 'x',
        showlegend: what === 'loss' && !shown.has(name),
        hovertemplate: `${name}${run}, step %{x}: ${what} %{y:.3f}<extra></extra>`,
      });
      shown.add(name);
    }
  }
  const last = curves.map((curve) => curve.loss[curve.loss.length - 1]!);
  return makeFigure(
    data,
    {
      title: 'Training',
      description:
        `Loss over training of ${participants.length} participants, ${curves.length} runs; at the end ` +
        `${Math.min(...last).toFixed(3)} to ${Math.max(...last).toFixed(3)}.`,
      height: withSimilarity ? 480 : 340,
      layout: {
        xaxis: { title: { text: 'step' }, anchor: withSimilarity ? 'y2' : 'y', rangemode: 'tozero' },
        yaxis: { title: { text: 'loss' }, domain: withSimilarity ? [0.42, 1] : [0, 1], rangemode: 'tozero' },
        ...(withSimilarity && {
          yaxis2: { title: { text: 'cosine to true' }, domain: [0, 0.34], rangemode: 'tozero' },
        }),
        ...(options.chanceLoss !== undefined && {
          shapes: [
            {
              ...{
                type: 'line',
                xref: 'paper',
                x0: 0,
                x1: 1,
                yref: 'y',
                y0: options.chanceLoss,
                y1: options.chanceLoss,
              },
              line: { dash: 'dot' },
            },
          ],
          annotations: [
            {
              ...{ text: 'chance', xref: 'paper', x: 1, xanchor: 'right', yref: 'y', y: options.chanceLoss },
              ...{ yanchor: 'bottom', showarrow: false },
            },
          ],
        }),
      },
    },
    options,
  );
}

/** At most 600 values: means of equal intervals. */
function thin(values: ArrayLike<number>): number[] {
  const most = 600;
  if (values.length <= most) return Array.from(values);
  return Array.from({ length: most }, (_, i) => {
    const start = Math.floor((i * values.length) / most);
    const end = Math.floor(((i + 1) * values.length) / most);
    let sum = 0;
    for (let j = start; j < end; j++) sum += values[j]!;
    return sum / (end - start);
  });
}
