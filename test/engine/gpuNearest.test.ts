import { beforeEach, describe, expect, it } from 'vitest';
import { nearestByParticipant } from '../../src/cluster/nearestByParticipant.js';
import { FastPairs } from '../../src/engine/fastPairs.js';
import { referencePairs } from '../../src/engine/referencePairs.js';
import { tryEngine } from '../../src/engine/tryEngine.js';
import { poolVectors } from '../../src/engine/vectorPool.js';
import { gpuNearest } from '../../src/engine/webgpu/gpuNearest.js';
import { gpuPairs } from '../../src/engine/webgpu/gpuPairs.js';
import { matrix } from '../../src/util/array.js';
import { randomStream } from '../../src/util/random.js';
import { clumpedVectors } from '../cluster/random.js';
import { useSwiftShader } from './useSwiftShader.js';

useSwiftShader();

describe('gpuNearest', { timeout: 300_000 }, () => {
  beforeEach(async (context) => {
    const { works, problem } = await tryEngine('webgpu');
    if (!works) context.skip(problem);
  });

  it('equals the float64 definition on clumps, with a zero vector and an empty group', async () => {
    const clumps = clumpedVectors(7, [150, 90, 0, 130], 40);
    clumps[0]!.data.fill(0, 5 * 40, 6 * 40);
    const pool = poolVectors(clumps);
    expect(await gpuNearest(pool)).toEqual(await referencePairs.nearest(pool));
  });

  it('equals it where whole numbers make ties and duplicates, and where more pairs tie than there is room for', async () => {
    const stream = randomStream(1, 'ties');
    const whole = (size: number, most: number) =>
      matrix(
        size,
        4,
        new Float32Array(size * 4).map(() => stream.integer(most) - 1),
      );
    const ties = poolVectors([whole(70, 4), whole(60, 4), whole(80, 4)]);
    expect(await gpuNearest(ties)).toEqual(await referencePairs.nearest(ties));
    const ones = [140, 150, 140].map((size) => matrix(size, 4, new Float32Array(size * 4).fill(1)));
    const same = poolVectors(ones);
    expect(await gpuNearest(same, { capacity: 1 })).toEqual(await referencePairs.nearest(same));
  });

  it('equals it over several runs of dimensions, the last one short', async () => {
    const pool = poolVectors(clumpedVectors(5, [70, 60, 50], 200));
    expect(await gpuNearest(pool)).toEqual(await referencePairs.nearest(pool));
  });

  it('equals it where other threads decide the candidates', async () => {
    const pool = poolVectors(clumpedVectors(9, [90, 70, 80], 40));
    const engine = gpuPairs(await FastPairs.open(pool, { threads: 3, product: 'wasm' }));
    expect(await engine.nearest(pool)).toEqual(await referencePairs.nearest(pool));
    await engine.close();
  });

  it('serves nearestByParticipant as engine webgpu', async () => {
    const clumps = clumpedVectors(3, [40, 30, 50], 20);
    const expected = await nearestByParticipant(clumps, { engine: 'reference' });
    expect(await nearestByParticipant(clumps, { engine: 'webgpu' })).toEqual(expected);
  });

  it('has nothing to say of a single group', async () => {
    const pool = poolVectors(clumpedVectors(1, [20], 8));
    expect(await gpuNearest(pool)).toEqual(await referencePairs.nearest(pool));
  });

  it('stops at its signal', async () => {
    const pool = poolVectors(clumpedVectors(1, [20, 20], 8));
    const aborted = gpuNearest(pool, { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ tag: 'aborted' });
  });
});
