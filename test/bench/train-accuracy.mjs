// From betas in memory to a decoder of a given accuracy, beside PyTorch on the same cores:
// `node test/bench/train-accuracy.mjs [--json] [--voxels N] [--top1 0.5] [--every 50] [--max-steps 400] [--rounds 3]`.
// One simulated participant: responses linear in 32 hidden dimensions of the embeddings, in noise. Both sides draw
// their own start, order and noise; each trains until its validation top-1 (300 images, measured every `--every`
// steps) is reached. Needs the build and a python3 with torch (--python PATH).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fitDecoder, matrix, randomStream, writeNpy } from '../../dist/index.js';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    voxels: { type: 'string', default: '15000' },
    top1: { type: 'string', default: '0.5' },
    every: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '3' },
    'max-steps': { type: 'string', default: '400' },
    signal: { type: 'string', default: '0.01' },
    python: { type: 'string', default: 'python3' },
    coretype: { type: 'string', default: 'SkylakeX' },
  },
});
const [nVoxels, goal, every] = [Number(values.voxels), Number(values.top1), Number(values.every)];
const maxSteps = Number(values['max-steps']);
const [nTrain, nValidation, nDims, nHidden] = [2400, 300, 512, 32];
const threads = availableParallelism();

function simulate() {
  const random = randomStream(0, 'bench to accuracy');
  const nStimuli = nTrain / 3 + nValidation;
  const hidden = random.child('hidden').normals(new Float32Array(nStimuli * nHidden));
  const directions = random.child('directions').normals(new Float32Array(nHidden * nDims));
  const gains = random.child('gains').normals(new Float32Array(nHidden * nVoxels));
  const embeddings = matrix(
    nStimuli,
    nDims,
    random.child('rest').normals(new Float32Array(nStimuli * nDims)),
  );
  for (let i = 0; i < nStimuli; i++) {
    for (let h = 0; h < nHidden; h++) {
      const x = hidden[i * nHidden + h];
      for (let d = 0; d < nDims; d++) embeddings.data[i * nDims + d] += x * directions[h * nDims + d];
    }
  }
  const nTrials = nTrain + nValidation;
  const stimulus = Int32Array.from({ length: nTrials }, (_, t) =>
    t < nTrain ? t % (nTrain / 3) : nTrain / 3 + t - nTrain,
  );
  const betas = matrix(nTrials, nVoxels, random.child('noise').normals(new Float32Array(nTrials * nVoxels)));
  const scale = Math.sqrt(Number(values.signal) / nHidden);
  for (let t = 0; t < nTrials; t++) {
    const row = betas.data.subarray(t * nVoxels, (t + 1) * nVoxels);
    for (let h = 0; h < nHidden; h++) {
      const x = scale * hidden[stimulus[t] * nHidden + h];
      for (let v = 0; v < nVoxels; v++) row[v] += x * gains[h * nVoxels + v];
    }
  }
  return { betas, stimulus, embeddings };
}

const data = simulate();
const rows = Int32Array.from({ length: nTrain }, (_, t) => t);
const validationRows = Int32Array.from({ length: nValidation }, (_, t) => nTrain + t);
const train = (steps) =>
  fitDecoder(
    { ...data, rows },
    { steps, validationRows, validateEvery: every, engine: 'cpu', threads, seed: 1 },
  );

const first = (await train(maxSteps)).validation;
const reached = first.find(({ top1 }) => top1 >= goal);
if (!reached)
  throw new Error(
    `top-1 ${goal} is not reached in ${maxSteps} steps (best ${Math.max(...first.map((p) => p.top1))})`,
  );

const folder = mkdtempSync(join(tmpdir(), 'train-accuracy-'));
try {
  await writeNpy(join(folder, 'betas.npy'), data.betas);
  await writeNpy(join(folder, 'embeddings.npy'), data.embeddings);
  await writeNpy(
    join(folder, 'stimulus.npy'),
    matrix(1, data.stimulus.length, Float32Array.from(data.stimulus)),
  );
  const times = { ours: [], torch: [] };
  let peer;
  for (let round = 0; round < Number(values.rounds); round++) {
    const start = performance.now();
    await train(reached.step);
    times.ours.push((performance.now() - start) / 1000);
    const script = join(import.meta.dirname, 'train_accuracy_peer.py');
    const argument = JSON.stringify({ folder, nTrain, goal, every, maxSteps, threads });
    const env = {
      ...process.env,
      OPENBLAS_CORETYPE: values.coretype,
      OPENBLAS_NUM_THREADS: String(threads),
      OMP_NUM_THREADS: String(threads),
    };
    const run = spawnSync(values.python, [script, argument], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (run.status !== 0) throw new Error(`${values.python} ended with ${run.status}; is torch installed?`);
    peer = JSON.parse(run.stdout);
    times.torch.push(peer.seconds);
  }
  const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
  const [ours, torch] = [median(times.ours), median(times.torch)];
  const result = {
    ratio: ours / torch,
    oursSeconds: ours,
    torchSeconds: torch,
    oursSteps: reached.step,
    torchSteps: peer.steps,
  };
  const sizes = { nVoxels, nDims, nTrain, nValidation, goal, every, threads, torch: peer.torch };
  if (values.json) console.log(JSON.stringify({ ...result, ...sizes }));
  else
    console.log(
      `validation top-1 of ${goal}: ours ${ours.toFixed(1)} s (${reached.step} steps), ` +
        `PyTorch ${torch.toFixed(1)} s (${peer.steps} steps), ratio ${result.ratio.toFixed(2)}`,
    );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
