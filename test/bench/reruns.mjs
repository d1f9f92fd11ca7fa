// What many reruns do for the paper's weights: `node test/bench/reruns.mjs [--size tiny] [--seeds 0] [--every 1]
// [--runs 1,4,8,16] [--steps 20,40] [--batch 256] [--lr 1e-3] [--init 0.02] [--noise 1] [--trials all|even|odd]
// [--threads 1] [--concepts] [--shares 8]`. For the mean of the first runs of each length: the concepts that the hierarchy finds with
// no eps given, and beside it, with the truth in view, those of the best single eps, the recall that the best cut for
// each concept reaches at a precision of 0.95, and that of the nearest planted mean. `--shares R`
// prints instead what a planted voxel's weights are made of, from halves of 2 R runs and of the trials. Needs the build.
import { parseArgs } from 'node:util';
import * as library from '../../dist/index.js';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: 'tiny' },
    seeds: { type: 'string', default: '0' },
    every: { type: 'string', default: '1' },
    runs: { type: 'string', default: '1,4,8,16' },
    steps: { type: 'string', default: '20,40' },
    batch: { type: 'string', default: '256' },
    lr: { type: 'string', default: '1e-3' },
    init: { type: 'string', default: '0.02' },
    noise: { type: 'string', default: '1' },
    trials: { type: 'string', default: 'all' },
    threads: { type: 'string', default: '1' },
    concepts: { type: 'boolean', default: false },
    shares: { type: 'string' },
  },
});
const numbers = (text) => text.split(',').map(Number);
const [threads, every] = [Number(values.threads), Number(values.every)];
const means = (list) => list.reduce((a, b) => a + b, 0) / list.length;
const nDims = 512;

/** The reliable voxels (each `every`-th) and training trials of each participant, with the planted labels. */
async function analysed(phantom, half = values.trials) {
  const study = { data: [], planted: [] };
  for (const [p, { betas, trials }] of phantom.participants.entries()) {
    const raw = { data: (await betas.readRows(0, betas.shape[0])).slice(), shape: [...betas.shape] };
    const scaled = library.zscoreBetas(raw, trials);
    const reliable = library.selectVoxels(library.noiseCeiling(scaled, trials).percent);
    const kept = reliable.filter((_, k) => k % every === 0);
    const train = trials.split.flatMap((split, t) => (split === 'train' ? [t] : []));
    const rows = train.filter((_, i) => half === 'all' || (half === 'even') === (i % 2 === 0));
    const { embeddings } = phantom;
    study.data.push({
      betas: library.takeColumns(scaled, kept),
      stimulus: trials.stimulus,
      embeddings,
      rows,
    });
    study.planted.push(Int32Array.from(kept, (v) => phantom.truth.labels[p][v]));
  }
  return study;
}

/** The mean weights of the first k runs for each k asked for, one list of matrices (a participant each) for each k. */
async function meansOfRuns(study, steps, counts) {
  const result = counts.map(() => []);
  for (const own of study.data) {
    const sum = new Float64Array(own.betas.shape[1] * nDims);
    const onRun = (run, { weight }) => {
      weight.data.forEach((w, i) => {
        sum[i] += w;
      });
      const at = counts.indexOf(run + 1);
      if (at >= 0)
        result[at].push(
          library.matrix(
            ...weight.shape,
            Float32Array.from(sum, (s) => s / (run + 1)),
          ),
        );
    };
    await library.fitReruns(own, {
      ...{ runs: Math.max(...counts), steps, threads, onRun, batchSize: Number(values.batch) },
      ...{
        learningRate: Number(values.lr),
        initScale: Number(values.init),
        noiseSd: Number(values.noise),
      },
    });
  }
  return result;
}

/** Rows of each kind of score for the shared concepts. */
async function score(truth, planted, vectors) {
  const shared = truth.concepts.flatMap((concept, c) => (concept.shared ? [c] : []));
  const scoreOf = (clusters) => library.scoreRecovery(truth, clusters, { planted });
  const nearest = await library.nearestByParticipant(vectors, { threads });
  const hierarchy = await library.conceptHierarchy(vectors, { threads, nearest });
  const { planted: concepts, falseClusters, splitClusters } = scoreOf(hierarchy);
  const own = shared.map((c) => concepts[c]);
  const best = { found: -1, eps: 0 };
  const anyCut = shared.map(() => 0);
  for (let eps = 0.1; eps < 0.75; eps += 0.02) {
    const { minParticipants } = truth;
    const at = scoreOf(await library.clusterConcepts(vectors, { eps, minParticipants, threads, nearest }));
    const found = shared.filter((c) => at.planted[c].found).length;
    if (found > best.found) Object.assign(best, { found, eps });
    for (const [k, c] of shared.entries()) {
      const { precision, recall } = at.planted[c];
      if (precision >= 0.95) anyCut[k] = Math.max(anyCut[k], recall);
    }
  }
  return {
    clusters: hierarchy.nClusters,
    wrong: falseClusters + splitClusters + concepts.filter((x) => !x.shared && x.found).length,
    found: own.filter((x) => x.found).length,
    recall: means(own.map((x) => x.recall ?? 0)),
    least: Math.min(...own.map((x) => x.recall ?? 0)),
    precision: Math.min(...own.map((x) => x.precision ?? 1)),
    ...{ best, anyCut: means(anyCut), centroid: means(nearestMean(vectors, planted, shared)), own },
  };
}

/** Recall of each concept at precision 0.95 where each voxel joins the nearest of the other participants' means. */
function nearestMean(vectors, planted, shared) {
  const sums = vectors.map((m, p) => shared.map((c) => unitSum(m, planted[p], c)));
  const ranked = shared.map(() => []);
  vectors.forEach((m, p) => {
    const others = shared.map((_, k) => {
      const sum = new Float64Array(nDims);
      for (const [q, own] of sums.entries()) if (q !== p) for (let d = 0; d < nDims; d++) sum[d] += own[k][d];
      return sum.map((x) => x / Math.hypot(...sum));
    });
    for (let v = 0; v < m.shape[0]; v++) {
      const row = m.data.subarray(v * nDims, (v + 1) * nDims);
      const length = Math.hypot(...row);
      const cosines = others.map((mean) => row.reduce((a, x, d) => a + x * mean[d], 0) / length);
      const k = cosines.indexOf(Math.max(...cosines));
      ranked[k].push({ cosine: cosines[k], right: planted[p][v] === shared[k] });
    }
  });
  return ranked.map((list, k) => {
    const total = planted.reduce((n, own) => n + own.filter((c) => c === shared[k]).length, 0);
    let [right, most] = [0, 0];
    list.sort((a, b) => b.cosine - a.cosine);
    for (const [i, one] of list.entries()) {
      if (one.right) right++;
      if (right / (i + 1) >= 0.95) most = right / total;
    }
    return most;
  });
}

function unitSum({ data }, planted, concept) {
  const sum = new Float64Array(nDims);
  planted.forEach((c, v) => {
    if (c !== concept) return;
    const row = data.subarray(v * nDims, (v + 1) * nDims);
    const length = Math.hypot(...row);
    for (let d = 0; d < nDims; d++) sum[d] += row[d] / length;
  });
  return sum;
}

/** Shares of variance: what other trials would give again, the trials' noise, and that of one run. */
async function shares(phantom, steps, runs) {
  const { planted, ...whole } = await analysed(phantom, 'all');
  const cosine = (a, b) => medianCosine(a, b, planted, phantom.truth);
  const rest = (both, first) =>
    both.map((m, p) => ({ ...m, data: m.data.map((x, i) => 2 * x - first[p].data[i]) }));
  const [first, both] = await meansOfRuns(whole, steps, [runs, 2 * runs]);
  const halves = [];
  for (const half of ['even', 'odd'])
    halves.push(await meansOfRuns(await analysed(phantom, half), steps, [runs / 2, runs]));
  const [[quarter, even], [, odd]] = halves;
  // In a half of the trials, signal and trial noise add up to 1; in all of them, the trial noise is half of it.
  const ofRunInHalf = (1 / cosine(quarter, rest(even, quarter)) - 1) * (runs / 2);
  const signal = cosine(even, odd) * (1 + ofRunInHalf / runs);
  const ofTrials = (1 - signal) / 2;
  const ofRun = (1 / cosine(first, rest(both, first)) - 1) * runs * (signal + ofTrials);
  return [signal, ofTrials, ofRun].map((x) => x / (signal + ofTrials + ofRun));
}

/** The median, over the voxels of shared concepts, of the cosine of two vectors of each. */
function medianCosine(a, b, planted, truth) {
  const cosines = a.flatMap((m, p) =>
    [...planted[p]].flatMap((c, v) => {
      if (!truth.concepts[c]?.shared) return [];
      const [x, y] = [m, b[p]].map(({ data }) => data.subarray(v * nDims, (v + 1) * nDims));
      return [x.reduce((sum, value, d) => sum + value * y[d], 0) / (Math.hypot(...x) * Math.hypot(...y))];
    }),
  );
  return cosines.sort((x, y) => x - y)[cosines.length >> 1];
}

const titles = ['seed', 'steps', 'runs', 'clusters', 'wrong', 'found', 'recall', 'least', 'precision'];
if (!values.shares)
  console.log([...titles, 'best single eps', 'best cut of each', 'nearest mean'].join('\t'));
for (const seed of numbers(values.seeds)) {
  const phantom = await library.makePhantom({ size: values.size, seed });
  if (values.shares) {
    for (const steps of numbers(values.steps)) {
      const text = (await shares(phantom, steps, Number(values.shares))).map((x) => x.toFixed(2));
      console.log(`seed ${seed}, ${steps} steps: signal ${text[0]}, trials ${text[1]}, one run ${text[2]}`);
    }
    continue;
  }
  const study = await analysed(phantom);
  for (const steps of numbers(values.steps)) {
    const counts = numbers(values.runs);
    for (const [k, vectors] of (await meansOfRuns(study, steps, counts)).entries()) {
      const row = await score(phantom.truth, study.planted, vectors);
      const shares = [row.recall, row.least, row.precision].map((x) => x.toFixed(2));
      const best = `${row.best.found} at ${row.best.eps.toFixed(2)}`;
      const bounds = [best, row.anyCut.toFixed(2), row.centroid.toFixed(2)];
      console.log(
        [seed, steps, counts[k], row.clusters, row.wrong, row.found, ...shares, ...bounds].join('\t'),
      );
      if (values.concepts)
        for (const { name, precision, recall } of row.own)
          console.log(
            `\t${name}: precision ${precision?.toFixed(2) ?? 'none'}, recall ${recall?.toFixed(2) ?? 0}`,
          );
    }
  }
}
