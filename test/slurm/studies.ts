import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, type TestContext } from 'vitest';
import { initStudy, runStudy, type Submission } from '../../src/workflow/index.js';
import { Cluster, results, shorten, slurmLack, writeSmallData } from './cluster.js';

const few = { steps: 20, batch: 16, runs: 2, alphas: [1, 100], permutations: 20 };

/** A Slurm of two nodes with arrays of at most nine tasks, small studies for it, and what one machine makes of them. */
export class Bench {
  root!: string;
  /** Small data of four participants. */
  data!: string;
  cluster!: Cluster;
  expected!: Map<string, string>;
  /** The study of the present test. */
  study!: string;
  #count = 0;

  async newStudy(source = this.data, folder = join(this.root, `study-${this.#count++}`)): Promise<string> {
    await initStudy(source, folder);
    await shorten(folder, few);
    return folder;
  }

  /** Submits the present study. */
  submit(...words: string[]): string {
    return this.cluster.sdc('run', this.study, '--on', 'slurm', '--threads', '1', ...words);
  }

  /** Results of the present study. */
  results(): Map<string, string> {
    return results(this.study);
  }

  /** The record of the present study's submission. */
  submission(): Submission {
    return JSON.parse(readFileSync(join(this.study, '.slurm/1/submission.json'), 'utf8')) as Submission;
  }

  /** Runs a piece of JavaScript first in every process of the tasks that this test submits from now on. */
  async preload(code: string): Promise<void> {
    const path = join(this.root, 'preload.cjs');
    await writeFile(path, code);
    this.cluster.env['NODE_OPTIONS'] = `--require ${path}`;
  }

  /** Expects the results of one machine, one record a unit, nothing half-written and nothing left to do. */
  expectWhole(): void {
    expect(this.results()).toEqual(this.expected);
    expect([...countRecords(this.study).values()].every((count) => count === 1)).toBe(true);
    expect(existsSync(join(this.study, '.staging'))).toBe(false);
    expect(this.cluster.sdc('status', this.study)).toContain(', 0 left');
  }

  /** Whether a task of a stage runs at this moment. */
  running(stage: string): boolean {
    const words = ['--noheader', '--states=R', `--name=sdc-${stage}`, '--format=%A'];
    return this.cluster.call('squeue', ...words) !== '';
  }
}

/** How many records name each unit. */
function countRecords(folder: string, counts = new Map<string, number>()): Map<string, number> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || entry.name === 'study.json') continue;
    if (entry.isDirectory()) countRecords(path, counts);
    else if (entry.name.endsWith('.json')) {
      const { unit } = JSON.parse(readFileSync(path, 'utf8'));
      if (unit) counts.set(unit, (counts.get(unit) ?? 0) + 1);
    }
  }
  return counts;
}

/** Starts the bench before the tests of a file and stops it after them; skips them, with the reason, where it cannot. */
export function useBench(): Bench {
  const bench = new Bench();
  const lack = slurmLack();
  beforeAll(async () => {
    if (lack) return;
    bench.root = await mkdtemp(join(tmpdir(), 'sdc-studies-'));
    bench.data = join(bench.root, 'data');
    await writeSmallData(bench.data);
    const alone = await bench.newStudy();
    await runStudy(alone);
    bench.expected = results(alone);
    bench.cluster = new Cluster(2, { SLURM_TEST_ARRAY: '9' });
  }, 120_000);
  afterAll(async () => {
    bench.cluster?.stop();
    if (bench.root) await rm(bench.root, { recursive: true, force: true });
  });
  beforeEach(async (context: TestContext) => {
    if (lack) context.skip(lack);
    bench.study = await bench.newStudy();
  });
  afterEach(async () => {
    if (lack) return;
    delete bench.cluster.env['NODE_OPTIONS'];
    bench.cluster.call('scancel', '--quiet', '--user=root');
    bench.cluster.resumeNodes();
    await bench.cluster.drained();
  });
  return bench;
}
