// Where recovery fails: `node test/bench/recovery.mjs [--size tiny] [--seeds 0] [--signal 1,0.5,…] [--out FILE.svg]`
// lowers the phantom's signal until the planted concepts are not found any more, for patterns, tuning and weights, with
// white noise, the phantom's own, and strongly correlated noise; prints a table (and JSON with --json) and draws the
// figure of docs/phantom.md. `--null 20` instead makes phantoms without any planted concept, of seeds 0 …, and counts
// clusters. `--eps` takes a list for patterns instead of the signal. Needs the build.
import { parseArgs } from 'node:util';
import * as library from '../../dist/index.js';
import { radius, recover, summary } from './recover.mjs';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: 'tiny' },
    seeds: { type: 'string', default: '0' },
    signal: { type: 'string', default: '1,0.5,0.35,0.25,0.18,0.12' },
    noise: { type: 'string', default: 'white,own,correlated' },
    kinds: { type: 'string', default: 'patterns,tuning,weights' },
    eps: { type: 'string' },
    null: { type: 'string' },
    out: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const numbers = (text) => text.split(',').map(Number);
const kinds = values.kinds.split(',');

/** Shares of the noise variance. */
const noises = {
  white: { spatial: 0, global: 0 },
  own: { spatial: 0.05, global: 0.02 },
  correlated: { spatial: 0.2, global: 0.05 },
};

const rows = values.null ? await nullRows(Number(values.null)) : await curveRows();
if (values.json) console.log(JSON.stringify(rows));
if (values.out) await draw(rows, values.out);

async function nullRows(nSeeds) {
  const all = [];
  for (let seed = 0; seed < nSeeds; seed++) {
    const phantom = await library.makePhantom({ size: values.size, seed, planted: false });
    const found = await recover(library, phantom, { kinds });
    for (const kind of kinds) {
      const { nClusters } = found[kind];
      print({ seed, kind, eps: radius[kind], clusters: nClusters });
      all.push({ seed, kind, eps: radius[kind], clusters: nClusters });
    }
  }
  return all;
}

async function curveRows() {
  const all = [];
  for (const seed of numbers(values.seeds)) {
    for (const noise of values.noise.split(',')) {
      for (const signal of numbers(values.signal)) {
        const phantom = await library.makePhantom({
          ...{ size: values.size, seed, signalScale: signal, noise: noises[noise] },
        });
        for (const eps of values.eps ? numbers(values.eps) : [undefined]) {
          const found = await recover(library, phantom, {
            kinds,
            eps: eps === undefined ? radius : { ...radius, patterns: eps },
          });
          for (const kind of kinds) {
            const { score, nPlanted, nAnalysed } = found[kind];
            const row = { seed, noise, signal, kind, eps: eps ?? radius[kind], ...summary(score) };
            all.push({ ...row, analysed: nAnalysed / nPlanted });
            print(all.at(-1));
          }
        }
      }
    }
  }
  return all;
}

function print(row) {
  const text = (value) =>
    typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(3) : String(value);
  console.log(`| ${Object.values(row).map(text).join(' | ')} |`);
}

/** Found concepts over signal, a line a kind, a panel a noise. */
async function draw(all, path) {
  const colours = { patterns: '#0072b2', tuning: '#009e73', weights: '#d55e00' };
  const panels = [...new Set(all.map(({ noise }) => noise))];
  const title = {
    white: 'white noise',
    own: 'noise of the demo',
    correlated: 'strongly correlated noise',
  };
  const axis = (panel) => (panel === 0 ? '' : String(panel + 1));
  const data = panels.flatMap((noise, panel) =>
    kinds.map((kind) => {
      const own = all.filter((row) => row.noise === noise && row.kind === kind);
      const signals = [...new Set(own.map(({ signal }) => signal))];
      const share = signals.map((signal) => {
        const at = own.filter((row) => row.signal === signal);
        return at.reduce((sum, { found, shared }) => sum + found / shared, 0) / at.length;
      });
      return {
        ...{ type: 'scatter', mode: 'lines+markers', name: kind, x: signals, y: share },
        ...{ line: { color: colours[kind] }, showlegend: panel === 0, legendgroup: kind },
        ...{ xaxis: `x${axis(panel)}`, yaxis: `y${axis(panel)}` },
      };
    }),
  );
  const width = 1 / panels.length;
  const layout = { title: { text: 'Shared concepts found as signal falls' }, annotations: [] };
  panels.forEach((noise, panel) => {
    const domain = [panel * width + (panel ? 0.04 : 0), (panel + 1) * width - 0.02];
    layout[`xaxis${axis(panel)}`] = {
      ...{ domain, type: 'log', anchor: `y${axis(panel)}`, title: { text: 'signal (1: the demo)' } },
      ...{ tickvals: [...new Set(all.map(({ signal }) => signal))] },
    };
    layout[`yaxis${axis(panel)}`] = {
      ...{ range: [-0.03, 1.05], anchor: `x${axis(panel)}`, tickformat: '.0%' },
    };
    layout.annotations.push({
      ...{ text: title[noise], x: (domain[0] + domain[1]) / 2, y: 1.02, xref: 'paper', yref: 'paper' },
      ...{ showarrow: false, yanchor: 'bottom' },
    });
  });
  Object.assign(layout, { width: 1000, height: 380, paper_bgcolor: 'white', plot_bgcolor: '#f6f6f6' });
  await library.saveFigure(path, { data, layout, description: layout.title.text });
}
