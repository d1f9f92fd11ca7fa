import { isFigure } from '../plot/figure.js';
import { bundleOf, plotlyHtml, type Showable } from './bundle.js';
import { writeOutput } from './display.js';

/** An output on show, to be replaced in place. */
export interface Shown {
  /** Puts another value in the output's place, in whichever cell it stands. */
  update(value: Showable): void;
}

let plotlyIsLoaded = false;
let nShown = 0;

/**
 * Loads plotly.js into the notebook: to be called once, in its first cell. Every later figure is then a few
 * kilobytes, in JupyterLab, classic Notebook, VS Code and nbconvert's HTML alike, with no network. Without it the
 * first figure shown brings plotly.js itself; saved notebooks then lose their figures if that one cell is run
 * again.
 */
export function startNotebook(): void {
  plotlyIsLoaded = true;
  writeOutput({ 'text/html': plotlyHtml(), 'text/plain': 'Figures are ready.' });
}

/**
 * Shows a figure, a table (arquero, danfojs, rows, columns), pictures or a gallery in the notebook's cell; outside
 * a notebook its text version is printed. A Plotly figure of one's own without a template gets the toolkit's theme.
 *
 * @returns a handle that replaces what is shown, for figures that grow during training
 * @throws InputError for a value of no known kind
 * @example
 * show(retrievalCurves(curves, { nCandidates: 1000 }));
 * const live = show(lossCurves([]));
 * live.update(lossCurves([{ participant: 'sub-01', step, loss }]));
 */
export function show(value: Showable): Shown {
  const id = `sdc-${process.pid}-${nShown++}`;
  const bundle = (next: Showable) => {
    const withPlotly = isFigure(next) && !plotlyIsLoaded;
    const made = bundleOf(next, withPlotly);
    if (withPlotly) plotlyIsLoaded = true;
    return made;
  };
  writeOutput(bundle(value), id);
  const shown: Shown = { update: (next) => writeOutput(bundle(next), id, true) };
  // As a cell's last value it is nothing to print: it is shown already.
  return Object.defineProperty(shown, Symbol.for('Jupyter.display'), { value: () => undefined });
}
