import { beforeAll, describe, expect, it } from 'vitest';
import { makePhantom, type Phantom } from '../../src/phantom/index.js';
import { noiseCeiling, zscoreBetas } from '../../src/prepare/index.js';
import { matrix, rowOf } from '../../src/util/array.js';

const read = async ({ betas }: Phantom['participants'][number]) =>
  matrix(betas.shape[0], betas.shape[1], (await betas.readRows(0, betas.shape[0])).slice());

const cosine = (a: Float32Array, b: Float32Array) => {
  let [dot, aa, bb] = [0, 0, 0];
  a.forEach((value, d) => {
    dot += value * b[d]!;
    aa += value * value;
    bb += b[d]! * b[d]!;
  });
  return dot / Math.sqrt(aa * bb);
};

describe('makePhantom', () => {
  let phantom: Phantom;
  beforeAll(async () => {
    phantom = await makePhantom({ size: 'tiny', seed: 3 });
  });

  it('gives the same bytes for the same seed, in whatever blocks and order the betas are read', async () => {
    const again = (await makePhantom({ size: 'tiny', seed: 3 })).participants[1]!.betas;
    const { betas } = phantom.participants[1]!;
    const nVoxels = betas.shape[1];
    const whole = (await betas.readRows(0, 700)).slice();
    for (const [start, end] of [
      [650, 700],
      [0, 1],
      [299, 601],
      [1, 299],
    ] as const) {
      const block = await again.readRows(start, end);
      expect(
        Buffer.from(block.slice().buffer).equals(
          Buffer.from(whole.slice(start * nVoxels, end * nVoxels).buffer),
        ),
      ).toBe(true);
    }
    const other = await makePhantom({ size: 'tiny', seed: 4, nParticipants: 2 });
    expect(await other.participants[1]!.betas.readRows(0, 1)).not.toEqual(whole.slice(0, nVoxels));
    expect(
      Buffer.from(other.embeddings.data.buffer).equals(Buffer.from(phantom.embeddings.data.buffer)),
    ).toBe(true);
  });

  it('has more than a thousand pictures whose embeddings have a mean direction and a decaying spectrum', () => {
    const { stimuli, embeddings, words } = phantom;
    expect(stimuli.length).toBeGreaterThan(1000);
    expect(embeddings.shape).toEqual([stimuli.length, 512]);
    expect(words.names).toContain('food');
    expect(words.embeddings.shape).toEqual([words.names.length, 512]);
    const mean = new Float64Array(512);
    let squares = 0;
    for (let row = 0; row < stimuli.length; row++) {
      const y = rowOf(embeddings, row);
      const length = Math.hypot(...y);
      expect(length).toBeGreaterThan(7);
      y.forEach((value, d) => {
        mean[d]! += value / length / stimuli.length;
      });
      squares += 1;
    }
    expect(squares).toBe(stimuli.length);
    expect(Math.hypot(...mean)).toBeGreaterThan(0.65);
    expect(Math.hypot(...mean)).toBeLessThan(0.8);
  });

  it('plants directions that stay apart (cosine < 0.5) when the covariance of the embeddings has bent them', () => {
    const { concepts, bent } = phantom.truth;
    const shared = concepts.flatMap((concept, c) => (concept.shared ? [c] : []));
    expect(shared.length).toBeGreaterThanOrEqual(10);
    for (const a of shared) {
      for (const b of concepts.keys()) {
        if (a < b || !shared.includes(b)) {
          if (a !== b)
            expect(
              cosine(rowOf(bent, a), rowOf(bent, b)),
              `${concepts[a]!.name} ${concepts[b]!.name}`,
            ).toBeLessThan(0.5);
        }
      }
      for (const b of shared) if (a !== b) expect(cosine(rowOf(bent, a), rowOf(bent, b))).toBeLessThan(0.5);
    }
  });

  it('plants what the method is asked about: who has what, and where', () => {
    const { concepts, labels, minParticipants } = phantom.truth;
    const named = new Map(concepts.map((concept) => [concept.name, concept]));
    expect(named.get('people')!.participants.length).toBe(minParticipants + 1);
    expect(named.get('sport')).toMatchObject({ shared: false, kind: 'rare' });
    expect(named.get('sport')!.participants.length).toBe(minParticipants);
    expect(concepts.filter(({ kind }) => kind === 'private').length).toBeGreaterThanOrEqual(
      phantom.participants.length,
    );
    expect(concepts.filter(({ name }) => name.startsWith('food-by'))).toHaveLength(2);
    concepts.forEach((concept, c) => {
      phantom.participants.forEach(({ voxels }, p) => {
        const own = [...labels[p]!.keys()].filter((v) => labels[p]![v] === c);
        expect(own.length > 0, `${concept.name} in participant ${p}`).toBe(concept.participants.includes(p));
        for (const v of own) {
          expect(concept.hemispheres).toContain(voxels.hemisphere![v]);
          expect(concept.regions).toContain(voxels.rois['visual']![v] || voxels.rois['floc']![v]);
        }
        if (own.length === 0) return;
        const regions = new Set(own.map((v) => voxels.rois['visual']![v] || voxels.rois['floc']![v]));
        expect(regions.size).toBe(concept.regions.length);
      });
    });
  });

  it('gives voxels the signal it says: the noise ceiling is that share of the variance', async () => {
    const participant = phantom.participants[0]!;
    const { trials, signal } = participant;
    const betas = await read(participant);
    const { percent } = await noiseCeiling(await zscoreBetas(betas, trials), trials);
    const planted = [...signal.keys()].filter((v) => signal[v]! > 0);
    const expected = planted.reduce((sum, v) => sum + 100 * 1.15 * signal[v]!, 0) / planted.length;
    const measured = planted.reduce((sum, v) => sum + percent[v]!, 0) / planted.length;
    expect(Math.abs(measured - expected)).toBeLessThan(3);
    // Betas are whole 300ths of a percent, as NSD's int16 are.
    expect(betas.data.every((value) => Math.abs(300 * value - Math.round(300 * value)) < 1e-3)).toBe(true);
  });

  it('plants nothing when asked for nothing', async () => {
    const nothing = await makePhantom({ size: 'tiny', seed: 3, planted: false, nParticipants: 2 });
    expect(nothing.truth.concepts).toEqual([]);
    expect(nothing.truth.labels.every((labels) => labels.every((label) => label === -1))).toBe(true);
    expect(nothing.participants[0]!.signal.every((share) => share === 0)).toBe(true);
  });

  it('takes embeddings of another model for the same pictures', async () => {
    const other = matrix(phantom.stimuli.length, 16);
    other.data.forEach((_, i) => {
      other.data[i] = Math.sin(i * i) + (i % 16 === 0 ? 2 : 0);
    });
    const made = await makePhantom({ size: 'tiny', nParticipants: 1, embeddings: { pictures: other } });
    expect(made.truth.directions.shape[1]).toBe(16);
    expect(made.words.names).toEqual([]);
  });

  it('refuses what it cannot make, by name', async () => {
    await expect(makePhantom({ size: 'huge' as never })).rejects.toThrow(
      'size is "huge"; must be one of tiny',
    );
    await expect(makePhantom({ nParticipants: 0 })).rejects.toThrow('nParticipants is 0');
    await expect(makePhantom({ signalScale: -1 })).rejects.toThrow('signalScale is -1');
    await expect(makePhantom({ noise: { spatial: 0.8, global: 0.3 } })).rejects.toThrow('noise is');
    await expect(makePhantom({ embeddings: { pictures: matrix(2, 2) } })).rejects.toThrow(
      'embeddings rows is 2',
    );
  });
});
