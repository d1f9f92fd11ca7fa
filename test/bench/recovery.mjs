// Where recovery fails: `node test/bench/recovery.mjs [--size small] [--seeds 10,11] [--signal 1,0.7,…] [--out FILE.svg]`
// lowers the phantom's signal until the planted concepts are not found any more, for patterns, tuning and weights, with
// white noise and with strongly correlated noise (`own` is the demo's); at each kind's default eps, and at the best of
// a short grid (or of `--eps`), picked with the truth in view. Prints every point to the error stream as it is made,
// then the table, and draws the figure of docs/phantom.md. `--json FILE` keeps the points; `--from FILE,FILE` joins
// points kept earlier instead of running. `--null 20` instead makes phantoms without any planted concept, of seeds
// `--first` …, and counts clusters. Needs the build.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as library from '../../dist/index.js';
import { analyse, radius, scoreAt, summary } from './recover.mjs';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: 'small' },
    seeds: { type: 'string', default: '10,11' },
    signal: { type: 'string', default: '1,0.7,0.5,0.35,0.25,0.12' },
    noise: { type: 'string', default: 'white,correlated' },
    kinds: { type: 'string', default: 'patterns,tuning,weights' },
    eps: { type: 'string' },
    null: { type: 'string' },
    first: { type: 'string', default: '0' },
    threads: { type: 'string' },
    out: { type: 'string' },
    json: { type: 'string' },
    from: { type: 'string' },
  },
});
const numbers = (text) => text.split(',').map(Number);
const kinds = values.kinds.split(',');
const threads = values.threads === undefined ? undefined : Number(values.threads);

/** Shares of the noise variance. */
const noises = {
  white: { spatial: 0, global: 0 },
  own: { spatial: 0.05, global: 0.02 },
  correlated: { spatial: 0.2, global: 0.05 },
};

const titles = {
  white: 'white noise',
  own: 'the demo’s noise (5 % spatial, 2 % global)',
  correlated: 'strongly correlated noise (20 % spatial, 5 % global)',
};

/** Radii tried for each kind, the default among them. */
const grid = {
  patterns: [0.12, 0.16, 0.2, 0.25, 0.32, 0.4],
  tuning: [0.08, 0.12, 0.16, 0.22, 0.3, 0.4],
  weights: [0.3, 0.4, 0.5, 0.55, 0.6, 0.7],
};

if (values.null) {
  await nullRows(Number(values.first), Number(values.null));
} else {
  const rows = values.from
    ? values.from.split(',').flatMap((path) => JSON.parse(readFileSync(path, 'utf8')))
    : await curveRows();
  if (values.json) writeFileSync(values.json, JSON.stringify(rows));
  const points = summarise(rows);
  printTable(points);
  if (values.out) await draw(points, values.out);
}

async function nullRows(first, nSeeds) {
  console.log(
    '| seed | voxels | clusters by ' + kinds.map((kind) => `${kind} (${radius[kind]})`).join(' | by ') + ' |',
  );
  for (let seed = first; seed < first + nSeeds; seed++) {
    const phantom = await library.makePhantom({ size: values.size, seed, planted: false });
    const analysed = await analyse(library, phantom, { kinds, threads });
    const counts = [];
    for (const kind of kinds) {
      const { nClusters } = await scoreAt(library, phantom, analysed, { kind, eps: radius[kind], threads });
      counts.push(nClusters);
    }
    const nVoxels = analysed.planted.reduce((sum, own) => sum + own.length, 0);
    console.log(`| ${[seed, nVoxels, ...counts].join(' | ')} |`);
  }
}

/** One row a seed, noise, signal, kind and radius. */
async function curveRows() {
  const all = [];
  for (const seed of numbers(values.seeds)) {
    for (const noise of values.noise.split(',')) {
      for (const signal of numbers(values.signal)) {
        const options = { size: values.size, seed, signalScale: signal, noise: noises[noise] };
        const phantom = await library.makePhantom(options);
        const analysed = await analyse(library, phantom, { kinds, threads });
        for (const kind of kinds) {
          for (const eps of values.eps ? new Set([radius[kind], ...numbers(values.eps)]) : grid[kind]) {
            const { score, nPlanted, nAnalysed } = await scoreAt(library, phantom, analysed, {
              kind,
              eps,
              threads,
            });
            const row = { seed, noise, signal, kind, eps, ...summary(score), analysed: nAnalysed / nPlanted };
            all.push(row);
            console.error(Object.values(row).join('\t'));
          }
        }
      }
    }
  }
  return all;
}

/** For each noise, signal and kind, all seeds at the default radius, and at the one radius that is best for them. */
function summarise(rows) {
  const points = [];
  for (const noise of unique(rows, 'noise')) {
    for (const signal of unique(rows, 'signal')) {
      for (const kind of unique(rows, 'kind')) {
        const own = rows.filter((row) => row.noise === noise && row.signal === signal && row.kind === kind);
        const at = (eps) => own.filter((row) => row.eps === eps);
        const worth = (eps) => at(eps).reduce((sum, r) => sum + r.found - r.others - r.falseClusters, 0);
        const order = [radius[kind], ...unique(own, 'eps')];
        const best = order.reduce((a, b) => (worth(b) > worth(a) ? b : a));
        points.push({ noise, signal, kind, atDefault: at(radius[kind]), best, atBest: at(best) });
      }
    }
  }
  return points;
}

function unique(rows, key) {
  return [...new Set(rows.map((row) => row[key]))];
}

/** A row a noise and signal; found concepts of each seed, and those that should not be there after a plus. */
function printTable(points) {
  const all = unique(points, 'kind');
  const columns = all.flatMap((kind) => [`${kind}, ${radius[kind]}`, 'best eps']);
  console.log(`| noise | signal | analysed | ${columns.join(' | ')} |`);
  console.log(`|${'---|'.repeat(3 + columns.length)}`);
  const text = (rows) =>
    rows
      .map(({ found, others, falseClusters }) =>
        others + falseClusters ? `${found} (+${others + falseClusters})` : found,
      )
      .join(', ');
  for (const noise of unique(points, 'noise')) {
    for (const signal of unique(points, 'signal')) {
      const own = points.filter((point) => point.noise === noise && point.signal === signal);
      const analysed = own[0].atDefault.map((row) => row.analysed.toFixed(2)).join(', ');
      const cells = own.flatMap(({ atDefault, best, atBest }) => [
        text(atDefault),
        `${best}: ${text(atBest)}`,
      ]);
      console.log(`| ${[noise, signal, analysed, ...cells].join(' | ')} |`);
    }
  }
}

/** Found concepts over signal: a panel a noise, a colour a kind; at the default radius full, at the best dashed. */
async function draw(points, path) {
  const colours = { patterns: '#0072b2', tuning: '#009e73', weights: '#d55e00' };
  const symbols = { patterns: 'circle', tuning: 'square', weights: 'diamond' };
  const panels = unique(points, 'noise');
  const shared = points[0].atDefault[0].shared;
  const nSeeds = points[0].atDefault.length;
  const axis = (panel) => (panel === 0 ? '' : String(panel + 1));
  const data = panels.flatMap((noise, panel) =>
    ['atDefault', 'atBest'].flatMap((which) =>
      unique(points, 'kind').map((kind) => {
        const own = points.filter((point) => point.noise === noise && point.kind === kind);
        const mean = (rows) => rows.reduce((sum, { found }) => sum + found, 0) / rows.length;
        const isDefault = which === 'atDefault';
        return {
          ...{ type: 'scatter', mode: 'lines+markers', cliponaxis: false },
          name: isDefault ? `${kind}, eps ${radius[kind].toFixed(2)} (default)` : `${kind}, best eps tried`,
          ...{ x: own.map(({ signal }) => signal), y: own.map((point) => mean(point[which])) },
          line: { color: colours[kind], width: isDefault ? 2.5 : 1.5, dash: isDefault ? 'solid' : 'dot' },
          marker: {
            color: isDefault ? colours[kind] : 'white',
            symbol: symbols[kind],
            size: isDefault ? 8 : 7,
            line: { color: colours[kind], width: 1.5 },
          },
          ...{ showlegend: panel === 0, legendgroup: `${kind} ${which}` },
          ...{ xaxis: `x${axis(panel)}`, yaxis: `y${axis(panel)}` },
        };
      }),
    ),
  );
  const signals = unique(points, 'signal');
  const layout = {
    title: {
      text: `Planted shared concepts found as the signal falls, size ${values.size}`,
      x: 0.02,
      xanchor: 'left',
      font: { size: 16 },
    },
    ...{ annotations: [], width: 1040, height: 420, margin: { l: 60, r: 16, t: 76, b: 110 } },
    legend: {
      ...{ orientation: 'h', x: 0.5, xanchor: 'center', y: -0.24, yanchor: 'top', traceorder: 'normal' },
      ...{ entrywidth: 0.28, entrywidthmode: 'fraction' },
    },
    ...{ paper_bgcolor: 'white', plot_bgcolor: '#f6f6f6' },
  };
  const width = 1 / panels.length;
  panels.forEach((noise, panel) => {
    const domain = [
      panel * width + (panel ? 0.025 : 0),
      (panel + 1) * width - (panel < panels.length - 1 ? 0.025 : 0),
    ];
    layout[`xaxis${axis(panel)}`] = {
      ...{ domain, type: 'log', anchor: `y${axis(panel)}`, tickvals: signals, ticktext: signals.map(String) },
      ...{ title: { text: 'signal, times the demo’s', standoff: 8 }, zeroline: false },
      range: [Math.log10(Math.min(...signals)) - 0.05, Math.log10(Math.max(...signals)) + 0.05],
    };
    layout[`yaxis${axis(panel)}`] = {
      ...{ range: [-0.4, shared + 0.4], anchor: `x${axis(panel)}`, dtick: 2, zeroline: false },
      ...(panel === 0
        ? { title: { text: `found of ${shared}, mean of ${nSeeds} seed${nSeeds > 1 ? 's' : ''}` } }
        : {}),
    };
    layout.annotations.push({
      ...{ text: titles[noise], x: (domain[0] + domain[1]) / 2, y: 1.02, xref: 'paper', yref: 'paper' },
      ...{ showarrow: false, xanchor: 'center', yanchor: 'bottom', font: { size: 14 } },
    });
  });
  const description = `${layout.title.text}: ${panels.map((noise) => titles[noise]).join('; ')}; patterns, tuning and weights`;
  await library.saveFigure(path, { data, layout, description });
}
