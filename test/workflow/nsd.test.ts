import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readColumns, readNpy } from '../../src/data/index.js';
import { runStudy } from '../../src/workflow/index.js';
import { writeSmallNsd } from '../prepare/smallNsd.js';

let root: string;
const sdc = (...words: string[]) =>
  execFileSync(process.execPath, ['dist/cli.js', ...words], { encoding: 'utf8', stdio: 'pipe' });

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sdc-nsd-'));
  await writeSmallNsd(join(root, 'release'), { format: 'hdf5' });
});

afterAll(() => rm(root, { recursive: true, force: true }));

describe('sdc init nsd', () => {
  it('prepares a study from files in the layout of the release, each stimulus a row of stimuli.tsv', async () => {
    const study = join(root, 'study');
    sdc('init', 'nsd', study, '--from', join(root, 'release'), '--participants', 'subj01', 'subj02');
    const { ran } = await runStudy(study, { to: 'prepare' });
    expect(ran).toEqual(['prepare/sub-01', 'prepare/sub-02', 'embed/stimuli']);
    const { image: numbers } = await readColumns(join(study, 'stimuli.tsv'));
    for (const participant of ['sub-01', 'sub-02']) {
      const { stimulus, image } = await readColumns(join(study, participant, 'trials.tsv'));
      expect(Array.from(stimulus!, (row) => numbers![Number(row)])).toEqual(Array.from(image!));
      const { shape } = await readNpy(join(study, participant, 'betas.npy'));
      const { i } = await readColumns(join(study, participant, 'voxels.tsv'));
      expect(shape).toEqual([stimulus!.length, i!.length]);
    }
    expect((await runStudy(study, { to: 'prepare' })).ran).toEqual([]);
  });

  it('asks for the folder of the release, and names participants that NSD does not have', () => {
    expect(() => sdc('init', 'nsd', join(root, 'a'))).toThrow(/--from.*sdc fetch nsd/);
    sdc('init', 'nsd', join(root, 'b'), '--from', join(root, 'release'), '--participants', 'subj01,subj09');
    expect(() => sdc('run', join(root, 'b'))).toThrow(/subj09|sub-09/);
  });
});
