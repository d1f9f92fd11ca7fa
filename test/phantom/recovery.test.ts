import { describe, expect, it } from 'vitest';
import * as library from '../../src/index.js';
import { recover, summary } from '../bench/recover.mjs';

const { makePhantom } = library;

describe('recovery on the tiny phantom, at the default parameters', { timeout: 600_000 }, () => {
  it('finds most planted concepts at full signal, nothing at a fiftieth of it, and never a false one', async () => {
    const full = await recover(library, await makePhantom({ size: 'tiny' }), {
      kinds: ['patterns', 'tuning'],
    });
    for (const kind of ['patterns', 'tuning'] as const) {
      const { found, shared, others, falseClusters } = summary(full[kind].score);
      expect(shared).toBe(12);
      expect(found, kind).toBeGreaterThanOrEqual(9);
      expect({ others, falseClusters }, kind).toEqual({ others: 0, falseClusters: 0 });
    }
    const faint = await recover(library, await makePhantom({ size: 'tiny', signalScale: 0.02 }), {
      kinds: ['tuning'],
    });
    const { found, others, falseClusters } = summary(faint.tuning.score);
    expect({ found, others, falseClusters }).toEqual({ found: 0, others: 0, falseClusters: 0 });
    expect(faint.tuning.nAnalysed).toBeLessThan(0.5 * full.tuning.nAnalysed);
  });

  it('finds no cluster where nothing is planted, on eight seeds by tuning and on one by patterns', async () => {
    const { embeddings: pictures, words } = await makePhantom({ size: 'tiny', nParticipants: 1 });
    for (let seed = 0; seed < 8; seed++) {
      // The embeddings are the same for every seed: made once.
      const embeddings = { pictures, words };
      const nothing = await makePhantom({ size: 'tiny', seed, planted: false, embeddings });
      const found = await recover(library, nothing, {
        kinds: seed === 0 ? ['patterns', 'tuning'] : ['tuning'],
      });
      expect(found.tuning.nClusters, `tuning, seed ${seed}`).toBe(0);
      if (seed === 0) expect(found.patterns.nClusters, `patterns, seed ${seed}`).toBe(0);
    }
  });
});
