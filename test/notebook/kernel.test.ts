import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareJupyter } from '../../src/notebook/jupyter.js';
import { type KernelClient, openKernel } from '../../src/notebook/kernel/client.js';
import type { KernelSpec } from '../../src/notebook/kernel/kernelSpec.js';
import { root } from './jupyter.js';

let kernel: KernelClient;
beforeAll(async () => {
  kernel = await openKernel(join(root, 'notebooks'));
});
afterAll(async () => {
  await kernel.close();
  expect(kernel.process.exitCode).toBe(0);
});

const plain = (text: string) => stripVTControlCharacters(text);
const run = (code: string) => kernel.request('execute_request', { code });
const typesOf = (published: { type: string }[]) => published.map(({ type }) => type);
const shown = (published: { content: Record<string, unknown> }[]) =>
  published.map(
    ({ content }) => content['text'] ?? (content['data'] as Record<string, unknown>)?.['text/plain'],
  );

describe('a cell', () => {
  it('is announced with its count, prints, and returns its last expression as the result', async () => {
    const { reply, published } = await run("console.log('hello');\n1 + 1");
    expect(reply).toMatchObject({ status: 'ok' });
    expect(typesOf(published)).toEqual(['execute_input', 'stream', 'execute_result']);
    expect(published[0]!.content).toMatchObject({ execution_count: reply['execution_count'] });
    expect(shown(published.slice(1))).toEqual(['hello\n', '2']);
    const next = await run('3');
    expect(next.reply['execution_count']).toBe(Number(reply['execution_count']) + 1);
  });

  it('asked for silently leaves neither output nor count', async () => {
    const before = (await run('0')).reply['execution_count'];
    const { published } = await kernel.request('execute_request', { code: '1 + 1', silent: true });
    expect(published).toEqual([]);
    expect((await run('0')).reply['execution_count']).toBe(Number(before) + 1);
  });

  it('imports the toolkit by name, with its types, and keeps variables for later cells', async () => {
    await run("import { InputError, matrix, randomStream } from 'shared-concepts';\nconst m = matrix(2, 3);");
    const { published } = await run('m.shape.join()');
    expect(shown(published)[1]).toBe('2,3');
  });

  it('knows the variables of earlier cells also in shorthand properties', async () => {
    await run('const radius = 0.2;');
    expect(shown((await run('({ radius }).radius')).published)[1]).toBe('0.2');
    await run('const radius = 0.3;');
    expect(shown((await run('({ radius }).radius')).published)[1]).toBe('0.3');
  });

  it('shows an arquero table as a table', async () => {
    const { published } = await run("import * as aq from 'arquero';\naq.table({ voxel: [1, 2] })");
    const result = published.at(-1)!.content['data'] as Record<string, string>;
    expect(result['text/html']).toContain('<table>');
  });
});

describe('an error', () => {
  it('of the toolkit is its message, not a stack of internals', async () => {
    const { reply, published } = await run(
      "import { randomStream as open } from 'shared-concepts';\nopen(-1);",
    );
    expect(reply).toMatchObject({ status: 'error', ename: 'InputError' });
    expect(reply['evalue']).toBe('seed is -1; must be an integer from 0 to 2^53 − 1');
    expect(typesOf(published)).toEqual(['execute_input', 'error']);
    const traceback = published[1]!.content['traceback'] as string[];
    expect(plain(traceback.join('\n'))).not.toMatch(/node_modules|dist|at /);
  });

  it('in a parameter of a stage is one line: what, the value, the range', async () => {
    await run("import { clusterConcepts, fitDecoder, openStudy } from 'shared-concepts';");
    const says = async (code: string) => {
      const { reply } = await run(code);
      const traceback = plain((reply['traceback'] as string[]).join('\n'));
      // Under it only what it came from, never a stack.
      expect(
        traceback.split('\n').filter((line) => !line.startsWith('  because: ')),
        traceback,
      ).toHaveLength(1);
      return reply['evalue'];
    };
    const two = 'const two = [matrix(1, 2, Float32Array.of(1, 0)), matrix(1, 2, Float32Array.of(0, 1))];';
    await run(two);
    expect(await says('await clusterConcepts(two, { eps: -1, minParticipants: 1 })')).toBe(
      'eps is -1; must be in (0, 2); it is a cosine distance: 0 same direction, 1 orthogonal',
    );
    expect(await says('await clusterConcepts(two, { eps: 0.1 })')).toMatch(/^minParticipants is 3; must be/);
    expect(await says("await openStudy('no-such-study')")).toMatch(/study\.json is missing/);
    const data = '{ betas: two[0], embeddings: two[1], stimulus: [0] }';
    expect(await says(`await fitDecoder(${data}, { steps: 0.5 })`)).toMatch(/^steps is 0\.5; must be/);
  });

  it('of a misspelt option is shown where it stands', async () => {
    const { reply } = await run('await clusterConcepts(two, {\n  eps: 0.1,\n  bordr: "last",\n});');
    expect(reply['evalue']).toMatch(/^line 3: .*Did you mean to write 'border'/);
  });

  it('of types is shown at its line, and nothing of the cell has run', async () => {
    const { reply } = await run("console.log('ran');\nconst seed: string = m.shape[0];");
    expect(reply['evalue']).toBe("line 2: Type 'number' is not assignable to type 'string'.");
    expect(plain((reply['traceback'] as string[]).join('\n'))).toContain(
      'const seed: string = m.shape[0];\n        ^^^^',
    );
  });

  it('that is a rejected promise, a string or an unknown package is shown as well', async () => {
    expect((await run("await Promise.reject(new RangeError('too far'))")).reply).toMatchObject({
      ename: 'RangeError',
      evalue: 'too far',
    });
    expect((await run("throw 'a string'")).reply).toMatchObject({ status: 'error', evalue: 'a string' });
    expect((await run("require('no-such-package')")).reply['evalue']).toMatch(/npm install no-such-package/);
  });

  it('keeps cells that were sent with it from running, and no later one', async () => {
    const sent = [run("throw new Error('first')"), run("console.log('second')")];
    const [first, second] = await Promise.all(sent);
    expect(first!.reply['status']).toBe('error');
    expect(second!.reply['status']).toBe('aborted');
    expect((await run('1')).reply['status']).toBe('ok');
  });
});

it('files that come and go beside an open notebook, and an npm install, leave its cells working', async () => {
  // A copy of the clone's own layout: the toolkit is resolved through package.json, and so TypeScript follows its changes.
  const top = mkdtempSync(join(tmpdir(), 'sdc-beside-'));
  // Not too near to the root, where TypeScript watches nothing.
  const folder = join(top, 'work/project');
  mkdirSync(folder, { recursive: true });
  const manifest = join(folder, 'package.json');
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  writeFileSync(manifest, text);
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'notebooks'));
  const its = (await import(join(folder, 'dist/notebook/kernel/client.js'))) as {
    openKernel: typeof openKernel;
  };
  const own = await its.openKernel(join(folder, 'notebooks'));
  const ask = (code: string) => own.request('execute_request', { code });
  try {
    await ask("import { randomStream } from 'shared-concepts';");
    for (const change of [1, 2]) {
      writeFileSync(manifest, text + ' '.repeat(change));
      mkdirSync(join(folder, `notebooks/studies/${change}`), { recursive: true });
      writeFileSync(join(folder, `notebooks/studies/${change}/study.json`), '{}');
      await new Promise((resolve) => setTimeout(resolve, 2500));
      const { reply } = await ask('const x: number = randomStream(0).normal();');
      expect(reply['status'], String(reply['evalue'])).toBe('ok');
    }
  } finally {
    await own.close();
    rmSync(top, { recursive: true, force: true });
  }
});

describe('an interrupt', () => {
  const interrupted = async (code: string, how: 'message' | 'signal', afterMs = 500) => {
    let begins = () => {};
    const begun = new Promise<void>((resolve) => {
      begins = resolve;
    });
    const done = kernel.request('execute_request', { code }, 'shell', (type) => {
      if (type === 'execute_input') begins();
    });
    await begun;
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    const asked = performance.now();
    if (how === 'signal') kernel.process.kill('SIGINT');
    else await kernel.request('interrupt_request', {}, 'control');
    const { reply } = await done;
    return { reply, seconds: (performance.now() - asked) / 1000 };
  };

  const waits = 'await new Promise((resolve) => setTimeout(resolve, 60_000))';
  const cells: [string, string, 'message' | 'signal'][] = [
    ['that waits', waits, 'message'],
    ['that waits, by signal', waits, 'signal'],
    ['that never yields', 'while (true) {}', 'message'],
    ['that never yields, by signal', 'while (true) {}', 'signal'],
    ['that never yields after an await', 'await null;\nwhile (true) {}', 'message'],
  ];
  it.each(cells)('stops a cell %s, and the next cell works', { timeout: 120_000 }, async (_, code, how) => {
    const { reply, seconds } = await interrupted(code, how);
    expect(reply).toMatchObject({ status: 'error', ename: 'Interrupted' });
    // Before it would have ended by itself; on a machine of its own, within two seconds.
    expect(seconds).toBeLessThan(50);
    expect(shown((await run('m.shape[1]')).published)[1]).toBe('3');
  });

  it('that comes while a cell is still being compiled is not lost', { timeout: 120_000 }, async () => {
    const { reply, seconds } = await interrupted(waits, 'message', 0);
    expect(reply).toMatchObject({ status: 'error', ename: 'Interrupted' });
    expect(seconds).toBeLessThan(50);
  });

  it('stops a training, and the next cell trains again', { timeout: 120_000 }, async () => {
    const prepare = [
      "import { fitDecoder, makePhantom, matrix, randomStream } from 'shared-concepts';",
      'const normals = (n: number, d: number) => matrix(n, d, randomStream(0, n, d).normals(new Float32Array(n * d)));',
      'const trials = { betas: normals(300, 2000), embeddings: normals(100, 512), stimulus: Int32Array.from({ length: 300 }, (_, t) => t % 100) };',
      'const short = await fitDecoder(trials, { steps: 3 });',
    ];
    const ready = await run(prepare.join('\n'));
    expect(ready.reply['status'], String(ready.reply['evalue'])).toBe('ok');
    // A million steps: hours, so that it cannot end by itself.
    const { reply, seconds } = await interrupted(
      'await fitDecoder(trials, { steps: 1_000_000 });',
      'message',
    );
    console.log(`a training cell stopped ${seconds.toFixed(2)} s after the interrupt`);
    expect(reply).toMatchObject({ status: 'error' });
    expect(['AbortedError', 'Interrupted']).toContain(reply['ename']);
    const { reply: next, published } = await run('(await fitDecoder(trials, { steps: 3 })).stepsDone');
    expect(next['status'], String(next['evalue'])).toBe('ok');
    expect(shown(published)).toContain('3');
  });

  it('reaches long functions of the toolkit that were given no signal', async () => {
    const { reply } = await interrupted(
      "import { AbortedError, interruptSignal } from 'shared-concepts';\nconst signal = interruptSignal();\nawait new Promise((_, stop) => signal.addEventListener('abort', () => stop(new AbortedError('training'))));",
      'message',
    );
    expect(reply).toMatchObject({ ename: 'AbortedError', evalue: 'training was stopped before its end' });
  });
});

describe('the front end asks', () => {
  it('for completions of the toolkit', async () => {
    const code = 'm.sh';
    const { reply } = await kernel.request('complete_request', { code, cursor_pos: code.length });
    expect(reply).toMatchObject({ matches: ['shape'], cursor_start: 2, cursor_end: 4 });
  });

  it('for completions of the toolkit’s names in an import, of options and of results', async () => {
    const complete = async (code: string) => {
      const cursor = code.indexOf('|');
      const { reply } = await kernel.request('complete_request', {
        code: code.replace('|', ''),
        cursor_pos: cursor,
      });
      return reply['matches'] as string[];
    };
    expect(await complete("import { clusterCon| } from 'shared-concepts';")).toContain('clusterConcepts');
    expect(await complete('clusterConcepts(two, { minPart| })')).toContain('minParticipants');
    expect(await complete('(await clusterConcepts(two, { eps: 0.1 })).nClu|')).toContain('nClusters');
  });

  it('for the documentation of an option', async () => {
    const code = 'clusterConcepts(two, { eps: 0.1, border: "last" })';
    const { reply } = await kernel.request('inspect_request', {
      code,
      cursor_pos: code.indexOf('border') + 2,
    });
    const text = (reply['data'] as Record<string, string>)['text/plain']!;
    expect(text).toMatch(/border\?: Border/);
    expect(text.split('\n').length).toBeGreaterThan(1);
  });

  it('for completions after letters outside the basic plane, counted in code points', async () => {
    const code = "'🧠'; m.sh";
    const { reply } = await kernel.request('complete_request', { code, cursor_pos: Array.from(code).length });
    expect(reply).toMatchObject({ matches: ['shape'], cursor_start: 7, cursor_end: 9 });
  });

  it("for a function's types and documentation", async () => {
    const { reply } = await kernel.request('inspect_request', { code: 'randomStream(0)', cursor_pos: 4 });
    const text = (reply['data'] as Record<string, string>)['text/plain'];
    expect(text).toContain('randomStream(seed: number, ...name: (string | number)[]): RandomStream');
    expect(text).toContain('Opens the random stream');
  });

  it('whether code is complete', async () => {
    const ask = async (code: string) =>
      (await kernel.request('is_complete_request', { code })).reply['status'];
    expect(await ask('const f = () => {')).toBe('incomplete');
    expect(await ask('1 + 1')).toBe('complete');
  });

  it('who the kernel is', async () => {
    const { reply } = await kernel.request('kernel_info_request', {});
    expect(reply).toMatchObject({ status: 'ok', implementation: 'shared-concepts' });
  });
});

it('the kernel spec of the clone is the one that sdc jupyter would write', async () => {
  expect(await prepareJupyter(root)).toEqual([]);
});

it('a published install makes itself ready in any folder: kernel, notebooks, types, the packages it brings', async () => {
  const study = mkdtempSync(join(tmpdir(), 'sdc-install-'));
  const modules = join(study, 'node_modules');
  const installed = join(modules, 'shared-concepts');
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(study, 'package.json'), '{"name":"my-study"}');
  for (const part of ['package.json', 'dist', 'notebooks'])
    cpSync(join(root, part), join(installed, part), { recursive: true });
  // Its dependencies, as npm puts them beside it.
  for (const name of readdirSync(join(root, 'node_modules')))
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  const its = (await import(
    join(installed, 'dist/notebook/jupyter.js')
  )) as typeof import('../../src/notebook/jupyter.js');
  expect(await its.prepareJupyter(study)).toHaveLength(2);
  expect(await its.prepareJupyter(study)).toEqual([]);
  const specFolder = join(study, '.jupyter/kernels/shared-concepts');
  const spec = JSON.parse(readFileSync(join(specFolder, 'kernel.json'), 'utf8')) as KernelSpec;
  expect(spec.argv.join(' ')).toContain('{resource_dir}/../../../node_modules/shared-concepts/dist/');
  const argv = spec.argv.map((word) => word.replace('{resource_dir}', specFolder));
  const other = await openKernel(join(study, 'notebooks'), { ...spec, argv });
  try {
    const code =
      "import { randomStream } from 'shared-concepts';\nimport { table } from 'arquero';\ntable({ x: [1] }).numRows()";
    const { reply, published } = await other.request('execute_request', { code });
    expect(reply['status'], String(reply['evalue'])).toBe('ok');
    expect(shown(published)[1]).toBe('1');
    const typed = await other.request('execute_request', { code: 'randomStream(0).normal().foo' });
    expect(typed.reply['evalue']).toBe("line 1: Property 'foo' does not exist on type 'number'.");
  } finally {
    await other.close();
    rmSync(study, { recursive: true, force: true });
  }
});
