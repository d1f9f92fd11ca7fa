import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256File, writeAtomically } from '../../src/data/index.js';
import { temporaryFolder } from './folder.js';

describe('writeAtomically', () => {
  it('writes a file whose name appears at the end, making its folders', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'a/b/result.tsv');
    const value = await writeAtomically(path, async (temporary) => {
      await writeFile(temporary, 'whole');
      expect(existsSync(path)).toBe(false);
      expect(temporary.endsWith('.tsv')).toBe(true);
      return 5;
    });
    expect(value).toBe(5);
    expect(readFileSync(path, 'utf8')).toBe('whole');
    expect(readdirSync(join(folder, 'a/b'))).toEqual(['result.tsv']);
  });

  it('replaces a file, a folder, and one by the other', async () => {
    const path = join(temporaryFolder(), 'result');
    const file = (text: string) => writeAtomically(path, (temporary) => writeFile(temporary, text));
    const folder = (name: string) =>
      writeAtomically(path, async (temporary) => {
        await mkdir(join(temporary, 'inner'), { recursive: true });
        await writeFile(join(temporary, 'inner', name), name);
      });
    await file('one');
    await file('two');
    expect(readFileSync(path, 'utf8')).toBe('two');
    await folder('x');
    await folder('y');
    expect(readdirSync(join(path, 'inner'))).toEqual(['y']);
    await file('three');
    expect(readFileSync(path, 'utf8')).toBe('three');
    expect(readdirSync(join(path, '..'))).toEqual(['result']);
  });

  it('leaves the old content, and nothing aside, when writing fails', async () => {
    const path = join(temporaryFolder(), 'result');
    writeFileSync(path, 'old');
    const failing = writeAtomically(path, async (temporary) => {
      await writeFile(temporary, 'half');
      throw new Error('stopped');
    });
    await expect(failing).rejects.toThrow('stopped');
    await expect(writeAtomically(path, async () => undefined)).rejects.toThrow('result is missing');
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(join(path, '..'))).toEqual(['result']);
  });

  it('serves many writers of one name at once: one of them wins, whole', async () => {
    const path = join(temporaryFolder(), 'result');
    const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(1000));
    await Promise.all(texts.map((text) => writeAtomically(path, (temporary) => writeFile(temporary, text))));
    expect(texts).toContain(readFileSync(path, 'utf8'));
    expect(readdirSync(join(path, '..'))).toEqual(['result']);
  });

  it('removes what a killed process left of the same name, and nothing else', async () => {
    const folder = temporaryFolder();
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const start = `.partial-${hostname().replace(/[^A-Za-z0-9]/g, '')}`;
    const others = [
      `${start}-${process.pid}-900-result`,
      `${start}-${pid}-0-other`,
      `.partial-far-${pid}-0-result`,
    ];
    for (const name of [`${start}-${pid}-0-result`, ...others]) writeFileSync(join(folder, name), '');
    await writeAtomically(join(folder, 'result'), (temporary) => writeFile(temporary, ''));
    expect(readdirSync(folder).sort()).toEqual([...others, 'result'].sort());
  });

  it('names the file when the folder may not be written', async (ctx) => {
    if (process.getuid?.() === 0) ctx.skip('root may write anywhere');
    const folder = join(temporaryFolder(), 'locked');
    mkdirSync(folder);
    chmodSync(folder, 0o500);
    const path = join(folder, 'x');
    await expect(writeAtomically(path, (t) => writeFile(t, ''))).rejects.toThrow('no permission');
  });
});

describe('sha256File', () => {
  it('gives the published digests of "abc" and of nothing', async () => {
    const path = join(temporaryFolder(), 'x');
    writeFileSync(path, 'abc');
    expect(await sha256File(path)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    writeFileSync(path, '');
    expect(await sha256File(path)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    await expect(sha256File(`${path}-no`)).rejects.toThrow('is missing');
  });
});
