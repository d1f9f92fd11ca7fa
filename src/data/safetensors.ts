import { open } from 'node:fs/promises';
import { type NdArray, ndarray, sizeOf, type TypedArray } from '../util/array.js';
import { FormatError, InputError } from '../util/errors.js';
import {
  bytesPerElement,
  decodeElements,
  type ElementType,
  elementTypeOf,
  encodeElements,
} from './elements.js';
import { withFile, writeAll } from './file.js';
import { writeAtomically } from './writeAtomically.js';

/** What a safetensors file holds. */
export interface Safetensors {
  /** Tensors by name, in the order of the file. */
  tensors: Map<string, NdArray<TypedArray>>;
  /** The file's free text entries (`__metadata__`). */
  metadata: Record<string, string>;
}

const elementTypes: Record<string, ElementType> = {
  ...{ F64: 'float64', F32: 'float32', F16: 'float16', BF16: 'bfloat16', BOOL: 'bool' },
  ...{ I64: 'int64', I32: 'int32', I16: 'int16', I8: 'int8' },
  ...{ U64: 'uint64', U32: 'uint32', U16: 'uint16', U8: 'uint8' },
};
/** The limit of the format's reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Reads a safetensors file. Element types keep their own, except float16 and bfloat16, which are widened to
 * float32 (exactly); booleans are 0 and 1 in a Uint8Array, 64-bit integers BigInts. The tensors must fill the
 * file without gap or overlap, as the format demands.
 *
 * @throws FileError if there is no such file; FormatError naming the tensor if the header is corrupt, the file is
 *   cut short, or an element type has no array here (8-bit floats)
 * @example
 * const { tensors, metadata } = await readSafetensors('decoder/mean.safetensors');
 * const weight = toMatrix(tensors.get('weight')!); // nVoxels × nDims
 */
export function readSafetensors(path: string): Promise<Safetensors> {
  return withFile(path, async (file) => {
    const fail = (problem: string) => new FormatError(path, problem);
    if (file.size < 8) throw fail(`${file.size} bytes is too short for a safetensors file`);
    const start = Buffer.alloc(8);
    await file.read(0, start);
    const headerBytes = Number(start.readBigUInt64LE());
    if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > file.size) {
      throw fail(`is not a safetensors file, or ends within its header of ${headerBytes} bytes`);
    }
    const text = Buffer.alloc(headerBytes);
    await file.read(8, text);
    const dataStart = 8 + headerBytes;
    const { entries, metadata } = parseHeader(text.toString(), file.size - dataStart, fail);
    const tensors: Safetensors['tensors'] = new Map();
    for (const { name, type, shape, begin, end } of entries) {
      const bytes = new Uint8Array(end - begin);
      await file.read(dataStart + begin, bytes);
      tensors.set(name, ndarray(decodeElements(bytes, type), shape));
    }
    return { tensors, metadata };
  });
}

interface Entry {
  name: string;
  type: ElementType;
  shape: number[];
  begin: number;
  end: number;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parseHeader(text: string, dataBytes: number, fail: (problem: string) => Error) {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw fail('is not a safetensors file: its header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw fail('its header is not a JSON object');
  }
  const metadata: Record<string, string> = {};
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header as Record<string, Record<string, unknown> | null>)) {
    if (typeof value !== 'object' || value === null) throw fail(`the entry of ${name} is not an object`);
    if (name === '__metadata__') {
      for (const [key, item] of Object.entries(value)) {
        if (typeof item !== 'string') throw fail(`metadata ${key} is not text`);
        Object.defineProperty(metadata, key, { value: item, enumerable: true, writable: true });
      }
      continue;
    }
    const { dtype, shape, data_offsets: offsets } = value;
    const type = elementTypes[String(dtype)];
    if (!type) throw fail(`tensor ${name} holds elements of type ${dtype}, which is not read`);
    if (!Array.isArray(shape) || !shape.every(isCount)) throw fail(`tensor ${name} has no valid shape`);
    if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
      throw fail(`tensor ${name} has no valid data_offsets`);
    }
    const [begin, end] = offsets as [number, number];
    if (end - begin !== sizeOf(shape) * bytesPerElement(type)) {
      throw fail(`tensor ${name} of shape (${shape.join(', ')}) ${dtype} cannot take ${end - begin} bytes`);
    }
    entries.push({ name, type, shape, begin, end });
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== position)
      throw fail(`tensor ${name} starts at byte ${begin} of the data, not at ${position}`);
    position = end;
  }
  if (position !== dataBytes) {
    throw fail(
      `holds ${dataBytes} bytes of data where its tensors take ${position}: not written or copied whole`,
    );
  }
  return { entries, metadata };
}

/** How {@link writeSafetensors} writes. */
export interface WriteSafetensorsOptions {
  /** Element type in the file of tensors that are not to keep their own, by name: `float16`, `bfloat16`, `bool`. */
  types?: Readonly<Record<string, ElementType>>;
}

/**
 * Writes a safetensors file, whole or not at all. Larger elements come first, then by name, metadata by key: the
 * same content gives the same bytes.
 *
 * @throws InputError for a tensor named `__metadata__`, or whose type does not fit; FileError, ResourceError
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, NdArray<TypedArray>> | Readonly<Record<string, NdArray<TypedArray>>>,
  metadata: Readonly<Record<string, string>> = {},
  { types = {} }: WriteSafetensorsOptions = {},
): Promise<void> {
  const named: [string, NdArray<TypedArray>][] =
    tensors instanceof Map ? [...tensors] : Object.entries(tensors as Record<string, NdArray<TypedArray>>);
  const items = named.map(([name, { data, shape }]) => {
    if (name === '__metadata__') throw new InputError('tensor name', name, 'another: this one is reserved');
    ndarray(data, shape);
    return { name, data, shape, type: types[name] ?? elementTypeOf(data) };
  });
  items.sort((a, b) => bytesPerElement(b.type) - bytesPerElement(a.type) || (a.name < b.name ? -1 : 1));
  const header = new Map<string, unknown>();
  if (Object.keys(metadata).length) {
    const notText = Object.entries(metadata).find(([, value]) => typeof value !== 'string');
    if (notText) throw new InputError(`metadata ${notText[0]}`, notText[1], 'text', 'use JSON.stringify');
    header.set(
      '__metadata__',
      Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1))),
    );
  }
  let position = 0;
  for (const { name, data, shape, type } of items) {
    const begin = position;
    position += data.length * bytesPerElement(type);
    const dtype = Object.keys(elementTypes).find((key) => elementTypes[key] === type);
    header.set(name, { dtype, shape, data_offsets: [begin, position] });
  }
  const json = `{${[...header].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join()}}`;
  const text = Buffer.from(json);
  const start = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8, ' ');
  start.writeBigUInt64LE(BigInt(start.length - 8));
  start.set(text, 8);
  await writeAtomically(path, async (temporary) => {
    const handle = await open(temporary, 'w');
    try {
      await writeAll(handle, start);
      for (const { data, type } of items) await writeAll(handle, encodeElements(data, type));
    } finally {
      await handle.close();
    }
  });
}
