import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Files under folders whose base name is wanted, at any depth, by base name; links to folders are followed, each
 * folder is visited once, and folders that cannot be read are passed over. In a fixed order: folders as given,
 * then by depth, then by name.
 */
export async function findFiles(
  folders: readonly string[],
  names: ReadonlySet<string>,
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const visited = new Set<string>();
  for (const root of folders) {
    const queue = [root];
    for (let folder = queue.shift(); folder !== undefined; folder = queue.shift()) {
      const real = await realpath(folder).catch(() => undefined);
      if (real === undefined || visited.has(real)) continue;
      visited.add(real);
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const path = join(folder, entry.name);
        const target = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
        if (target?.isDirectory()) queue.push(path);
        else if (target?.isFile() && names.has(entry.name)) {
          found.set(entry.name, [...(found.get(entry.name) ?? []), path]);
        }
      }
    }
  }
  return found;
}
