import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readNpy, readSurface, readTable } from '../../src/data/index.js';
import {
  makePhantom,
  type Phantom,
  plantedLabels,
  writePhantomNsd,
  writePhantomStudy,
} from '../../src/phantom/index.js';
import { planNsd, prepareNsd, readTrials, readVoxels } from '../../src/prepare/index.js';

let folder: string;
let phantom: Phantom;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phantom-'));
  phantom = await makePhantom({ size: 'tiny', seed: 1, nParticipants: 2 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const bytesOf = (x: Float32Array) => Buffer.from(x.buffer, x.byteOffset, x.byteLength);
/** Arrays of millions: vitest's toEqual takes seconds. */
const sameBytes = (a: Float32Array, b: Float32Array) => bytesOf(a).equals(bytesOf(b));

describe('writePhantomStudy', () => {
  it('writes what it holds, readable by the readers of every study', async () => {
    const root = join(folder, 'study');
    await writePhantomStudy(root, phantom);
    const participant = phantom.participants[1]!;
    const own = join(root, 'sub-02');
    const betas = await readNpy(join(own, 'betas.npy'));
    expect(betas.shape).toEqual(participant.betas.shape);
    const made = await participant.betas.readRows(0, betas.shape[0]!);
    expect(sameBytes(betas.data as Float32Array, made)).toBe(true);
    expect(await readTrials(join(own, 'trials.tsv'))).toEqual(participant.trials);
    const voxels = await readVoxels(join(own, 'voxels.tsv'));
    expect(voxels).toEqual(participant.voxels);
    expect((await readNpy(join(own, 'planted.npy'))).data).toEqual(phantom.truth.labels[1]);
    expect(plantedLabels(phantom, 1, voxels)).toEqual(phantom.truth.labels[1]);
    expect((await readSurface(join(own, 'surfaces/lh.flat.surf.gii'))).vertices).toEqual(
      participant.surfaces.left.flat.vertices,
    );
    const stimuli = await readTable(join(root, 'stimuli.tsv'));
    expect(stimuli.numRows()).toBe(phantom.stimuli.length);
    expect(stimuli.get('name', 5)).toBe(phantom.stimuli[5]!.name);
    expect(await readFile(join(root, String(stimuli.get('file', 5))), 'utf8')).toContain('<svg');
    const truth = JSON.parse(await readFile(join(root, 'truth.json'), 'utf8'));
    expect(truth.planted.map((concept: { name: string }) => concept.name)).toEqual(
      phantom.truth.concepts.map(({ name }) => name),
    );
  });
});

describe('writePhantomNsd', () => {
  it.each([
    'hdf5',
    'nifti',
  ] as const)('writes files of which prepareNsd makes the same betas (%s)', async (betas) => {
    const root = join(folder, `nsd-${betas}`);
    await writePhantomNsd(root, phantom, { betas });
    const plan = await planNsd({ from: [root], participants: ['subj01', 'subj02'], heldOutSessions: 0 });
    const one = plan.participants[1]!;
    const out = join(folder, `prepared-${betas}`);
    await prepareNsd(one, out, { scale: 'none', noiseCeilingAbove: null, mask: 'brain' });
    const participant = phantom.participants[1]!;
    const read = await readNpy(join(out, 'betas.npy'));
    expect(read.data).toEqual(await participant.betas.readRows(0, participant.betas.shape[0]));
    const trials = await readTrials(join(out, 'trials.tsv'));
    expect(trials.session).toEqual(participant.trials.session);
    expect(trials.run).toEqual(participant.trials.run);
    expect(trials.repetition).toEqual(participant.trials.repetition);
    expect(trials.extra['image']).toEqual(Array.from(participant.trials.stimulus, (row) => row + 1));
    const voxels = await readVoxels(join(out, 'voxels.tsv'));
    expect(voxels.ijk).toEqual(participant.voxels.ijk);
    expect(voxels.xyzMm).toEqual(participant.voxels.xyzMm);
    expect(voxels.hemisphere).toEqual(participant.voxels.hemisphere);
    expect(voxels.rois['floc']).toEqual(participant.voxels.rois['floc']);
    expect(voxels.rois['streams']).toEqual(participant.voxels.rois['streams']);
  });

  it('refuses more participants than NSD has names for', async () => {
    const many = { ...phantom, participants: new Array(9).fill(phantom.participants[0]) };
    await expect(writePhantomNsd(join(folder, 'many'), many)).rejects.toThrow('at most 8');
  });
});
