import { FormatError } from '../util/errors.js';
import { bytesPerElement, decodeElements, type ElementType, toCOrder } from './elements.js';
import type { OpenFile } from './file.js';
import { textRows } from './matV5.js';
import type { MatSparse, MatValue } from './matValue.js';

const precisions: ElementType[] = ['float64', 'float32', 'int32', 'int16', 'uint16', 'uint8'];
const MAX_NAME_BYTES = 1024;

/** The variables of a MAT file of version 4 (two axes; numbers, text, sparse); see {@link readMat}. */
export async function readMatV4(
  file: OpenFile,
  isWanted: (name: string) => boolean,
): Promise<Map<string, MatValue>> {
  const fail = (problem: string) => new FormatError(file.path, `is a corrupt MAT file: ${problem}`);
  const variables = new Map<string, MatValue>();
  for (let position = 0; position < file.size; ) {
    const take = async (nBytes: number) => {
      if (nBytes > file.size - position) throw fail('it ends within a variable');
      const bytes = new Uint8Array(nBytes);
      await file.read(position, bytes);
      position += nBytes;
      return bytes;
    };
    const header = new DataView((await take(20)).buffer);
    const littleEndian = header.getInt32(0, true) >= 0 && header.getInt32(0, true) <= 5000;
    const [type, nRows, nColumns, isComplex, nameBytes] = [0, 4, 8, 12, 16].map((at) =>
      header.getInt32(at, littleEndian),
    ) as [number, number, number, number, number];
    const [machine, zero, precision, form] = String(type).padStart(4, '0').split('').map(Number);
    const stored = precisions[precision!];
    if (!/^\d{1,4}$/.test(String(type)) || machine! > 1 || zero !== 0 || !stored || form! > 2) {
      throw fail(`a variable of type ${type}`);
    }
    if (nRows < 0 || nColumns < 0 || isComplex < 0 || isComplex > 1)
      throw fail('a variable has no valid shape');
    if (nameBytes < 1 || nameBytes > MAX_NAME_BYTES) throw fail('a variable has no valid name');
    const name = Buffer.from(await take(nameBytes))
      .toString('latin1')
      .replace(/\0.*$/s, '');
    const shape = [nRows, nColumns];
    const numbers = async () => {
      const bytes = await take(nRows * nColumns * bytesPerElement(stored));
      return decodeElements(bytes, stored, littleEndian) as Float64Array;
    };
    const real = await numbers();
    const imaginary = isComplex ? await numbers() : undefined;
    if (!isWanted(name)) continue;
    if (form === 1) {
      const characters = Array.from(real, (code) => String.fromCharCode(code));
      variables.set(name, { kind: 'char', shape, rows: textRows(characters, shape) });
    } else if (form === 2) variables.set(name, sparseOf(real, nRows, nColumns, fail));
    else {
      const data = toCOrder(real, shape);
      variables.set(name, {
        ...{ kind: 'numeric', shape, data },
        ...(imaginary && { imaginary: toCOrder(imaginary, shape) }),
      });
    }
  }
  return variables;
}

/** A v4 sparse matrix is a full one of columns row, column, value (, imaginary); its last row is the shape. */
function sparseOf(
  table: Float64Array,
  nRows: number,
  nColumns: number,
  fail: (problem: string) => Error,
): MatSparse {
  const nStored = nRows - 1;
  const column = (index: number) => Float64Array.from(table.subarray(index * nRows, index * nRows + nStored));
  if (nRows < 1 || nColumns < 3 || nColumns > 4)
    throw fail('a sparse matrix is not a table of three columns');
  const shape = [table[nStored]!, table[nRows + nStored]!];
  const indices = (axis: number) =>
    Int32Array.from(column(axis), (index) => {
      if (!(Number.isInteger(index) && index >= 1 && index <= shape[axis]!)) throw fail(`no index: ${index}`);
      return index - 1;
    });
  if (!shape.every((length) => Number.isInteger(length) && length >= 0 && length < 2 ** 31)) {
    throw fail(`a sparse matrix of shape ${shape}`);
  }
  const sparse = { kind: 'sparse', shape, rows: indices(0), columns: indices(1), data: column(2) } as const;
  return { ...sparse, isLogical: false, ...(nColumns === 4 && { imaginary: column(3) }) };
}
