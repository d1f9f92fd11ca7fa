import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { runUnits, sortUnits, stampFile, type Unit, unitState } from '../../src/study/index.js';

let folder: string;
let ran: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sdc-'));
  ran = [];
});

/** A unit that concatenates its inputs and its parameter. */
function unit(
  id: string,
  inputs: string[],
  outputs: string[],
  parameters: Record<string, unknown> = {},
): Unit {
  return {
    id,
    stage: id.split('/')[0] as Unit['stage'],
    inputs,
    outputs,
    record: `${outputs[0]}.json`,
    parameters,
    async run({ input, output }) {
      ran.push(id);
      const parts = await Promise.all(inputs.map((path) => readFile(input(path), 'utf8')));
      const text = `(${parts.join('+')}${JSON.stringify(parameters)})`;
      for (const path of outputs) await writeFile(output(path), path + text);
      return { parts: parts.length };
    },
  };
}

const chain = (eps = 1) => [
  unit('cluster/a', ['sub-01/b'], ['c'], { eps }),
  unit('prepare/sub-01', [], ['sub-01/a', 'sub-01/extra']),
  unit('decode/sub-01', ['sub-01/a'], ['sub-01/b']),
];

describe('runUnits', () => {
  it('runs what comes first, first, and skips everything the second time without writing', async () => {
    await runUnits(folder, chain());
    expect(ran).toEqual(['prepare/sub-01', 'decode/sub-01', 'cluster/a']);
    const before = await tree(folder);
    const again = await runUnits(folder, chain());
    expect(again.ran).toEqual([]);
    expect(again.skipped).toHaveLength(3);
    expect(await tree(folder)).toEqual(before);
    expect(await readFile(join(folder, 'c'), 'utf8')).toContain('sub-01/b(sub-01/a({})');
  });

  it('re-runs a unit whose parameter changed, and nothing before it', async () => {
    await runUnits(folder, chain());
    ran = [];
    expect(await unitState(folder, chain(2)[0]!)).toEqual({ done: false, reason: 'eps changed' });
    await runUnits(folder, chain(2));
    expect(ran).toEqual(['cluster/a']);
  });

  it('re-runs what follows a changed input, and does not mind a mere touch', async () => {
    await runUnits(folder, chain());
    ran = [];
    await utimes(join(folder, 'sub-01/a'), new Date(), new Date(0));
    await runUnits(folder, chain());
    expect(ran).toEqual([]);
    await writeFile(join(folder, 'sub-01/b'), 'tampered');
    await runUnits(folder, chain());
    expect(ran).toEqual(['decode/sub-01']);
  });

  it('re-runs a unit whose output or record is gone', async () => {
    await runUnits(folder, chain());
    ran = [];
    await rm(join(folder, 'sub-01/extra'));
    await runUnits(folder, chain());
    expect(ran).toEqual(['prepare/sub-01']);
    await rm(join(folder, 'c.json'));
    await runUnits(folder, chain());
    expect(ran).toEqual(['prepare/sub-01', 'cluster/a']);
  });

  it('reads a folder again only where a file of it has come, gone or changed', async () => {
    const place = join(folder, 'pictures');
    await mkdir(join(place, 'in'), { recursive: true });
    for (const name of ['a', 'in/b']) await writeFile(join(place, name), name);
    const known = (await stampFile(place))!;
    expect(await stampFile(place, known)).toBe(known);
    await utimes(join(place, 'a'), new Date(), new Date(0));
    const touched = (await stampFile(place, known))!;
    expect(touched).not.toBe(known);
    expect(touched.sha256).toBe(known.sha256);
    await writeFile(join(place, 'in/b'), 'other');
    await utimes(join(place, 'in/b'), new Date(0), new Date(0));
    const changed = (await stampFile(place, touched))!;
    expect(changed.sha256).not.toBe(known.sha256);
    await writeFile(join(place, 'in/c'), '');
    expect((await stampFile(place, changed))!.sha256).not.toBe(changed.sha256);
  });

  it('leaves no trace of a unit that fails, and keeps what was complete', async () => {
    const units = chain();
    const failing: Unit = {
      ...units[2]!,
      run: async ({ output }) => {
        await writeFile(output('sub-01/b'), 'half');
        throw new Error('no');
      },
    };
    await expect(runUnits(folder, [units[0]!, units[1]!, failing])).rejects.toThrow('no');
    expect((await tree(folder)).map(([path]) => path)).toEqual(['sub-01/a', 'sub-01/a.json', 'sub-01/extra']);
  });

  it('names a unit that did not write what it declared', async () => {
    const lazy: Unit = { ...chain()[1]!, run: async () => undefined };
    await expect(runUnits(folder, [lazy])).rejects.toThrow('prepare/sub-01: did not write');
  });

  it('runs only the stages asked for', async () => {
    await runUnits(folder, chain(), { to: 'decode' });
    expect(ran).toEqual(['prepare/sub-01', 'decode/sub-01']);
    await rm(join(folder, 'sub-01/a'));
    await runUnits(folder, chain(), { from: 'cluster' });
    expect(ran).toHaveLength(3);
  });

  it('refuses to run beside a living process on the same study, and takes over from a dead one', async () => {
    const lock = (pid: number) =>
      writeFile(join(folder, '.lock'), JSON.stringify({ host: hostname(), pid, since: 'then' }));
    await lock(process.pid);
    await expect(runUnits(folder, chain())).rejects.toThrow(`.lock is held by process ${process.pid} on`);
    const child = spawn(process.execPath, ['-e', '']);
    const dead = child.pid!;
    await new Promise((resolve) => child.on('exit', resolve));
    await lock(dead);
    await mkdir(join(folder, '.staging', `${dead}@${hostname()}@x`), { recursive: true });
    await runUnits(folder, chain());
    expect(ran).toHaveLength(3);
    expect(await readdir(folder)).not.toContain('.lock');
    expect(await readdir(folder)).not.toContain('.staging');
  });

  it('stops between units when its signal fires', async () => {
    const stop = new AbortController();
    const work = runUnits(folder, chain(), { signal: stop.signal, onUnit: () => stop.abort() });
    await expect(work).rejects.toThrow('was stopped');
    expect(ran).toEqual(['prepare/sub-01']);
  });
});

describe('sortUnits', () => {
  it('names a circle', () => {
    const circle = [unit('decode/a', ['y'], ['x']), unit('decode/b', ['x'], ['y'])];
    expect(() => sortUnits(circle)).toThrow('depends on its own output');
  });
});

async function tree(root: string, at = ''): Promise<[string, number][]> {
  const found: [string, number][] = [];
  for (const name of (await readdir(join(root, at))).sort()) {
    const path = at ? `${at}/${name}` : name;
    const info = await stat(join(root, path));
    if (info.isDirectory()) found.push(...(await tree(root, path)));
    else found.push([path, info.mtimeMs]);
  }
  return found;
}
