import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { expect, it } from 'vitest';

const source = join(import.meta.dirname, '../src');

/** Lower layers first; a folder may import from its own level and from lower ones. */
const levels = [
  ['util'],
  ['engine'],
  ['data', 'study'],
  ['embed', 'prepare', 'phantom'],
  ['decode'],
  ['cluster'],
  ['concepts'],
  ['plot'],
  ['notebook'],
  ['workflow'],
  ['cli'],
];
const levelOf = new Map(
  levels.flatMap((folders, level) => folders.map((folder) => [folder, level] as const)),
);

function* sourceFiles(folder = source): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      if (name !== 'shims') yield* sourceFiles(path);
    } else if (path.endsWith('.ts') && !path.endsWith('.as.ts')) yield path;
  }
}

const folderOf = (path: string) => relative(source, path).split('/')[0]!;

it('imports go downwards only', () => {
  const upward: string[] = [];
  for (const path of sourceFiles()) {
    if (dirname(path) === source) continue;
    const own = levelOf.get(folderOf(path));
    expect(own, `${relative(source, path)} lies in a folder without a layer`).toBeDefined();
    for (const [, target] of readFileSync(path, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
      const imported = normalize(join(dirname(path), target!));
      const other = levelOf.get(folderOf(imported));
      if (other === undefined || other > own!) upward.push(`${relative(source, path)} imports ${target}`);
    }
  }
  expect(upward).toEqual([]);
});
