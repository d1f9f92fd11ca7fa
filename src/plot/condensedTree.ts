import { InputError } from '../util/errors.js';
import { count } from './axes.js';
import { emptyFigure, type Figure, type FigureOptions, makeFigure, plainText, type Trace } from './figure.js';
import { colourAt, participantColours } from './theme.js';

/** A branch of the condensed tree of clusters over eps: from where it leaves its parent down to where it dissolves. */
export interface TreeBranch {
  /** Index of the parent branch, −1 for a root. */
  readonly parent: number;
  /** Largest eps at which the branch is on its own. */
  readonly epsTop: number;
  /** Smallest eps at which it is there. */
  readonly epsBottom: number;
  /** Voxels at `epsTop`. */
  readonly size: number;
  readonly name?: string;
  /** Whether it is one of the clusters chosen. */
  readonly selected?: boolean;
  /** How long it lasts, in the measure by which it was chosen. */
  readonly persistence?: number;
}

export interface CondensedTreeOptions extends FigureOptions {
  /** An eps to mark. */
  eps?: number;
}

/**
 * The condensed tree: each branch a bar over the eps at which it exists, as wide as its voxels (square root), its
 * children below it. Chosen branches are in colour and named with their persistence.
 *
 * @throws InputError for a parent that is not there, a cycle, or a branch whose bottom is above its top
 */
export function condensedTree(branches: readonly TreeBranch[], options: CondensedTreeOptions = {}): Figure {
  const title = 'How concepts appear and merge over eps';
  if (branches.length === 0) return emptyFigure('No cluster exists at any eps.', options, title);
  const children: number[][] = branches.map(() => []);
  const roots: number[] = [];
  branches.forEach(({ parent, epsTop, epsBottom }, i) => {
    if (parent >= branches.length || parent === i)
      throw new InputError(`parent of branch ${i}`, parent, 'another branch');
    if (!(epsBottom <= epsTop))
      throw new InputError(`epsBottom of branch ${i}`, epsBottom, `at most epsTop, ${epsTop}`);
    if (parent < 0) roots.push(i);
    else children[parent]!.push(i);
  });
  const width = branches.map(({ size }) => Math.sqrt(Math.max(1, size)));
  const middle = new Float64Array(branches.length).fill(Number.NaN);
  const gap = 0.35 * Math.max(...width);
  let next = 0;
  // Leaves side by side in order; a branch stands over the middle of its children.
  const place = (branch: number, depth: number): void => {
    if (depth > branches.length)
      throw new InputError(`parent of branch ${branch}`, branches[branch]!.parent, 'free of cycles');
    for (const child of children[branch]!) place(child, depth + 1);
    const own = children[branch]!;
    if (own.length === 0) {
      middle[branch] = next + width[branch]! / 2;
      next += width[branch]! + gap;
    } else middle[branch] = (middle[own[0]!]! + middle[own.at(-1)!]!) / 2;
  };
  for (const root of roots) place(root, 0);
  if (middle.some(Number.isNaN)) throw new InputError('branches', branches.length, 'free of cycles');
  const chosen = branches.map((_, i) => i).filter((i) => branches[i]!.selected);
  const palette = participantColours(chosen.length);
  const shapes: Trace[] = [];
  const labels: { at: number; text: string; bottom: number }[] = [];
  const joins = { x: [] as (number | null)[], y: [] as (number | null)[] };
  branches.forEach((branch, i) => {
    const half = width[i]! / 2;
    const [left, right] = [middle[i]! - half, middle[i]! + half];
    const rank = chosen.indexOf(i);
    const colour = rank >= 0 ? palette[rank]! : colourAt(['#B9C0C9', '#99A2AE'], 0.5);
    const words = `${branch.name ? `${plainText(branch.name)}<br>` : ''}${count(branch.size)} voxels at eps ${branch.epsTop.toPrecision(3)}<br>down to eps ${branch.epsBottom.toPrecision(3)}${branch.persistence === undefined ? '' : `<br>persistence ${branch.persistence.toPrecision(3)}`}`;
    shapes.push({
      ...{
        type: 'scatter',
        mode: 'lines',
        fill: 'toself',
        fillcolor: colour,
        line: { width: 0 },
        hoveron: 'fills',
      },
      ...{ x: [left, right, right, left, left], text: words, hoverinfo: 'text', showlegend: false },
      y: [branch.epsTop, branch.epsTop, branch.epsBottom, branch.epsBottom, branch.epsTop],
    });
    if (branch.parent >= 0) {
      joins.x.push(middle[branch.parent]!, middle[i]!, null);
      joins.y.push(branch.epsTop, branch.epsTop, null);
    }
    if (rank >= 0) {
      const persistence =
        branch.persistence === undefined ? '' : `  <i>${branch.persistence.toPrecision(2)}</i>`;
      const text = plainText(branch.name ?? `cluster ${rank}`) + persistence;
      labels.push({ at: middle[i]!, text, bottom: branch.epsBottom });
    }
  });
  const tops = branches.map(({ epsTop }) => epsTop);
  const bottoms = branches.map(({ epsBottom }) => epsBottom);
  const span = Math.max(...tops) - Math.min(...bottoms) || 0.1;
  const floor = Math.min(...bottoms) - 0.05 * span;
  const drops = {
    x: labels.flatMap(({ at }) => [at, at, null]),
    y: labels.flatMap(({ bottom }) => [bottom, floor, null]),
  };
  return makeFigure(
    [
      {
        ...{
          type: 'scatter',
          mode: 'lines',
          line: { color: '#99A2AE', width: 1 },
          hoverinfo: 'skip',
          showlegend: false,
        },
        ...joins,
      },
      ...shapes,
      {
        ...{ type: 'scatter', mode: 'lines', hoverinfo: 'skip', showlegend: false, ...drops },
        line: { color: '#99A2AE', width: 1, dash: 'dot' },
      },
    ],
    {
      title,
      subtitle: 'bar width: square root of the voxels; colour: chosen, with its persistence',
      description: `Condensed tree of ${branches.length} branches, ${chosen.length} of them chosen, from eps ${Math.min(...bottoms).toPrecision(2)} to ${Math.max(...tops).toPrecision(2)}.`,
      height: 460,
      layout: {
        hovermode: 'closest',
        xaxis: {
          ...{ range: [-gap * 2, next + gap], showline: false, ticks: '', tickangle: -40 },
          ...{
            tickmode: 'array',
            tickvals: labels.map(({ at }) => at),
            ticktext: labels.map(({ text }) => text),
          },
        },
        yaxis: {
          title: { text: 'eps (1 − cosine)' },
          zeroline: false,
          tickmode: 'array',
          tickvals: tidyTicks(Math.min(...bottoms), Math.max(...tops)),
          range: [floor, Math.max(...tops) + 0.04 * span],
        },
        ...(options.eps !== undefined && {
          shapes: [
            {
              type: 'line',
              xref: 'paper',
              x0: 0,
              x1: 1,
              y0: options.eps,
              y1: options.eps,
              line: { dash: 'dash' },
            },
          ],
        }),
      },
    },
    options,
  );
}

/** Round values at and between two numbers, about six. */
function tidyTicks(low: number, high: number): number[] {
  const raw = (high - low || 0.1) / 6;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw)!;
  const first = Math.floor(low / step);
  return Array.from({ length: Math.ceil(high / step) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}
