import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, deflateRaw, inflateRaw } from 'node:zlib';
import { FormatError, InputError } from '../util/errors.js';
import { type OpenFile, writeAll } from './file.js';
import { writeAtomically } from './writeAtomically.js';

/** One file within a zip archive. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  readonly headerStart: number;
}

const signatures = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator: 0x07064b50,
};
const STORED = 0;
const DEFLATED = 8;
const FULL32 = 0xffffffff;

const corrupt = (path: string, problem: string, cause?: unknown) =>
  new FormatError(path, `is a corrupt zip archive: ${problem}`, 'copy or fetch it again', cause);

async function readAt(file: OpenFile, start: number, length: number): Promise<Buffer> {
  if (start < 0 || start + length > file.size) throw corrupt(file.path, 'it ends within its data');
  const bytes = Buffer.alloc(length);
  await file.read(start, bytes);
  return bytes;
}

/** The files of a zip archive (zip64 too), in the order of its directory. */
export async function zipEntries(file: OpenFile): Promise<ZipEntry[]> {
  const tail = await readAt(file, Math.max(0, file.size - 22 - 0xffff), Math.min(file.size, 22 + 0xffff));
  const isEnd = (at: number) =>
    tail.readUInt32LE(at) === signatures.end && at + 22 + tail.readUInt16LE(at + 20) === tail.length;
  let at = tail.length - 22;
  while (at >= 0 && !isEnd(at)) at--;
  if (at < 0) throw new FormatError(file.path, 'is not a zip archive, or is cut short');
  let [count, size, start] = [
    tail.readUInt16LE(at + 10),
    tail.readUInt32LE(at + 12),
    tail.readUInt32LE(at + 16),
  ];
  if (count === 0xffff || size === FULL32 || start === FULL32) {
    if (at < 20 || tail.readUInt32LE(at - 20) !== signatures.locator)
      throw corrupt(file.path, 'no zip64 directory');
    const end = await readAt(file, Number(tail.readBigUInt64LE(at - 12)), 56);
    if (end.readUInt32LE(0) !== signatures.end64) throw corrupt(file.path, 'no zip64 directory');
    [count, size, start] = [32, 40, 48].map((position) => Number(end.readBigUInt64LE(position))) as [
      number,
      number,
      number,
    ];
  }
  const directory = await readAt(file, start, size);
  const entries: ZipEntry[] = [];
  for (let position = 0; entries.length < count; ) {
    const { entry, length } = readEntry(file.path, directory, position);
    entries.push(entry);
    position += length;
  }
  return entries;
}

function readEntry(path: string, directory: Buffer, at: number): { entry: ZipEntry; length: number } {
  if (at + 46 > directory.length || directory.readUInt32LE(at) !== signatures.central) {
    throw corrupt(path, 'its directory is broken');
  }
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
    directory.readUInt16LE(at + offset),
  ) as [number, number, number];
  const length = 46 + nameLength + extraLength + commentLength;
  if (at + length > directory.length) throw corrupt(path, 'its directory is broken');
  const name = directory.toString('utf8', at + 46, at + 46 + nameLength);
  if (directory.readUInt16LE(at + 8) & 1) throw new FormatError(path, `${name} is encrypted`);
  const sizes = [24, 20, 42].map((offset) => directory.readUInt32LE(at + offset));
  // Values that do not fit 32 bits stand in the zip64 extra field, in this order.
  const extra = directory.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
  for (let field = 0; field + 4 <= extra.length; field += 4 + extra.readUInt16LE(field + 2)) {
    if (extra.readUInt16LE(field) !== 1) continue;
    let position = field + 4;
    for (let index = 0; index < 3; index++) {
      if (sizes[index] !== FULL32) continue;
      if (position + 8 > extra.length) throw corrupt(path, `${name} has no size`);
      sizes[index] = Number(extra.readBigUInt64LE(position));
      position += 8;
    }
  }
  const [size, packedSize, headerStart] = sizes as [number, number, number];
  const [method, crc] = [directory.readUInt16LE(at + 10), directory.readUInt32LE(at + 16)];
  return { entry: { name, method, crc, packedSize, size, headerStart }, length };
}

/** The content of one file of an archive, checked against its CRC; allocates no more than the archive bears out. */
export async function readZipEntry(file: OpenFile, entry: ZipEntry): Promise<Uint8Array> {
  const { name, method, crc, packedSize, size, headerStart } = entry;
  const header = await readAt(file, headerStart, 30);
  if (header.readUInt32LE(0) !== signatures.local)
    throw corrupt(file.path, `${name} is not where the directory says`);
  const start = headerStart + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const packed = await readAt(file, start, packedSize);
  let bytes: Uint8Array = packed;
  if (method === DEFLATED) {
    try {
      bytes = await promisify(inflateRaw)(packed, { maxOutputLength: Math.max(1, size) });
    } catch (cause) {
      throw corrupt(file.path, `${name} cannot be inflated`, cause);
    }
  } else if (method !== STORED)
    throw new FormatError(file.path, `${name} is packed by method ${method}; 0 and 8 are read`);
  if (bytes.length !== size || crc32(bytes) !== crc) throw corrupt(file.path, `${name} fails its check`);
  return bytes;
}

/** Date of every entry, 1 January 1980: the same content gives the same bytes. */
const [TIME, DATE] = [0, 0x21];

/** Writes a zip archive, whole or not at all. */
export async function writeZip(
  path: string,
  files: Iterable<readonly [name: string, parts: readonly Uint8Array[]]>,
  compress: boolean,
): Promise<void> {
  await writeAtomically(path, async (temporary) => {
    const handle = await open(temporary, 'w');
    try {
      const directory: Buffer[] = [];
      let position = 0;
      for (const [name, parts] of files) {
        const size = parts.reduce((sum, part) => sum + part.length, 0);
        const crc = parts.reduce((sum, part) => crc32(part, sum), 0);
        const packed = compress ? [await promisify(deflateRaw)(Buffer.concat(parts))] : parts;
        const packedSize = packed.reduce((sum, part) => sum + part.length, 0);
        if (Math.max(position, size, packedSize) >= FULL32) {
          throw new InputError(
            `size of ${name}`,
            size,
            'such that the archive stays under 4 GiB',
            'write .npy files',
          );
        }
        const nameBytes = Buffer.from(name);
        const header = Buffer.alloc(30);
        header.writeUInt32LE(signatures.local, 0);
        header.writeUInt16LE(20, 4);
        header.writeUInt16LE(0x800, 6);
        header.writeUInt16LE(compress ? DEFLATED : STORED, 8);
        header.writeUInt16LE(TIME, 10);
        header.writeUInt16LE(DATE, 12);
        [crc, packedSize, size].forEach((value, index) => void header.writeUInt32LE(value, 14 + 4 * index));
        header.writeUInt16LE(nameBytes.length, 26);
        const central = Buffer.alloc(46);
        central.writeUInt32LE(signatures.central, 0);
        central.writeUInt16LE(20, 4);
        header.copy(central, 6, 4, 30);
        central.writeUInt32LE(position, 42);
        directory.push(central, nameBytes);
        for (const part of [header, nameBytes, ...packed]) await writeAll(handle, part);
        position += header.length + nameBytes.length + packedSize;
      }
      const entries = Buffer.concat(directory);
      const end = Buffer.alloc(22);
      end.writeUInt32LE(signatures.end, 0);
      end.writeUInt16LE(directory.length / 2, 8);
      end.writeUInt16LE(directory.length / 2, 10);
      end.writeUInt32LE(entries.length, 12);
      end.writeUInt32LE(position, 16);
      await writeAll(handle, entries);
      await writeAll(handle, end);
    } finally {
      await handle.close();
    }
  });
}
