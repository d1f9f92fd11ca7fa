// One run that starts near zero beside the mean of many that start as the paper's: `node test/bench/init-scale.mjs
// [--steps 300,1000] [--runs 25] [--voxels N]`. Prints, for a simulated participant with noise shared across voxels,
// the mean cosine over voxels of the mean weights of 1 … N runs at scale 1 with one run at scale 0.02, of both with
// the planted directions, and the held-out top-1 accuracy. Needs the build.
import { parseArgs } from 'node:util';
import { fitDecoder, meanOfRuns, predictEmbeddings, retrievalAccuracy } from '../../dist/decode/index.js';
import { randomStream } from '../../dist/util/random.js';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '300,1000' },
    runs: { type: 'string', default: '25' },
    voxels: { type: 'string', default: '600' },
    dims: { type: 'string', default: '64' },
    stimuli: { type: 'string', default: '800' },
    signal: { type: 'string', default: '0.15' },
    lr: { type: 'string', default: '1e-4' },
  },
});
const [nVoxels, nDims, nStimuli] = [values.voxels, values.dims, values.stimuli].map(Number);
const signal = Number(values.signal);
const repetitions = 3;

/** Betas with a share `signal` of variance from the voxel's own direction, the rest white and shared noise. */
function simulate() {
  const stream = randomStream(0, 'init-scale');
  const normals = (name, length) => stream.child(name).normals(new Float32Array(length));
  // dimensions of falling variance, as embeddings have
  const embeddings = normals('embeddings', nStimuli * nDims).map(
    (x, i) => x / Math.sqrt(1 + (i % nDims) / 4),
  );
  const tuning = normals('tuning', nVoxels * nDims);
  const nTrials = nStimuli * repetitions;
  const factors = normals('factors', nTrials * 8);
  const loadings = normals('loadings', nVoxels * 8);
  const betas = normals('noise', nTrials * nVoxels);
  const stimulus = Int32Array.from({ length: nTrials }, (_, trial) => trial % nStimuli);
  for (let v = 0; v < nVoxels; v++) {
    const response = new Float64Array(nStimuli);
    for (let s = 0; s < nStimuli; s++) {
      for (let d = 0; d < nDims; d++) response[s] += tuning[v * nDims + d] * embeddings[s * nDims + d];
    }
    const sd = Math.sqrt(response.reduce((sum, x) => sum + x * x, 0) / nStimuli);
    for (let trial = 0; trial < nTrials; trial++) {
      let shared = 0;
      for (let f = 0; f < 8; f++) shared += factors[trial * 8 + f] * loadings[v * 8 + f];
      const noise = (betas[trial * nVoxels + v] + shared / Math.sqrt(8)) / Math.SQRT2;
      const own = response[stimulus[trial]] / sd;
      betas[trial * nVoxels + v] = Math.sqrt(signal) * own + Math.sqrt(1 - signal) * noise;
    }
  }
  return {
    betas: { data: betas, shape: [nTrials, nVoxels] },
    embeddings: { data: embeddings, shape: [nStimuli, nDims] },
    stimulus,
    tuning,
  };
}

function meanCosine(a, b) {
  let sum = 0;
  for (let v = 0; v < nVoxels; v++) {
    let [dot, aa, bb] = [0, 0, 0];
    for (let i = v * nDims; i < (v + 1) * nDims; i++) {
      dot += a[i] * b[i];
      aa += a[i] * a[i];
      bb += b[i] * b[i];
    }
    sum += dot / Math.sqrt(aa * bb);
  }
  return sum / nVoxels;
}

const data = simulate();
const trials = [...data.stimulus.keys()];
const test = trials.filter((trial) => data.stimulus[trial] >= nStimuli * 0.75);
const rows = trials.filter((trial) => data.stimulus[trial] < nStimuli * 0.75);

async function top1(decoder) {
  const predictions = await predictEmbeddings(decoder, data.betas, test);
  const stimulus = test.map((trial) => data.stimulus[trial]);
  const query = { predictions, stimulus, embeddings: data.embeddings };
  const { topK } = await retrievalAccuracy(query, { k: [1], bootstrap: 0, permutations: 0 });
  return topK[0].accuracy;
}

console.log('steps\tinitial scale\truns\tcosine with the run at 0.02\tcosine with planted\ttop-1 %');
for (const steps of values.steps.split(',').map(Number)) {
  const trained = (seed, initScale) =>
    fitDecoder({ ...data, rows }, { steps, seed, initScale, learningRate: Number(values.lr) });
  const small = await trained(1000, 0.02);
  const line = async (scale, runs, decoder) => {
    const cosines = [small.weight.data, data.tuning].map((other) =>
      meanCosine(decoder.weight.data, other).toFixed(2),
    );
    console.log([steps, scale, runs, ...cosines, ((await top1(decoder)) * 100).toFixed(1)].join('\t'));
  };
  await line(0.02, 1, small);
  await line(0.02, 'another', await trained(1001, 0.02));
  const fits = [];
  for (let run = 1; run <= Number(values.runs); run++) {
    fits.push(await trained(run, 1));
    if ([1, 5, 10, 25, 50].includes(run)) await line(1, run, await meanOfRuns(fits.map((one) => () => one)));
  }
}
