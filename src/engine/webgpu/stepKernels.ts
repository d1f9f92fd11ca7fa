import { readFileSync } from 'node:fs';
import { builtUrl } from '../pool.js';
import type { TrainingProblem } from '../training.js';
import { forwardKernel } from './forwardKernel.js';
import type { GpuLayout } from './gpuLayout.js';
import { threadsOf } from './tiledProduct.js';
import { updateKernel } from './updateKernel.js';

/** One kernel of a step: its WGSL, and over how many workgroups it runs. */
export interface StepKernel {
  name: string;
  code: string;
  workgroups: [number, number, number];
}

const text = (name: string) => readFileSync(builtUrl(new URL(`./${name}.wgsl`, import.meta.url)), 'utf8');

/** The kernels of a step in their order; sizes and rule are constants in their text. */
export function stepKernels(
  layout: GpuLayout,
  { rule, noiseKey, addNoise }: Pick<TrainingProblem, 'rule' | 'noiseKey' | 'addNoise'>,
  chunkRows: number,
): StepKernel[] {
  const { voxelStride, dimStride, batchStride, batchSize, nSplits, tiles } = layout;
  const { forward, update } = tiles;
  const noiseSd = addNoise ? 0 : rule.noiseSd;
  const whole = { ...layout, tiles: undefined, chunkRows };
  const real = { ...rule, noiseSd, learningRate: undefined };
  const constants = [
    ...Object.entries(whole).map(([name, value]) => value !== undefined && `const ${name} = ${value}u;`),
    ...Object.entries(real).map(
      ([name, value]) => value !== undefined && `const ${name} = ${literal(value)};`,
    ),
    `const noiseKey = vec2u(${noiseKey[0]}u, ${noiseKey[1]}u);`,
    // place 0 is the number of the next step's entry; an entry is step, step size, root scale, and the batch's rows
    'fn scheduleEntry(place: u32) -> u32 { return 4u + place * (3u + batchSize); }',
  ].filter(Boolean);
  const kernel = (name: string, code: string, x: number, y = 1, z = 1): StepKernel => {
    return { name, code: [...constants, code].join('\n'), workgroups: [x, y, z] };
  };
  return [
    kernel('gather', text('noise') + text('gather'), voxelStride / 64, batchStride / 32),
    kernel(
      'forward',
      forwardKernel(forward),
      dimStride / forward.columns,
      batchStride / forward.rows,
      nSplits,
    ),
    kernel('predict', text('predict'), batchSize),
    kernel('contrast', text('contrast'), batchSize, 2),
    kernel('pull', text('pull'), batchSize + 1),
    kernel('update', updateKernel(update), dimStride / update.columns, voxelStride / update.rows + 1),
  ];
}

/** Bytes of workgroup memory and threads that the largest kernel needs. */
export function needsOf({ tiles, batchStride }: GpuLayout): { bytes: number; threads: number } {
  const of = ({ rows, columns, depth }: GpuLayout['tiles']['forward']) => 4 * depth * (rows + columns);
  return {
    bytes: Math.max(of(tiles.forward), of(tiles.update), 64 * 33 * 4, batchStride * 4 + 3072),
    threads: Math.max(256, threadsOf(tiles.forward), threadsOf(tiles.update)),
  };
}

/** A number as a WGSL literal of unlimited precision. */
function literal(value: number): string {
  const written = String(value);
  return /[.e]/.test(written) ? written : `${written}.0`;
}
