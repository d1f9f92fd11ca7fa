import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readDecoder, writeDecoder } from '../../src/decode/index.js';
import { matrix } from '../../src/util/array.js';
import { initStudy, runStudy } from '../../src/workflow/index.js';
import { results, shorten, writeSmallData } from '../slurm/cluster.js';

let root: string;
let expected: Map<string, string>;
let study: string;
let count = 0;

async function newStudy(data = join(root, 'data')): Promise<string> {
  const folder = join(root, `study-${count++}`);
  await initStudy(data, folder);
  await shorten(folder, { steps: 20, batch: 16, runs: 3, alphas: [1, 100], permutations: 20 });
  return folder;
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sdc-pool-'));
  await writeSmallData(join(root, 'data'));
  const alone = await newStudy();
  await runStudy(alone);
  expected = results(alone);
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeEach(async () => {
  study = await newStudy();
});

const sdc = (...words: string[]) =>
  execFileSync(process.execPath, ['dist/cli.js', ...words], { encoding: 'utf8', stdio: 'pipe' });
const ended = (child: ChildProcess) => new Promise<number | null>((done) => child.on('close', done));

/** Expects what was decoded to be what one machine makes of it, one unit after the other. */
function expectDecoded(): void {
  const decoded = (all: Map<string, string>) => [...all].filter(([path]) => path.includes('/decoder/'));
  expect(decoded(results(study))).toEqual(decoded(expected));
}

describe('sdc run --jobs', { timeout: 120_000 }, () => {
  it('gives the bytes of one unit after the other', () => {
    expect(sdc('run', study, '--jobs', '2')).toMatch(/\d+ units ran, 0 were up to date/);
    expect(results(study)).toEqual(expected);
    expect(sdc('run', study, '--jobs', '2')).toContain('nothing to do');
  });

  it('goes on with the rest when a unit fails, names it, and exits 2', async () => {
    await writeSmallData(join(root, 'broken'), 'sub-03');
    study = await newStudy(join(root, 'broken'));
    expect(() => sdc('run', study, '--to', 'decode', '--jobs', '2')).toThrow(
      /prepare\/sub-03 failed: \S+betas.npy\[0, 5\] is NaN[\s\S]*\d+ units that depend on them were left out/,
    );
    for (const participant of ['sub-01', 'sub-02', 'sub-04'])
      expect(existsSync(join(study, participant, 'decoder/metrics.tsv'))).toBe(true);
  });

  it('stops at Ctrl-C with nothing half-written and no process left, and goes on from there', async () => {
    const child = spawn(process.execPath, ['dist/cli.js', 'run', study, '--to', 'decode', '--jobs', '2'], {
      detached: true,
    });
    const end = ended(child);
    while (!existsSync(join(study, 'sub-01/decoder'))) await new Promise((done) => setTimeout(done, 20));
    // Ctrl-C goes to the whole group of processes of a terminal.
    process.kill(-child.pid!, 'SIGINT');
    expect(await end).toBe(130);
    expect(() => process.kill(-child.pid!, 0)).toThrow();
    expect(readdirSync(study).filter((name) => name.startsWith('.') && name !== '.scratch')).toEqual([]);
    expect(sdc('run', study, '--to', 'decode', '--jobs', '2')).not.toContain('nothing to do');
    expectDecoded();
  });

  it('survives the death of a process that runs a unit', async () => {
    const child = spawn(process.execPath, ['dist/cli.js', 'run', study, '--to', 'decode', '--jobs', '2'], {
      stdio: 'pipe',
    });
    const end = ended(child);
    child.stdout.resume();
    const staging = join(study, '.staging');
    for (let nKilled = 0; nKilled === 0; await new Promise((done) => setTimeout(done, 5))) {
      for (const name of existsSync(staging) ? readdirSync(staging) : []) {
        if (!name.includes('decode') || nKilled) continue;
        process.kill(Number(name.split('@')[0]), 'SIGKILL');
        nKilled++;
      }
    }
    expect(await end).toBe(0);
    expectDecoded();
  });
});

describe('a damaged run', { timeout: 120_000 }, () => {
  const file = () => join(study, 'sub-02/decoder/run-002.safetensors');
  /** What was done to the file of a run that its record calls whole. */
  const damages: [string, () => Promise<unknown>, RegExp][] = [
    ['cut short', () => truncate(file(), 700), /run-002/],
    ['with a NaN among its weights', () => change((weight) => weight.fill(Number.NaN, 3, 4)), /run-002/],
    ['of another shape', async () => writeDecoder(file(), other()), /run-002/],
    ['that is another’s', () => copyFile(file().replace('sub-02', 'sub-01'), file()), /run-002/],
  ];
  const other = () => ({ weight: matrix(7, 8), bias: new Float32Array(8) });
  const change = async (edit: (weight: Float32Array) => void) => {
    const { weight, bias, metadata } = await readDecoder(file());
    edit(weight.data);
    await writeDecoder(file(), { weight, bias }, metadata);
  };

  it.each(damages)('%s is run again and never averaged in', async (_name, damage) => {
    const run = 'decode/sub-02/run-002';
    await runStudy(study, { to: 'embed' });
    sdc('unit', study, 'decode/sub-01/run-002', run);
    await damage();
    const { ran } = await runStudy(study, { to: 'decode' });
    expect(ran).toContain(run);
    expectDecoded();
  });

  it('whose record was forged to agree with it is named, run again, and never averaged in', async () => {
    const run = 'decode/sub-02/run-002';
    await runStudy(study, { to: 'embed' });
    sdc('unit', study, run);
    await change((weight) => weight.fill(Number.NaN, 3, 4));
    const record = file().replace('.safetensors', '.json');
    const sha = execFileSync('sha256sum', [file()], { encoding: 'utf8' }).split(' ')[0]!;
    const known = JSON.parse(readFileSync(record, 'utf8'));
    known.outputs['sub-02/decoder/run-002.safetensors'].sha256 = sha;
    await writeFile(record, JSON.stringify(known));
    const failures: string[] = [];
    const { ran } = await runStudy(study, {
      to: 'decode',
      onUnit: ({ id }, state, detail) => state === 'failed' && failures.push(`${id}: ${detail}`),
    });
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatch(/^decode\/sub-02\/mean: \S+run-002\.safetensors: .*(NaN|finite)/);
    expect(ran.filter((id) => id === run)).toHaveLength(1);
    expectDecoded();
    expect(await readFile(record, 'utf8')).not.toContain(sha);
  });
});
