import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { initStudy, runStudy } from '../../src/workflow/index.js';
import { Cluster, results, shorten, slurmLack } from './cluster.js';

const lack = slurmLack();
/** `SDC_TEST_PHANTOM=small npx vitest run test/slurm/phantom.test.ts`: the demo's size and training, some minutes more. */
const small = process.env['SDC_TEST_PHANTOM'] === 'small';
let root: string;
let cluster: Cluster;

afterAll(() => {
  cluster?.stop();
  if (root) rmSync(root, { recursive: true, force: true });
});

describe('the phantom on Slurm', { timeout: small ? 7_200_000 : 1_200_000 }, () => {
  it('is the same, byte for byte, as on one machine: 8 participants × 10 reruns, and every figure', async (context) => {
    if (lack) context.skip(lack);
    root = await mkdtemp(join(tmpdir(), 'sdc-phantom-'));
    const newStudy = async (name: string) => {
      const folder = join(root, name);
      await initStudy('phantom', folder, small ? {} : { sourceOptions: { size: 'tiny' } });
      await shorten(folder, {
        runs: 10,
        ...(small ? {} : { steps: 20, batch: 64, permutations: 20, alphas: [10_000] }),
      });
      return folder;
    };
    const alone = await newStudy('alone');
    // The same bytes as one after the other (shown in test/workflow), in less time.
    await runStudy(alone, { jobs: 2, threads: 2 });
    cluster = new Cluster(2, { SLURM_TEST_ARRAY: '13' });
    const study = await newStudy('cluster');
    const said = cluster.sdc('run', study, '--on', 'slurm', '--threads', '1', '--pack', '5', '--wait');
    expect(said).toContain('every unit is done');
    const { arrays } = JSON.parse(readFileSync(join(study, '.slurm/1/submission.json'), 'utf8'));
    const units = (arrays as { tasks: string[][] }[]).flatMap(({ tasks }) => tasks.flat());
    expect(units.filter((id) => /run-0(0[1-9]|10)$/.test(id))).toHaveLength(80);
    expect(new Set(units).size).toBe(units.length);
    const [one, many] = [results(alone), results(study)];
    expect([...many.keys()]).toEqual([...one.keys()]);
    for (const [path, bytes] of one) expect(many.get(path) === bytes, path).toBe(true);
  });
});
