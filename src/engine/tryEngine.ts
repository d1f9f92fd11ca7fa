import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type EngineName, openTraining, partOfEngine } from './engines.js';
import { builtUrl } from './pool.js';
import { tinyProblem } from './tinyProblem.js';

/** How an engine did on the tiny problem. */
export interface EngineTrial {
  works: boolean;
  /** Why not. */
  problem?: string;
  /** The device, where the engine has one of its own. */
  device?: string;
  /** The device is a processor that poses as a GPU: right, but slow. */
  emulated?: boolean;
  /** Milliseconds a step of the tiny problem took. */
  stepMs?: number;
}

const trials = new Map<EngineName, Promise<EngineTrial>>();
const steps = 4;
const limitMs = 180_000;

/**
 * Tries an engine once in a process of its own, because native engines can take the process with them: it loads,
 * does a tiny training, and must agree with the wasm engine. Remembered for the life of this process.
 */
export function tryEngine(name: EngineName): Promise<EngineTrial> {
  let trial = trials.get(name);
  if (!trial) trials.set(name, (trial = inChild(name)));
  return trial;
}

function inChild(name: EngineName): Promise<EngineTrial> {
  const script = fileURLToPath(builtUrl(new URL('./try-engine.js', import.meta.url)));
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, name], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    const end = (problem?: string) => {
      clearTimeout(timer);
      const line = out.split('\n').findLast((text) => text.startsWith('{'));
      if (line) return resolve(JSON.parse(line) as EngineTrial);
      const last = err.trim().split('\n').at(-1);
      resolve({ works: false, problem: [problem, last].filter(Boolean).join(': ') });
    };
    child.on('error', (error) => end(error.message));
    child.on('close', (code, signal) =>
      end(signal ? `the trial was ended by ${signal}` : `it ended with ${code}`),
    );
  });
}

/** What the child does. */
export async function runTrial(name: EngineName): Promise<EngineTrial> {
  try {
    const expected = await losses('wasm');
    const { values, stepMs } = await losses(name);
    for (const [i, value] of values.entries()) {
      if (!(Math.abs(value - expected.values[i]!) < 1e-4 * expected.values[i]!)) {
        const problem = `computes wrongly: loss ${value} at step ${i}, where it must be ${expected.values[i]}`;
        return { works: false, problem };
      }
    }
    if (partOfEngine(name) !== 'webgpu') return { works: true, stepMs };
    const { webgpuAdapter } = await import('./webgpu/openGpu.js');
    const adapter = await webgpuAdapter();
    return { works: true, stepMs, device: adapter?.name, emulated: adapter?.isCpu };
  } catch (error) {
    return { works: false, problem: (error as Error).message };
  }
}

async function losses(name: EngineName): Promise<{ values: number[]; stepMs: number }> {
  const training = await openTraining(name, tinyProblem(), 1);
  try {
    const values: number[] = [];
    const onStep = ({ loss }: { loss: number }) => values.push(loss);
    await training.advance(1, onStep);
    const start = performance.now();
    await training.advance(steps, onStep);
    return { values, stepMs: (performance.now() - start) / (steps - 1) };
  } finally {
    await training.close();
  }
}
