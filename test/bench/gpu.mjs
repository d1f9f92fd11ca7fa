// Our training step on a GPU beside PyTorch's on the same GPU: node test/bench/gpu.mjs [--voxels N] [--trials N]
// [--steps N] [--engines webgpu,tfjs-webgpu,cpu] [--kernels] [--json FILE]. Needs the build, the part `webgpu`
// (sdc add webgpu), an NVIDIA GPU with a Vulkan driver, and a python3 with a CUDA build of torch (--python PATH;
// --device cpu runs the peer without one, for a trial of this script). The peer makes the data: both train on the same
// betas, targets, batches and start; the noise is each one's own.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openTraining } from '../../dist/engine/engines.js';
import { emptyState } from '../../dist/engine/training.js';
import { webgpuAdapter } from '../../dist/engine/webgpu/openGpu.js';

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '21750' },
    voxels: { type: 'string', default: '17883' },
    dims: { type: 'string', default: '512' },
    batch: { type: 'string', default: '128' },
    steps: { type: 'string', default: '5001' },
    engines: { type: 'string', default: 'webgpu,tfjs-webgpu' },
    'other-steps': { type: 'string', default: '40' },
    kernels: { type: 'boolean' },
    compile: { type: 'boolean' },
    device: { type: 'string', default: 'cuda' },
    python: { type: 'string', default: 'python3' },
    folder: { type: 'string' },
    json: { type: 'string' },
  },
});
const [nTrials, nVoxels, nDims, batchSize, steps] = ['trials', 'voxels', 'dims', 'batch', 'steps'].map(
  (name) => Number(values[name]),
);
const made = values.folder ? undefined : mkdtempSync(join(tmpdir(), 'gpu-bench-'));
const folder = values.folder ?? made;
const results = { nTrials, nVoxels, nDims, batchSize, steps, runs: [] };
const say = (line) => console.log(line);

function runPeer() {
  const sizes = ['trials', 'voxels', 'dims', 'batch', 'steps'].flatMap((name) => [`--${name}`, values[name]]);
  const script = join(import.meta.dirname, 'gpu_peer.py');
  const args = [
    script,
    folder,
    ...sizes,
    '--device',
    values.device,
    ...(values.compile ? ['--compile'] : []),
  ];
  const { status } = spawnSync(values.python, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${values.python} ended with ${status}; is torch installed?`);
}

const path = (name) => join(folder, name);
const floats = (name) => new Float32Array(new Uint8Array(readFileSync(path(name))).buffer);

/** The peer's problem as our engines take it. */
function problemOf(noiseSd) {
  const targets = floats('targets.f32');
  const order = new Int32Array(new Uint8Array(readFileSync(path('order.i32'))).buffer);
  const file = openSync(path('betas.f32'), 'r');
  const readBetas = (first, out) => {
    readSync(
      file,
      new Uint8Array(out.buffer, out.byteOffset, out.byteLength),
      0,
      out.byteLength,
      first * nVoxels * 4,
    );
  };
  const rowsOf = (step) => order.subarray(step * batchSize, (step + 1) * batchSize);
  return {
    ...{ nVoxels, nDims, batchSize, noiseKey: [1, 2] },
    start: { ...emptyState(nVoxels, nDims), weight: floats('weight.f32'), bias: floats('bias.f32') },
    rule: { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, temperature: 0.03, noiseSd },
    readBetas: (step, out) => {
      for (const [i, row] of rowsOf(step).entries())
        readBetas(row, out.subarray(i * nVoxels, (i + 1) * nVoxels));
    },
    readTargets: (step, out) => {
      for (const [i, row] of rowsOf(step).entries())
        out.set(targets.subarray(row * nDims, (row + 1) * nDims), i * nDims);
    },
    table: { key: folder, nRows: nTrials, rows: (step, out) => out.set(rowsOf(step)), readBetas, targets },
  };
}

/** The first gradient and losses, without noise, against float64. */
async function agreement(engine, count) {
  const reference = JSON.parse(readFileSync(path('reference.json'), 'utf8'));
  const began = performance.now();
  const training = await openTraining(engine, problemOf(0));
  const openSeconds = (performance.now() - began) / 1000;
  try {
    const losses = [];
    await training.advance(1, ({ loss }) => losses.push(loss));
    const { weightFirst } = await training.state();
    let gradient = 0;
    for (const [i, v] of reference.voxels.entries()) {
      for (let d = 0; d < nDims; d++) {
        const mine = weightFirst[v * nDims + d] / 0.1;
        gradient = Math.max(gradient, Math.abs(mine - reference.gradient[i * nDims + d]));
      }
    }
    await training.advance(Math.min(count, reference.losses.length), ({ loss }) => losses.push(loss));
    const errors = losses.map((loss, i) => Math.abs(loss - reference.losses[i]) / reference.losses[i]);
    return {
      gradient: gradient / reference.largestGradient,
      losses: Math.max(...errors),
      first10: Math.max(...errors.slice(0, 10)),
      openSeconds,
    };
  } finally {
    await training.close();
  }
}

/** A whole training: seconds to open it (with the upload), for its steps, and to read its state back. */
async function time(engine, noiseSd, count) {
  const clock = () => performance.now() / 1000;
  const began = clock();
  const training = await openTraining(engine, problemOf(noiseSd));
  const opened = clock();
  const losses = [];
  const onStep = ({ loss }) => losses.push(loss);
  try {
    const warm = Math.min(2, count - 1);
    await training.advance(warm, onStep);
    const warmed = clock();
    await training.advance(count, onStep);
    const done = clock();
    const state = await training.state();
    const read = clock();
    return {
      ...{ engine, noise: noiseSd > 0, steps: count, losses },
      ms: ((done - warmed) / (count - warm)) * 1000,
      openSeconds: opened - began,
      stepsSeconds: done - opened,
      readSeconds: read - done,
      bytes: createHash('sha256').update(new Uint8Array(state.weight.buffer)).digest('hex'),
    };
  } finally {
    await training.close();
  }
}

/** Runs a part of the benchmark; one that fails must not lose the others. */
async function part(name, work) {
  try {
    return await work();
  } catch (error) {
    say(`${name}: failed: ${error.stack ?? error}`);
    return undefined;
  } finally {
    if (values.json) writeFileSync(values.json, JSON.stringify(results));
  }
}

const lastMean = (losses) => {
  const tail = losses.slice(-200);
  return tail.reduce((sum, loss) => sum + loss, 0) / tail.length;
};

await part('PyTorch', async () => {
  const known = values.folder && readKnown();
  if (!known) runPeer();
  results.peer = JSON.parse(readFileSync(path('peer.json'), 'utf8'));
});

function readKnown() {
  try {
    return JSON.parse(readFileSync(path('peer.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

results.adapter = await part('adapter', webgpuAdapter);
say(`WebGPU: ${results.adapter?.name}`);
for (const engine of values.engines.split(',')) {
  const own = engine === 'webgpu';
  const count = own ? steps : Math.min(steps, Number(values['other-steps']));
  await part(`${engine}, agreement`, async () => {
    const found = await agreement(engine, own ? 100 : 10);
    results.runs.push({ engine, agreement: found });
    say(
      `${engine} against float64: gradient ${found.gradient.toExponential(1)} of its largest, ` +
        `losses ${found.first10.toExponential(1)} over 10 steps, ${found.losses.toExponential(1)} over all compared; ` +
        `opened in ${found.openSeconds.toFixed(2)} s`,
    );
  });
  for (const noiseSd of own ? [1, 1, 0] : [1]) {
    await part(engine, async () => {
      const run = await time(engine, noiseSd, count);
      results.runs.push(run);
      say(
        `${engine}, ${noiseSd ? 'with' : 'without'} noise: ${run.ms.toFixed(4)} ms a step over ${count} steps; ` +
          `open ${run.openSeconds.toFixed(2)} s, steps ${run.stepsSeconds.toFixed(2)} s, ` +
          `read ${run.readSeconds.toFixed(2)} s; last losses ${lastMean(run.losses).toExponential(3)}; ` +
          `weights ${run.bytes.slice(0, 12)}`,
      );
      for (const peer of results.peer?.runs ?? []) {
        if (peer.noise !== noiseSd > 0) continue;
        const same = peer.losses.length === run.losses.length;
        say(
          `  / PyTorch ${peer.way}, ${peer.tf32 ? 'TF32' : 'float32'}: ${(run.ms / peer.ms).toFixed(3)}` +
            (same ? `; its last losses ${lastMean(peer.losses).toExponential(3)}` : ''),
        );
      }
    });
  }
}
if (values.kernels) {
  await part('kernels', async () => {
    const { openWebgpuTraining } = await import('../../dist/engine/webgpu/openWebgpuTraining.js');
    const training = await openWebgpuTraining(problemOf(1));
    await training.timeKernels(200);
    results.kernels = await training.timeKernels(200);
    await training.close();
    const times = Object.entries(results.kernels).map(([name, ms]) => `${name} ${(ms * 1000).toFixed(1)}`);
    say(`kernels, µs: ${times.join(', ')}`);
  });
}
if (made) rmSync(made, { recursive: true });
