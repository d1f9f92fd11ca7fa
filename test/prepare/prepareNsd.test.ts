import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readNifti, readNpy, readTable, writeNpy } from '../../src/data/index.js';
import {
  noiseCeiling,
  nsdConventions,
  planNsd,
  prepareNsd,
  readTrials,
  readVoxels,
  selectVoxels,
  writeNsdStimuli,
  zscoreBetas,
} from '../../src/prepare/index.js';
import { matrix, toMatrix } from '../../src/util/index.js';
import { temporaryFolder } from '../data/folder.js';
import { affine, dims, nVolume, type SmallNsdOptions, writeSmallNsd } from './smallNsd.js';

async function smallNsd(options: Partial<SmallNsdOptions> = {}) {
  const root = temporaryFolder();
  const made = await writeSmallNsd(root, { format: 'hdf5', ...options });
  return { root, made };
}
const participants = ['subj01', 'subj02'];
const files = ['betas.npy', 'trials.tsv', 'voxels.tsv', 'noise-ceiling.nii.gz', 'conventions.tsv'];

describe('planNsd', () => {
  it('keeps all sessions but the last three, and names images by their number among the 73,000', async () => {
    const { root, made } = await smallNsd();
    const plan = await planNsd({ from: [root], participants });
    for (const [p, { trials, heldOut, sessions, name }] of plan.participants.entries()) {
      expect([name, heldOut]).toEqual([`sub-0${p + 1}`, [4, 5, 6]]);
      expect(sessions.map(({ session }) => session)).toEqual([1, 2, 3]);
      expect(trials.extra['image']).toEqual(made[p]!.image.slice(0, 30));
      expect(Array.from(trials.stimulus, (row) => plan.images[row])).toEqual(made[p]!.image.slice(0, 30));
      expect([...trials.session]).toEqual(made[p]!.session.slice(0, 30));
    }
    expect([...plan.images]).toEqual([...plan.images].sort((a, b) => a - b));
  });

  it('keeps the sessions that responses and betas both have, and holds out the last of these', async () => {
    const { root } = await smallNsd();
    rmSync(
      join(root, 'nsddata_betas/ppdata/subj01/func1pt8mm/betas_fithrf_GLMdenoise_RR/betas_session06.hdf5'),
    );
    const plan = await planNsd({ from: [root], participants, heldOutSessions: 1 });
    expect(plan.participants.map(({ sessions }) => sessions.length)).toEqual([4, 5]);
    expect(plan.participants[0]!.heldOut).toEqual([5]);
  });

  it('tests first on the images that everyone saw in full', async () => {
    const { root } = await smallNsd();
    const plan = await planNsd({ from: [root], participants, heldOutSessions: 0 });
    expect(plan.sharedFrom).toBe('participants');
    expect([...plan.shared]).toEqual(Array.from({ length: 10 }, (_, i) => 101 + 7 * i));
    for (const { trials, counts } of plan.participants) {
      expect(counts).toMatchObject({
        repeatedImages: 20,
        sharedTestImages: 5,
        images: { test: 5, validation: 5 },
      });
      const tested = new Set(
        (trials.extra['image'] as number[]).filter((_, t) => trials.split[t] === 'test'),
      );
      expect([...tested].every((image) => plan.shared.includes(image))).toBe(true);
    }
    const [first, second] = plan.participants.map(({ trials }) =>
      (trials.extra['image'] as number[]).filter((_, t) => trials.split[t] === 'test').sort(),
    );
    expect(first).toEqual(second);
  });

  it('says what is missing or out of range', async () => {
    const { root } = await smallNsd();
    const planning = (options: object) => planNsd({ from: [root], participants, ...options });
    await expect(planning({ participants: ['subj09'] })).rejects.toThrow(
      /participant is "subj09"; must be subj01 … subj08/,
    );
    await expect(planning({ participants: ['subj03'] })).rejects.toThrow(
      /subj03\/behav\/responses\.tsv is missing.*sdc fetch nsd/,
    );
    await expect(planning({ betas: 'betas_assumehrf' })).rejects.toThrow(/betas_assumehrf.*are missing/);
    await expect(planning({ heldOutSessions: 6 })).rejects.toThrow(
      /heldOutSessions is 6; must be less than 6/,
    );
    await expect(planning({ sessions: [1, 9] })).rejects.toThrow(
      /session is 9; must be one with betas: 1, 2/,
    );
  });
});

describe('prepareNsd', () => {
  it.each([
    'hdf5',
    'nifti',
  ] as const)('gives what the plain functions give on the whole data in memory, from %s', async (format) => {
    const { root, made } = await smallNsd({ format });
    const plan = await planNsd({ from: [root], participants, heldOutSessions: 1 });
    const out = temporaryFolder();
    const report = await prepareNsd(plan.participants[1]!, out);

    const { trials } = plan.participants[1]!;
    const raw = matrix(
      50,
      nVolume,
      Float32Array.from(made[1]!.stored.subarray(0, 50 * nVolume), (v) => Math.fround(v / 300)),
    );
    const scaled = zscoreBetas(raw, trials);
    const ceiling = noiseCeiling(scaled, trials);
    const voxels = selectVoxels(ceiling.percent, { above: 8 });

    const betas = toMatrix(await readNpy(join(out, 'betas.npy')));
    expect(betas.shape).toEqual([50, voxels.length]);
    expect(betas.data).toEqual(
      Float32Array.from(
        { length: 50 * voxels.length },
        (_, i) => scaled.data[Math.floor(i / voxels.length) * nVolume + voxels[i % voxels.length]!]!,
      ),
    );
    expect((await readNifti(join(out, 'noise-ceiling.nii.gz'))).data).toEqual(ceiling.percent);
    expect(await readTrials(join(out, 'trials.tsv'))).toEqual(trials);
    const table = await readVoxels(join(out, 'voxels.tsv'));
    expect(
      Array.from(
        { length: table.nVoxels },
        (_, v) => table.ijk![3 * v]! + 5 * (table.ijk![3 * v + 1]! + 4 * table.ijk![3 * v + 2]!),
      ),
    ).toEqual([...voxels]);
    expect(table.xyzMm!.slice(0, 3)).toEqual(
      Float32Array.from([0, 1, 2], (axis) => affine[5 * axis]! * table.ijk![axis]! + affine[4 * axis + 3]!),
    );
    expect(report).toMatchObject({ nTrials: 50, nVoxels: voxels.length, sweeps: 1, constantVoxels: 1 });
    expect(voxels).not.toContain(7);
    // Half of the volume was made to answer to images.
    expect([...voxels].filter((v) => v < 30).length).toBeGreaterThan(20);
  });

  it('gives the same bytes whatever the memory, and says how many sweeps it took', async () => {
    const { root } = await smallNsd();
    const plan = await planNsd({ from: [root], participants, heldOutSessions: 0 });
    const [whole, parts] = [temporaryFolder(), temporaryFolder()];
    await prepareNsd(plan.participants[0]!, whole);
    const report = await prepareNsd(plan.participants[0]!, parts, { memoryBytes: 5000 });
    expect(report.sweeps).toBeGreaterThan(2);
    for (const name of files)
      expect(readFileSync(join(parts, name))).toEqual(readFileSync(join(whole, name)));
    await expect(prepareNsd(plan.participants[0]!, parts, { memoryBytes: 10 })).rejects.toThrow(
      /memoryBytes is 10; must be at least/,
    );
  });

  it('scaled from training trials, test and validation trials move no byte of ceiling, selection or training rows', async () => {
    const plain = await smallNsd();
    const plan = await planNsd({ from: [plain.root], participants, heldOutSessions: 0 });
    const { trials } = plan.participants[0]!;
    const outside = new Set(
      (trials.extra['image'] as number[]).filter((_, t) => trials.split[t] !== 'train'),
    );
    const disturbed = await smallNsd({ disturb: (image) => outside.has(image) });
    const other = await planNsd({ from: [disturbed.root], participants, heldOutSessions: 0 });
    const read = async (one: typeof plan, fit: 'train' | 'all') => {
      const out = temporaryFolder();
      await prepareNsd(one.participants[0]!, out, { fit });
      const betas = toMatrix(await readNpy(join(out, 'betas.npy')));
      const rows = trials.split.flatMap((side, t) =>
        side === 'train' ? [...betas.data.subarray(t * betas.shape[1], (t + 1) * betas.shape[1])] : [],
      );
      return {
        rows,
        ceiling: readFileSync(join(out, 'noise-ceiling.nii.gz')),
        voxels: readFileSync(join(out, 'voxels.tsv')),
      };
    };
    expect(await read(other, 'train')).toEqual(await read(plan, 'train'));
    expect((await read(other, 'all')).rows).not.toEqual((await read(plan, 'all')).rows);
  });

  it('goes on where it was stopped, with the same bytes, and leaves no part behind', async () => {
    const { root } = await smallNsd();
    const plan = await planNsd({ from: [root], participants, heldOutSessions: 0 });
    const [whole, out] = [temporaryFolder(), temporaryFolder()];
    const scratch = join(out, 'scratch');
    await prepareNsd(plan.participants[0]!, whole);
    const stop = new AbortController();
    const labels: string[] = [];
    const onProgress = ({ label }: { label: string }) => {
      labels.push(label);
      if (label.startsWith('betas of') && label.endsWith('session 4')) stop.abort();
    };
    await expect(
      prepareNsd(plan.participants[0]!, out, { scratch, signal: stop.signal, onProgress }),
    ).rejects.toThrow(/was stopped/);
    const again: string[] = [];
    await prepareNsd(plan.participants[0]!, out, { scratch, onProgress: ({ label }) => again.push(label) });
    expect(labels.some((label) => label.startsWith('noise ceiling'))).toBe(true);
    expect(again.some((label) => label.startsWith('noise ceiling'))).toBe(false);
    for (const name of files) expect(readFileSync(join(out, name))).toEqual(readFileSync(join(whole, name)));
    expect(() => readFileSync(scratch)).toThrow(/ENOENT/);
  });

  it('selects by brain mask, region, or NSD’s own noise ceiling, and stands the two ceilings side by side', async () => {
    const { root } = await smallNsd();
    const plan = await planNsd({ from: [root], participants, heldOutSessions: 0 });
    const select = async (options: object) => {
      const out = temporaryFolder();
      const report = await prepareNsd(plan.participants[0]!, out, options);
      const { ijk } = await readVoxels(join(out, 'voxels.tsv'));
      const voxels = Array.from(
        { length: ijk!.length / 3 },
        (_, v) => ijk![3 * v]! + 5 * (ijk![3 * v + 1]! + 4 * ijk![3 * v + 2]!),
      );
      return { voxels, report };
    };
    const everything = { noiseCeilingAbove: null };
    expect((await select({ ...everything, mask: 'brain' })).voxels).toEqual(
      Array.from({ length: 30 }, (_, i) => 2 * i + 1).filter((v) => v !== 7),
    );
    expect((await select({ ...everything, mask: 'prf-visualrois:V1d' })).voxels).toEqual([4, 5, 6, 8]);
    expect((await select({ ...everything, mask: ['prf-visualrois:V1v', 'streams'] })).voxels).toEqual([
      0, 1, 2, 3, 4, 5, 6, 8, 9, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
    ]);
    const byNsd = await select({ ceiling: 'nsd', noiseCeilingAbove: 51 });
    expect(byNsd.voxels).toEqual(Array.from({ length: 27 }, (_, i) => i + 3).filter((v) => v !== 7));
    expect(byNsd.report.ceilings!.nVoxels).toBeGreaterThan(20);
    await expect(select({ mask: 'V9' })).rejects.toThrow(/mask is "V9"; must be volume, brain, or one of/);
    await expect(select({ mask: 'prf-visualrois:V9' })).rejects.toThrow(
      /a region of prf-visualrois: V1v, V1d/,
    );
  });

  it('names regions from their colour tables, and hemispheres from volumes of one side', async () => {
    const { root } = await smallNsd();
    const plan = await planNsd({ from: [root], participants, heldOutSessions: 0 });
    const out = temporaryFolder();
    await prepareNsd(plan.participants[0]!, out, { noiseCeilingAbove: null });
    const { rois, hemisphere, values } = await readVoxels(join(out, 'voxels.tsv'));
    expect(rois['prf-visualrois']!.slice(0, 9)).toEqual([
      'V1v',
      'V1v',
      'V1v',
      'V1v',
      'V1d',
      'V1d',
      'V1d',
      'V1d',
      '',
    ]);
    expect([rois['streams']![0], rois['streams']![10], rois['streams']![29]]).toEqual([
      'region 5',
      '',
      'region 3',
    ]);
    expect([rois['nsdgeneral']![0], rois['nsdgeneral']![20]]).toEqual(['nsdgeneral', '']);
    expect([hemisphere![0], hemisphere![28], hemisphere![29]]).toEqual(['left', 'left', 'right']);
    expect(Object.keys(values)).toEqual(['noise_ceiling', 'ncsnr', 'noise_ceiling_nsd']);
  });

  it('prints every convention that decides the numbers, also beside the betas', async () => {
    const { root } = await smallNsd();
    const plan = await planNsd({ from: [root], participants, heldOutSessions: 1 });
    const out = temporaryFolder();
    const first = await prepareNsd(plan.participants[0]!, out);
    const second = await prepareNsd(plan.participants[1]!, temporaryFolder(), {
      ...{ noiseCeilingAbove: null, scale: 'centre', fit: 'train', mask: 'nsdgeneral' },
    });
    const table = await nsdConventions([first, second]);
    expect(table.columnNames()).toEqual(['convention', 'sub-01', 'sub-02']);
    const column = (name: string) =>
      Object.fromEntries(
        Array.from(table.array('convention'), (item, row) => [item, table.get(name, row) as string]),
      );
    const [one, two] = [column('sub-01'), column('sub-02')];
    const { counts, trials } = plan.participants[0]!;
    const nOwn = (await readNifti(join(out, 'noise-ceiling.nii.gz'))).data as Float32Array;
    expect(one).toMatchObject({
      participant: 'subj01 of the release, sub-01 here',
      sessions: '5 kept (1 to 5), held out: 6',
      units: 'standard deviations; percent signal change before scaling',
      trials: '50, in the order of responses.tsv, repetitions not averaged',
      images: `73KID, from 1; ${counts.repeatedImages} with all repetitions kept`,
      scaling: 'zscore per voxel within session, population sd + 1e-7, from all trials',
      selection: 'noise ceiling (ours) > 8 %',
      voxels: `${first.nVoxels} of 60 in volume; volume 5 × 4 × 3; 1 that never vary left out`,
      'voxel order': 'x fastest, then y, then z; indices from 0 in the NIfTI’s own order',
      affine: 'func1pt8mm/brainmask.nii.gz',
      ROIs: expect.stringMatching(/^nsdgeneral; prf-visualrois: V1d, V1v; streams: region 3, region 5$/),
    });
    expect(one['betas']).toMatch(/func1pt8mm\/betas_fithrf_GLMdenoise_RR, hdf5, integers divided by 300$/);
    const split = (side: string) => trials.split.filter((own) => own === side).length;
    expect(one['split']).toBe(
      `by image: ${split('train')} training, ${split('validation')} validation, ${split('test')} test trials`,
    );
    expect(one['noise ceiling']).toContain('100 · ncsnr² / (ncsnr² + 1/n) %, n = 1');
    expect(one['noise ceiling, ours']).toContain(
      `${nOwn.filter((percent) => percent > 8).length} voxels > 8 %`,
    );
    expect(one['noise ceiling, NSD’s']).toContain('30 voxels > 8 %');
    expect(one['ours against NSD’s']).toContain(`over ${first.ceilings!.nVoxels} voxels`);
    expect(two).toMatchObject({
      units: 'percent signal change about the mean',
      scaling: 'mean of each voxel within session taken out, from training trials',
      selection: 'no noise-ceiling threshold',
      voxels: `${second.nVoxels} of 12 in nsdgeneral; volume 5 × 4 × 3; 1 that never vary left out`,
    });
    const written = await readTable(join(out, 'conventions.tsv'));
    expect(written.array('convention')).toEqual(first.conventions.map(([item]) => item));
    expect(written.array('sub-01')).toEqual(first.conventions.map(([, value]) => value));
    expect(first).toEqual(JSON.parse(JSON.stringify(first)));
  });

  it('needs nothing but responses and betas', async () => {
    const { root } = await smallNsd();
    for (const part of [
      'nsddata/experiments',
      'nsddata/freesurfer',
      'nsddata/ppdata/subj01/func1pt8mm',
      'nsddata_betas/ppdata/subj01/func1pt8mm/betas_fithrf_GLMdenoise_RR/ncsnr.nii.gz',
    ]) {
      rmSync(join(root, part), { recursive: true });
    }
    const plan = await planNsd({ from: [root], participants, heldOutSessions: 0 });
    const out = temporaryFolder();
    const { conventions } = await prepareNsd(plan.participants[0]!, out);
    expect(Object.fromEntries(conventions)['affine']).toMatch(/1\.8 mm, centred/);
    expect((await readNifti(join(out, 'noise-ceiling.nii.gz'))).header.affine[3]).toBeCloseTo(-3.6, 5);
    expect(await writeNsdStimuli(plan, out)).toBe(plan.images.length);
  });

  it('refuses a session that does not fit its trials, holds zeros, or has another size', async () => {
    const { root } = await smallNsd({ format: 'nifti' });
    const session = (n: number) =>
      join(
        root,
        `nsddata_betas/ppdata/subj01/func1pt8mm/betas_fithrf_GLMdenoise_RR/betas_session0${n}.nii.gz`,
      );
    const { writeNifti } = await import('../../src/data/index.js');
    const trying = async (block: Int16Array, size: readonly number[]) => {
      await writeNifti(session(2), block, { dims: size, affine });
      const plan = await planNsd({ from: [root], participants, heldOutSessions: 1 });
      return prepareNsd(plan.participants[0]!, temporaryFolder());
    };
    await expect(trying(new Int16Array(60 * 9).fill(1), [...dims, 9])).rejects.toThrow(
      /session02\.nii\.gz: holds 9 trials; responses\.tsv has 10 of session 2/,
    );
    await expect(trying(new Int16Array(60 * 10).fill(1), [4, 5, 3, 10])).rejects.toThrow(
      /is 4 × 5 × 3; the sessions before are 5 × 4 × 3/,
    );
    await expect(trying(new Int16Array(60 * 10), [...dims, 10])).rejects.toThrow(
      /session02\.nii\.gz: holds nothing but zeros/,
    );
    writeFileSync(session(2), readFileSync(session(1)).subarray(0, 900));
    const plan = await planNsd({ from: [root], participants, heldOutSessions: 1 });
    await expect(prepareNsd(plan.participants[0]!, temporaryFolder())).rejects.toThrow(
      /session02\.nii\.gz: its gzip data end too early/,
    );
    await expect(prepareNsd(plan.participants[0]!, temporaryFolder(), { within: ['run'] })).rejects.toThrow(
      /columns with "session" among them/,
    );
  });
});

describe('writeNsdStimuli', () => {
  it('writes one row an image, with COCO’s numbers and the shared ones, and takes their embeddings', async () => {
    const { root } = await smallNsd();
    const plan = await planNsd({ from: [root], participants });
    const out = temporaryFolder();
    const all = matrix(
      3000,
      2,
      Float32Array.from({ length: 6000 }, (_, i) => i),
    );
    await writeNpy(join(out, 'all.npy'), all);
    await writeNsdStimuli(plan, out, { embeddings: join(out, 'all.npy') });
    const table = await readTable(join(out, 'stimuli.tsv'));
    expect(table.columnNames()).toEqual(['stimulus', 'image', 'coco_id', 'coco_split', 'shared']);
    expect(Array.from(table.array('image'))).toEqual([...plan.images]);
    expect(Array.from(table.array('coco_id'))).toEqual(
      Array.from(plan.images, (image) => 500_000 + image - 1),
    );
    expect(Array.from(table.array('shared'))).toEqual(
      Array.from(plan.images, (image) => (image <= 200 ? 1 : 0)),
    );
    const { data } = await readNpy(join(out, 'embeddings.npy'));
    expect([...data]).toEqual(
      Array.from(plan.images, (image) => [2 * (image - 1), 2 * (image - 1) + 1]).flat(),
    );
    await writeNpy(join(out, 'few.npy'), matrix(5, 2));
    await expect(writeNsdStimuli(plan, out, { embeddings: join(out, 'few.npy') })).rejects.toThrow(
      /has 5 rows; must have one for each/,
    );
  });
});
