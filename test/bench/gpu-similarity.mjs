// The similarity pass on a GPU beside our CPU engine and PyTorch on the same GPU:
// node test/bench/gpu-similarity.mjs [--sizes 20000,60000,120000] [--threads N] [--python PATH] [--cpu-most 60000]
// Ours decide every largest cosine in float64, and must agree; PyTorch's are float32.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FastPairs } from '../../dist/engine/fastPairs.js';
import { poolVectors } from '../../dist/engine/vectorPool.js';
import { gpuPairs } from '../../dist/engine/webgpu/gpuPairs.js';
import { webgpuAdapter } from '../../dist/engine/webgpu/openGpu.js';
import { benchVectors, pooled } from './cluster-data.mjs';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '20000,60000' },
    dims: { type: 'string', default: '512' },
    threads: { type: 'string', default: String(availableParallelism()) },
    python: { type: 'string', default: 'python3' },
    'cpu-most': { type: 'string', default: '60000' },
    json: { type: 'string' },
  },
});
const nDims = Number(values.dims);
const nGroups = 8;
const results = [];

async function fastest(rounds, work) {
  let [best, answer] = [Number.POSITIVE_INFINITY, undefined];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    answer = await work();
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return { seconds: best, answer };
}

const sameBytes = (a, b) => Buffer.from(a.buffer).equals(Buffer.from(b.buffer));

console.log(`WebGPU: ${(await webgpuAdapter())?.name}`);
for (const n of values.sizes.split(',').map(Number)) {
  const vectors = benchVectors(n, nDims, nGroups);
  const pool = poolVectors(vectors);
  const engine = await FastPairs.open(pool, { threads: Number(values.threads), product: 'onnx' });
  const gpu = await fastest(3, () => gpuPairs(engine).nearest(pool));
  const line = [`n = ${n}: webgpu ${gpu.seconds.toFixed(2)} s`];
  const result = { n, nDims, gpuSeconds: gpu.seconds };
  results.push(result);
  if (n <= Number(values['cpu-most'])) {
    const cpu = await fastest(2, () => engine.nearest(pool));
    result.cpuSeconds = cpu.seconds;
    result.same =
      sameBytes(cpu.answer.similarity, gpu.answer.similarity) && sameBytes(cpu.answer.row, gpu.answer.row);
    line.push(`cpu on ${values.threads} threads ${cpu.seconds.toFixed(2)} s, same bytes: ${result.same}`);
  }
  await engine.close();
  const folder = mkdtempSync(join(tmpdir(), 'gpu-similarity-'));
  try {
    const path = join(folder, 'vectors.f32');
    writeFileSync(path, new Uint8Array(pooled(vectors).data.buffer));
    const script = join(import.meta.dirname, 'gpu_similarity_peer.py');
    const said = execFileSync(values.python, [script, path, n, nDims, nGroups].map(String), {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    const peer = JSON.parse(said);
    result.torchSeconds = peer.seconds;
    line.push(
      `PyTorch float32 ${peer.seconds.toFixed(2)} s, ratio ${(gpu.seconds / peer.seconds).toFixed(2)}`,
    );
  } catch (error) {
    line.push(`PyTorch failed: ${error.message.split('\n')[0]}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.log(line.join('; '));
  if (values.json) writeFileSync(values.json, JSON.stringify(results));
}
process.exit();
