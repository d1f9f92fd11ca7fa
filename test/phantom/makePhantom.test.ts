import { describe, expect, it } from 'vitest';
import { makePhantom } from '../../src/phantom/index.js';

describe('makePhantom', () => {
  it('gives the same bytes for the same seed, however the betas are read', async () => {
    const read = async (blocks: number[]) => {
      const { betas } = (await makePhantom({ size: 'tiny', seed: 3, nParticipants: 1 })).participants[0]!;
      const parts: Float32Array[] = [];
      for (let i = 1; i < blocks.length; i++) parts.push(await betas.readRows(blocks[i - 1]!, blocks[i]!));
      return parts.flatMap((part) => [...part]);
    };
    expect(await read([0, 700])).toEqual(await read([0, 1, 299, 301, 650, 700]));
  });
});
