// The training step beside PyTorch's on the same cores: `npm run bench:train -- [--json] [--voxels N] [--threads 1,2]
// [--rounds N]`. Both sides run in turn within one go; medians and their ratio are printed. Needs the build and a
// python3 with torch (--python PATH).
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { openTraining } from '../../dist/engine/engines.js';
import { emptyState } from '../../dist/engine/training.js';
import { randomStream } from '../../dist/util/random.js';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    voxels: { type: 'string', default: '15000' },
    threads: { type: 'string', default: [...new Set([1, availableParallelism()])].join(',') },
    rounds: { type: 'string', default: '12' },
    steps: { type: 'string', default: '8' },
    engine: { type: 'string', default: 'cpu' },
    python: { type: 'string', default: 'python3' },
  },
});
const sizes = { nTrials: 2000, nVoxels: Number(values.voxels), nDims: 512, batch: 128 };
const rounds = Number(values.rounds);
const steps = Number(values.steps);
const flops = 4 * sizes.nVoxels * sizes.nDims * sizes.batch;
const say = (line) => !values.json && console.log(line);
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

/** PyTorch in a process of its own; OpenBLAS reads its core type and its threads only when it starts. */
function openPeer(coreType, threads) {
  const env = { ...process.env, OPENBLAS_CORETYPE: coreType };
  for (const name of ['OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS']) env[name] = String(threads);
  if (!coreType) delete env.OPENBLAS_CORETYPE;
  const script = join(import.meta.dirname, 'train_peer.py');
  const child = spawn(values.python, [script], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift().resolve(JSON.parse(line)));
  child.on('exit', (code) => {
    for (const { reject } of waiting)
      reject(new Error(`${values.python} ended with ${code}; is torch installed?`));
  });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify(request)}\n`);
      }),
    close: () => child.stdin.end(),
  };
}

/** The core type with the fastest sgemm: left to itself, OpenBLAS may not know the processor. */
async function fastestCoreType() {
  const speeds = {};
  for (const coreType of ['', 'Haswell', 'Zen', 'SkylakeX', 'Cooperlake', 'SapphireRapids']) {
    const peer = openPeer(coreType, 1);
    await peer.ask({ do: 'threads', threads: 1 });
    speeds[coreType] = (await peer.ask({ do: 'gflops', seconds: 0.7 })).gflops;
    peer.close();
  }
  say(
    `sgemm on one core by OPENBLAS_CORETYPE: ${JSON.stringify(speeds, (_, v) => (v > 0 ? Math.round(v) : v))}`,
  );
  return Object.entries(speeds).sort((a, b) => b[1] - a[1])[0][0];
}

async function openOurs(threads, noiseSd) {
  const { nTrials, nVoxels, nDims, batch } = sizes;
  const stream = randomStream(0, 'bench');
  const betas = new Float32Array(nTrials * nVoxels);
  for (let i = 0; i < betas.length; i++) betas[i] = (Math.imul(i, 2654435761) >>> 8) / 2 ** 23 - 1;
  const targets = stream.normals(new Float32Array(nTrials * nDims));
  for (let row = 0; row < nTrials; row++) {
    const y = targets.subarray(row * nDims, (row + 1) * nDims);
    const norm = Math.hypot(...y);
    for (let d = 0; d < nDims; d++) y[d] /= norm;
  }
  const rows = (step) => {
    const order = randomStream(step, 'rows');
    return Int32Array.from({ length: batch }, () => order.integer(nTrials));
  };
  const gather = (source, width) => (step, out) => {
    for (const [i, row] of rows(step).entries())
      out.set(source.subarray(row * width, (row + 1) * width), i * width);
  };
  const start = emptyState(nVoxels, nDims);
  for (let i = 0; i < start.weight.length; i++) {
    start.weight[i] = ((Math.imul(i, 2246822519) >>> 8) / 2 ** 23 - 1) / Math.sqrt(nVoxels);
  }
  const training = await openTraining(
    values.engine,
    {
      ...{ nVoxels, nDims, batchSize: batch, noiseKey: stream.key, start },
      rule: { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, temperature: 0.03, noiseSd },
      readBetas: gather(betas, nVoxels),
      readTargets: gather(targets, nDims),
    },
    threads,
  );
  let done = 0;
  return {
    async times(count) {
      const out = [];
      let last = performance.now();
      await training.advance((done += count), () => {
        const now = performance.now();
        out.push(now - last);
        last = now;
      });
      return out;
    },
    close: () => training.close(),
  };
}

async function fastestAdam(peer) {
  const times = {};
  for (const adam of ['torch.optim.Adam', 'torch.optim.Adam foreach', 'in-place operations']) {
    await peer.ask({ do: 'open', adam, ...sizes });
    await peer.ask({ do: 'steps', steps: 3, noise: false });
    times[adam] = median((await peer.ask({ do: 'steps', steps: 8, noise: false })).ms);
  }
  say(`PyTorch step by its Adam, ms: ${JSON.stringify(times, (_, v) => (v > 0 ? Math.round(v) : v))}`);
  return Object.entries(times).sort((a, b) => a[1] - b[1])[0][0];
}

const coreType = await fastestCoreType();
const results = [];
let torch;
for (const threads of values.threads.split(',').map(Number)) {
  const peer = openPeer(coreType, threads);
  ({ torch } = await peer.ask({ do: 'threads', threads }));
  const { gflops } = await peer.ask({ do: 'gflops' });
  const adam = await fastestAdam(peer);
  await peer.ask({ do: 'open', adam, ...sizes });
  for (const noise of [true, false]) {
    const ours = await openOurs(threads, noise ? 1 : 0);
    const times = { ours: [], torch: [] };
    await ours.times(steps);
    await peer.ask({ do: 'steps', steps: 3, noise });
    for (let round = 0; round < rounds; round++) {
      // the first step of a stretch does its own forward pass, the last none for the next
      times.ours.push(...(await ours.times(steps)).slice(1, -1));
      times.torch.push(...(await peer.ask({ do: 'steps', steps, noise })).ms.slice(1));
    }
    await ours.close();
    const [mine, theirs] = [median(times.ours), median(times.torch)];
    const row = {
      threads,
      noise,
      oursMs: mine,
      torchMs: theirs,
      ratio: mine / theirs,
      oursFastestMs: Math.min(...times.ours),
      torchFastestMs: Math.min(...times.torch),
      sgemmGflops: gflops,
      shareOfPeak: flops / (mine * 1e6) / gflops,
      adam,
    };
    results.push(row);
    say(
      `${threads} thread${threads > 1 ? 's' : ''}, ${noise ? 'with' : 'without'} noise: ours ${mine.toFixed(1)} ms, ` +
        `PyTorch ${theirs.toFixed(1)} ms (${adam}), ratio ${row.ratio.toFixed(2)}; ` +
        `${(row.shareOfPeak * 100).toFixed(0)} % of the sgemm peak of ${gflops.toFixed(0)} GFLOP/s; ` +
        `fastest steps ${row.oursFastestMs.toFixed(1)} and ${row.torchFastestMs.toFixed(1)}`,
    );
  }
  peer.close();
}
const headline = results.findLast((row) => row.noise);
const summary = { ratio: headline.ratio, ratioWithoutNoise: results.findLast((row) => !row.noise).ratio };
const setting = { ...sizes, engine: values.engine, torch, openblasCoreType: coreType || 'its own choice' };
if (values.json) console.log(JSON.stringify({ ...summary, ...setting, results }));
else
  console.log(
    `ratio of medians on ${headline.threads} threads: ${summary.ratio.toFixed(2)} (torch ${torch})`,
  );
