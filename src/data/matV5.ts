import { promisify } from 'node:util';
import { constants, inflate, inflateSync } from 'node:zlib';
import { sizeOf, type TypedArray } from '../util/array.js';
import { FormatError } from '../util/errors.js';
import { castElements, type ElementType, toCOrder } from './elements.js';
import type { OpenFile } from './file.js';
import { codes, MatBytes, type MatElement } from './matBytes.js';
import type { MatSparse, MatValue } from './matValue.js';

const HEADER_BYTES = 128;
const MAX_DEPTH = 200;
/** Struct arrays without fields hold no bytes; more elements than this are a corrupt shape. */
const MAX_EMPTY_ELEMENTS = 2 ** 20;

const numberClasses: Record<number, ElementType> = {
  ...{ 6: 'float64', 7: 'float32', 8: 'int8', 9: 'uint8', 10: 'int16', 11: 'uint16' },
  ...{ 12: 'int32', 13: 'uint32', 14: 'int64', 15: 'uint64' },
};
const classes = { cell: 1, struct: 2, object: 3, char: 4, sparse: 5, function: 16, opaque: 17 } as const;

/** The variables of a MAT file of version 5 (saved by MATLAB 5 to 7.2, and by SciPy); see {@link readMat}. */
export async function readMatV5(
  file: OpenFile,
  littleEndian: boolean,
  isWanted: (name: string) => boolean,
): Promise<Map<string, MatValue>> {
  const fail = (problem: string, cause?: unknown) =>
    new FormatError(file.path, `is a corrupt MAT file: ${problem}`, undefined, cause);
  const variables = new Map<string, MatValue>();
  const tag = Buffer.alloc(8);
  for (let position = HEADER_BYTES; position < file.size; ) {
    if (position + 8 > file.size) throw fail('it ends within a variable');
    await file.read(position, tag);
    const [code, length] = littleEndian
      ? [tag.readUInt32LE(0), tag.readUInt32LE(4)]
      : [tag.readUInt32BE(0), tag.readUInt32BE(4)];
    if (position + 8 + length > file.size) throw fail('it ends within a variable');
    let bytes: Uint8Array = new Uint8Array(length);
    await file.read(position + 8, bytes);
    position += 8 + length;
    if (code === codes.compressed) bytes = await inflateElement(bytes, littleEndian, fail);
    else if (code !== codes.matrix) throw fail(`a variable of type ${code}`);
    const variable = readMatrix(new MatBytes(bytes, littleEndian, fail), 0, isWanted);
    if (variable) variables.set(variable.name, variable.value);
  }
  return variables;
}

/** Inflates a compressed variable: no further than the size that its own first bytes announce. */
async function inflateElement(
  bytes: Uint8Array,
  littleEndian: boolean,
  fail: (problem: string, cause?: unknown) => Error,
): Promise<Uint8Array> {
  try {
    const start = inflateSync(bytes.subarray(0, 512), {
      ...{ finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 2 ** 20 },
    });
    const [code, length] = littleEndian
      ? [start.readUInt32LE(0), start.readUInt32LE(4)]
      : [start.readUInt32BE(0), start.readUInt32BE(4)];
    if (code !== codes.matrix) throw fail(`a compressed variable of type ${code}`);
    const whole = await promisify(inflate)(bytes, { maxOutputLength: 8 + length });
    if (whole.length < 8 + length) throw fail('a compressed variable is shorter than it says');
    return whole.subarray(8);
  } catch (error) {
    throw error instanceof FormatError ? error : fail('a compressed variable cannot be inflated', error);
  }
}

/** Reads what a matrix element holds; undefined for an unnamed or unwanted one. */
function readMatrix(
  from: MatBytes,
  depth: number,
  isWanted?: (name: string) => boolean,
): { name: string; value: MatValue } | undefined {
  if (depth > MAX_DEPTH) throw from.fail(`cells and structs are nested more than ${MAX_DEPTH} deep`);
  const flags = from.numbers(from.next());
  if (!(flags instanceof Uint32Array) || flags.length !== 2) throw from.fail('array flags are missing');
  const code = flags[0]! & 0xff;
  const [isComplex, isLogical] = [(flags[0]! & 0x800) !== 0, (flags[0]! & 0x200) !== 0];
  if (code === classes.opaque) {
    const [name, , className] = [from.name(), from.name(), from.name()];
    if (isWanted && !isWanted(name)) return undefined;
    return { name, value: { kind: 'object', className, content: readNested(from, depth) } };
  }
  const shape = Array.from(from.integers());
  const nElements = sizeOf(shape);
  if (shape.length < 2 || !Number.isSafeInteger(nElements)) throw from.fail(`no valid shape: ${shape}`);
  const name = from.name();
  // What has no name at the top is MATLAB's own: the work space of function handles and objects.
  if (isWanted && (name === '' || !isWanted(name))) return undefined;
  const named = (value: MatValue) => ({ name, value });

  if (code === classes.cell) {
    if (nElements > from.left / 8) throw from.fail(`no room for ${nElements} cells`);
    const cells = Array.from({ length: nElements }, () => readNested(from, depth));
    return named({ kind: 'cell', shape, cells: toCOrder(cells, shape) });
  }
  if (code === classes.struct || code === classes.object) {
    const className = code === classes.object ? from.name() : undefined;
    return named(readStruct(from, shape, depth, className));
  }
  if (code === classes.function) {
    return named({ kind: 'function', className: 'function_handle', content: readNested(from, depth) });
  }
  if (code === classes.char) return named(readChar(from, shape));
  if (code === classes.sparse) return named(readSparse(from, shape, isComplex, isLogical));
  const type = numberClasses[code];
  if (!type) throw from.fail(`an array of class ${code}`);
  const numbers = () => toCOrder(numbersOf(from, nElements, type), shape);
  const data = numbers();
  if (isLogical)
    return named({
      kind: 'logical',
      shape,
      data: Uint8Array.from(data as Float64Array, (value) => (value ? 1 : 0)),
    });
  return named(
    isComplex ? { kind: 'numeric', shape, data, imaginary: numbers() } : { kind: 'numeric', shape, data },
  );
}

function readNested(from: MatBytes, depth: number): MatValue {
  const { code, bytes } = from.next();
  if (code !== codes.matrix) throw from.fail(`an element of type ${code} stands where an array must be`);
  if (bytes.length === 0) return { kind: 'numeric', shape: [0, 0], data: new Float64Array(0) };
  return readMatrix(new MatBytes(bytes, from.littleEndian, from.fail), depth + 1)!.value;
}

/** Numbers in the array's own class: files store them in the smallest type that holds them. */
function numbersOf(from: MatBytes, nElements: number, type: ElementType): TypedArray {
  const values = from.numbers(from.next());
  if (values.length !== nElements) throw from.fail(`${values.length} numbers in an array of ${nElements}`);
  const isFloat = values instanceof Float32Array || values instanceof Float64Array;
  if (isFloat && type.endsWith('int64')) throw from.fail(`an array of ${type} stored as floats`);
  return castElements(values, type);
}

function readStruct(from: MatBytes, shape: number[], depth: number, className?: string): MatValue {
  const nElements = sizeOf(shape);
  const [nameBytes] = from.integers();
  const { bytes: names } = from.next();
  if (!nameBytes || names.length % nameBytes) throw from.fail('field names are missing');
  const fields: string[] = [];
  for (let start = 0; start < names.length; start += nameBytes) {
    const name = Buffer.from(names.subarray(start, start + nameBytes))
      .toString('latin1')
      .replace(/\0.*$/s, '');
    const earlier = fields.filter((field) => field.replace(/^_\d+_/, '') === name).length;
    fields.push(earlier ? `_${earlier}_${name}` : name);
  }
  if (fields.length ? nElements > from.left / 8 / fields.length : nElements > MAX_EMPTY_ELEMENTS) {
    throw from.fail(`no room for ${nElements} elements of a struct`);
  }
  const elements = Array.from(
    { length: nElements },
    () => new Map(fields.map((field) => [field, readNested(from, depth)])),
  );
  const value = { kind: 'struct', shape, fields, elements: toCOrder(elements, shape) } as const;
  return className === undefined ? value : { ...value, className };
}

function readChar(from: MatBytes, shape: number[]): MatValue {
  const element = from.next();
  const nElements = sizeOf(shape);
  // Seen in real files: a text of some length without its characters; as in SciPy these are spaces.
  const isBlank = element.bytes.length === 0 && nElements <= MAX_EMPTY_ELEMENTS;
  const characters = isBlank ? new Array<string>(nElements).fill(' ') : charactersOf(from, element);
  if (characters.length !== nElements) {
    throw from.fail(`${characters.length} characters in an array of ${nElements}`);
  }
  return { kind: 'char', shape, rows: textRows(characters, shape) };
}

/** The characters of an element, one entry each: UTF-16 units where the file has those, so that shapes hold. */
function charactersOf(from: MatBytes, element: MatElement): string[] {
  if (element.code === codes.utf8) return Array.from(new TextDecoder().decode(element.bytes));
  return Array.from(from.numbers(element) as Uint16Array, (code) => {
    if (element.code === codes.utf32 && code > 0x10ffff) throw from.fail(`${code} is no character`);
    return element.code === codes.utf32 ? String.fromCodePoint(code) : String.fromCharCode(Number(code));
  });
}

/** Column-major characters as the strings along the last axis. */
export function textRows(characters: readonly string[], shape: readonly number[]): string[] {
  const length = shape.at(-1)!;
  const ordered = toCOrder(characters as string[], shape);
  const nRows = sizeOf(shape.slice(0, -1));
  if (length === 0 && nRows > MAX_EMPTY_ELEMENTS) return [];
  return Array.from({ length: nRows }, (_, row) => ordered.slice(row * length, (row + 1) * length).join(''));
}

function readSparse(from: MatBytes, shape: number[], isComplex: boolean, isLogical: boolean): MatSparse {
  const [allRows, starts] = [from.integers(), from.integers()];
  const [nRows, nColumns] = shape as [number, number];
  const nStored = starts[nColumns] ?? -1;
  if (shape.length !== 2 || starts.length !== nColumns + 1 || starts[0] !== 0 || nStored > allRows.length) {
    throw from.fail('a sparse matrix has no valid column starts');
  }
  const rows = allRows.slice(0, nStored);
  if (rows.some((row) => row >= nRows)) throw from.fail('a sparse matrix has a row beyond its last');
  const columns = new Int32Array(nStored);
  for (let column = 0; column < nColumns; column++) {
    const [start, end] = [starts[column]!, starts[column + 1]!];
    if (end < start) throw from.fail('a sparse matrix has column starts out of order');
    columns.fill(column, start, end);
  }
  const values = () => {
    const element = from.next();
    // MATLAB labels a sparse logical's values as doubles, but stores one byte each.
    const stored = isLogical && element.bytes.length === nStored ? element.bytes : from.numbers(element);
    if (stored.length < nStored) throw from.fail('a sparse matrix has fewer values than indices');
    return Float64Array.from(stored.subarray(0, nStored) as Float64Array, Number);
  };
  const sparse = { kind: 'sparse', shape, rows, columns, data: values(), isLogical } as const;
  return isComplex ? { ...sparse, imaginary: values() } : sparse;
}
