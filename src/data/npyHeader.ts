import { sizeOf } from '../util/array.js';
import { FormatError } from '../util/errors.js';
import { bytesPerElement, type ElementType } from './elements.js';

/** What the header of an npy file says. */
export interface NpyHeader {
  readonly type: ElementType;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the data starts, in bytes. */
  readonly dataStart: number;
  /** How many bytes of data the shape asks for. */
  readonly dataBytes: number;
}

/** Reads `length` bytes of the source from `start`; must throw FormatError if they are not there. */
export type ReadAt = (start: number, length: number) => Promise<Uint8Array>;

const magic = '\x93NUMPY';
const elementTypes: Record<string, ElementType> = {
  ...{ f8: 'float64', f4: 'float32', f2: 'float16', b1: 'bool' },
  ...{ i8: 'int64', i4: 'int32', i2: 'int16', i1: 'int8' },
  ...{ u8: 'uint64', u4: 'uint32', u2: 'uint16', u1: 'uint8' },
};
/** NumPy's own headers are far shorter; a longer one is a corrupt length field. */
const MAX_HEADER_BYTES = 65536;

/**
 * Reads and checks the header of an npy file (versions 1 to 3 of NumPy's format).
 * @param size bytes of the whole source: the data must end there
 */
export async function readNpyHeader(path: string, size: number, readAt: ReadAt): Promise<NpyHeader> {
  const fail = (problem: string, fix?: string) => new FormatError(path, problem, fix);
  if (size < 10) throw fail(`${size} bytes is too short for an npy file`);
  const start = Buffer.from(await readAt(0, 10));
  if (start.toString('latin1', 0, 6) !== magic)
    throw fail('is not an npy file: its first bytes are not \\x93NUMPY');
  const version = start[6]!;
  if (version < 1 || version > 3)
    throw fail(`is npy version ${version}.${start[7]}; versions 1 to 3 are read`);
  const textStart = version === 1 ? 10 : 12;
  if (size < textStart) throw fail('ends within its header');
  const textBytes = version === 1 ? start.readUInt16LE(8) : Buffer.from(await readAt(8, 4)).readUInt32LE(0);
  const dataStart = textStart + textBytes;
  if (textBytes > MAX_HEADER_BYTES || dataStart > size) throw fail('ends within its header, or is corrupt');
  const text = Buffer.from(await readAt(textStart, textBytes)).toString(version === 3 ? 'utf8' : 'latin1');
  const fields = parseHeader(text);
  if (!fields) throw fail(`its header cannot be read: ${JSON.stringify(text.trim().slice(0, 100))}`);
  const type = elementTypes[fields.descr.slice(1)];
  if (!type || !/^[<>=|]/.test(fields.descr)) {
    throw fail(
      `holds elements of type ${fields.descr}; real numbers and booleans are read`,
      'convert it in NumPy, e.g. array.astype("float32")',
    );
  }
  const dataBytes = sizeOf(fields.shape) * bytesPerElement(type);
  if (!Number.isSafeInteger(dataBytes) || dataBytes !== size - dataStart) {
    const whatIsThere = `${size - dataStart} bytes of data where shape (${fields.shape.join(', ')}) of ${type} takes ${dataBytes}`;
    throw fail(whatIsThere, 'it was not written or copied whole');
  }
  return {
    ...{ type, dataStart, dataBytes, shape: fields.shape, fortranOrder: fields.fortranOrder },
    littleEndian: fields.descr[0] !== '>',
  };
}

/** The three fields of the header's Python dictionary; undefined if they are not all there, once each. */
function parseHeader(text: string): { descr: string; fortranOrder: boolean; shape: number[] } | undefined {
  const body = /^\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined) return undefined;
  const entry = /\s*'(\w+)'\s*:\s*('[^']*'|True|False|\([\d\sL,]*\)|\[.*\])\s*(?:,|$)/sy;
  const fields = new Map<string, string>();
  while (entry.lastIndex < body.trimEnd().length) {
    const match = entry.exec(body);
    if (!match || fields.has(match[1]!)) return undefined;
    fields.set(match[1]!, match[2]!);
  }
  const [descr, order, shape] = ['descr', 'fortran_order', 'shape'].map((key) => fields.get(key));
  if (fields.size !== 3 || !descr || !/^(True|False)$/.test(order ?? '') || !shape?.startsWith('(')) return;
  const lengths = shape
    .slice(1, -1)
    .split(',')
    .map((length) => length.trim().replace(/L$/, ''));
  if (lengths.at(-1) === '') lengths.pop();
  if (lengths.some((length) => !/^\d+$/.test(length))) return undefined;
  return {
    descr: descr.startsWith("'") ? descr.slice(1, -1) : ` ${descr}`,
    fortranOrder: order === 'True',
    shape: lengths.map(Number),
  };
}

/**
 * The header bytes of an npy file in C order, little-endian, as NumPy writes them: version 1.0, padded so that
 * the data starts at a multiple of 64, with room for the first axis to be written again at any length.
 */
export function npyHeader(type: ElementType, shape: readonly number[]): Uint8Array {
  const code = Object.keys(elementTypes).find((key) => elementTypes[key] === type);
  const descr = `${bytesPerElement(type) === 1 ? '|' : '<'}${code}`;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const growth = shape.length ? 21 - String(shape[0]).length : 0;
  const length = Math.ceil((10 + text.length + growth + 1) / 64) * 64;
  const header = Buffer.alloc(length, ' ');
  header.write(`${magic}\x01\x00`, 'latin1');
  header.writeUInt16LE(length - 10, 8);
  header.write(text, 10, 'latin1');
  header.write('\n', length - 1);
  return header;
}
