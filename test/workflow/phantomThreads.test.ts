import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { initStudy } from '../../src/workflow/index.js';
import { results, shorten } from '../slurm/cluster.js';

const root = mkdtempSync(join(tmpdir(), 'sdc-phantom-threads-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/**
 * Every stage of a tiny phantom of four participants, from making its betas to the report, with few steps and draws
 * and one clustering; the content of every result file by path.
 */
async function study(threads: number): Promise<Map<string, string>> {
  const folder = join(root, `threads-${threads}`);
  await initStudy('phantom', folder, {
    size: 'tiny',
    participants: ['sub-01', 'sub-02', 'sub-03', 'sub-04'],
  });
  await shorten(folder, { steps: 8, alphas: [100], permutations: 20 });
  execFileSync(process.execPath, ['dist/cli.js', 'run', folder, '--threads', String(threads)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return results(folder);
}

it('gives the same bytes in every result file on 1, 2 and 4 threads', { timeout: 600_000 }, async () => {
  const expected = await study(1);
  expect([...expected.keys()]).toEqual(
    expect.arrayContaining(['source/sub-01/betas.npy', 'sub-04/decoder/patterns.npy', 'report.html']),
  );
  for (const threads of [2, 4]) {
    const found = await study(threads);
    expect([...found.keys()]).toEqual([...expected.keys()]);
    for (const [file, content] of expected) {
      expect(found.get(file) === content, `${file} on ${threads} threads`).toBe(true);
    }
  }
});
