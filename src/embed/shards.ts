import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readNpy, writeNpy } from '../data/index.js';
import { writeText } from '../data/writeAtomically.js';
import { FormatError, type Matrix, toMatrix } from '../util/index.js';

/** Finished parts of a long computation over rows, in a folder. */
export interface Shards {
  /** Rows `start` to `end` if they are there. */
  read(start: number, end: number): Promise<Matrix | undefined>;
  write(start: number, part: Matrix): Promise<void>;
}

/**
 * Opens a folder of shards that belongs to one model and one list of pictures.
 *
 * @throws FormatError if the folder holds those of others, or a shard does not fit
 */
export async function openShards(
  folder: string,
  of: { model: string; names: readonly string[]; shardSize: number },
): Promise<Shards> {
  const names = createHash('sha256').update(JSON.stringify(of.names)).digest('hex');
  const key = `${JSON.stringify({ model: of.model, nImages: of.names.length, shardSize: of.shardSize, names })}\n`;
  const record = join(folder, 'shards.json');
  await mkdir(folder, { recursive: true });
  if (!existsSync(record)) await writeText(record, key);
  else if ((await readFile(record, 'utf8')) !== key) {
    throw new FormatError(
      record,
      'is of another model or other pictures',
      'delete the folder, or name another',
    );
  }
  const pathOf = (start: number) => join(folder, `rows-${String(start).padStart(7, '0')}.npy`);
  return {
    async read(start, end) {
      if (!existsSync(pathOf(start))) return undefined;
      const part = toMatrix(await readNpy(pathOf(start)), pathOf(start));
      if (part.shape[0] === end - start) return part;
      throw new FormatError(
        pathOf(start),
        `has ${part.shape[0]} rows; must have ${end - start}`,
        'delete it',
      );
    },
    write: (start, part) => writeNpy(pathOf(start), part),
  };
}
