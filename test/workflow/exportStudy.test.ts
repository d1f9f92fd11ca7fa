import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initStudy, runStudy } from '../../src/workflow/index.js';
import { results, shorten, writeSmallData } from '../slurm/cluster.js';

const root = mkdtempSync(join(tmpdir(), 'sdc-export-'));
const data = join(root, 'data');
let expected: Map<string, string>;

/** Runs a program elsewhere than in the study or the repository. */
const call = (command: string, ...words: string[]) =>
  execFileSync(command, words, { cwd: root, encoding: 'utf8', stdio: 'pipe' });
const sdc = (...words: string[]) => call(process.execPath, join(process.cwd(), 'dist/cli.js'), ...words);

async function newStudy(name: string): Promise<string> {
  const folder = join(root, name);
  await initStudy(data, folder);
  await shorten(folder, { steps: 20, batch: 16, runs: 2, alphas: [1, 100], permutations: 20 });
  return folder;
}

beforeAll(async () => {
  await writeSmallData(data);
  const alone = await newStudy('alone');
  await runStudy(alone);
  expected = results(alone);
}, 120_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('sdc export', { timeout: 240_000 }, () => {
  it('lists shell lines that, run one after the other in another folder, give the bytes of one run', async () => {
    const study = await newStudy(`with 'quotes' and spaces`);
    call('bash', '-e', '-c', sdc('export', study, '--list'));
    expect(results(study)).toEqual(expected);
  });

  it('writes a Snakefile that snakemake runs in another folder to the same bytes', async (context) => {
    try {
      call('snakemake', '--version');
    } catch {
      context.skip('snakemake is not installed (Debian: apt-get install snakemake)');
    }
    const study = await newStudy('snake {made}');
    sdc('export', study, '--snakemake');
    call('snakemake', '-s', join(study, 'Snakefile'), '-j', '2');
    const made = results(study);
    made.delete('Snakefile');
    expect(made).toEqual(expected);
    expect(sdc('run', study)).toMatch(/nothing to do|up to date/);
  });
});
