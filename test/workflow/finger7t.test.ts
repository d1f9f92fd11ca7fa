import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readColumns } from '../../src/data/index.js';
import { stampFile } from '../../src/study/index.js';
import { initStudy, runStudy } from '../../src/workflow/index.js';

const shared = resolve('../shared/data');
const here = existsSync(join(shared, 'pcm_finger7T'));
const why = 'the finger data are not in ../shared/data';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sdc-finger-'));
  if (!here) return;
  await initStudy('finger7t', folder, { from: [shared] });
  await runStudy(folder);
}, 300_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the finger study', () => {
  it('decodes left-out runs of every participant above chance, the median at 0.7 or more', async (ctx) => {
    if (!here) ctx.skip(why);
    const top1: number[] = [];
    for (let participant = 1; participant <= 7; participant++) {
      const path = join(folder, `sub-0${participant}/decoder/metrics.tsv`);
      const { decoder, split, metric, k, value } = await readColumns(path);
      const isRow = (name: string, i: number) =>
        decoder![i] === 'contrastive' && split![i] === 'test' && metric![i] === name && k![i] === 1;
      const of = (name: string) => Number(Array.from(value!).find((_, i) => isRow(name, i)));
      expect(of('chance')).toBeCloseTo(0.2, 6);
      expect(of('p-value')).toBeLessThan(0.05);
      top1.push(of('top-k'));
    }
    expect(top1.sort((a, b) => a - b)[3]).toBeGreaterThanOrEqual(0.7);
  });

  it('has nothing to do the second time, and writes nothing', async (ctx) => {
    if (!here) ctx.skip(why);
    const before = await modified(folder);
    const { ran } = await runStudy(folder);
    expect(ran).toEqual([]);
    expect(await modified(folder)).toEqual(before);
  });

  it('re-runs clustering and what follows when eps changes, and nothing before', async (ctx) => {
    if (!here) ctx.skip(why);
    const path = join(folder, 'study.json');
    const original = await readFile(path, 'utf8');
    await writeFile(path, original.replace('"eps": 0.2,', '"eps": 0.002,'));
    const { ran } = await runStudy(folder);
    await writeFile(path, original);
    const name = 'weights_eps-0.002_min-3';
    expect(ran).toEqual([
      ...['', '/hierarchy', '/stability'].map((what) => `cluster/${name}${what}`),
      ...['images', 'cards'].map((what) => `concepts/${name}/${what}`),
      'report/page',
    ]);
  });

  it('ends with the same bytes when killed again and again, and with another number of threads', async (ctx) => {
    if (!here) ctx.skip(why);
    const other = await mkdtemp(join(tmpdir(), 'sdc-killed-'));
    await initStudy('finger7t', other, { from: [shared] });
    for (const wait of [700, 1500, 2500]) {
      const child = run(other, '1');
      await new Promise((done) => setTimeout(done, wait));
      child.kill('SIGKILL');
      await ended(child);
    }
    expect(await ended(run(other, '1'))).toBe(0);
    await runStudy(folder);
    const results = (await list(folder)).filter((path) => !path.endsWith('.json') && !path.includes('0.002'));
    expect(results.length).toBeGreaterThan(100);
    for (const path of results) {
      const [one, two] = await Promise.all([stampFile(join(folder, path)), stampFile(join(other, path))]);
      expect(two?.sha256, path).toBe(one!.sha256);
    }
    expect(await readdir(other)).not.toContain('.staging');
    await rm(other, { recursive: true });
  }, 300_000);
});

function run(study: string, threads: string): ChildProcess {
  return spawn(process.execPath, ['dist/cli.js', 'run', study, '--threads', threads], { stdio: 'ignore' });
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode) return Promise.resolve(child.exitCode);
  return new Promise((done) => child.on('exit', done));
}

async function list(root: string, at = ''): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(root, at), { withFileTypes: true })) {
    const path = at ? `${at}/${entry.name}` : entry.name;
    if (entry.isDirectory()) found.push(...(await list(root, path)));
    else found.push(path);
  }
  return found.sort();
}

async function modified(root: string): Promise<Record<string, number>> {
  const paths = await list(root);
  const times = await Promise.all(paths.map(async (path) => (await stat(join(root, path))).mtimeMs));
  return Object.fromEntries(paths.map((path, i) => [path, times[i]!]));
}
