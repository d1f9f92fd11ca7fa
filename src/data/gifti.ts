import { dirname, join } from 'node:path';
import { unzipSync } from 'node:zlib';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { type NdArray, ndarray, sizeOf, type TypedArray } from '../util/array.js';
import { FormatError } from '../util/errors.js';
import { readContent } from './byteStream.js';
import { bytesPerElement, decodeElements, type ElementType, toCOrder } from './elements.js';
import { withFile } from './file.js';
import { niftiTypes } from './niftiHeader.js';

/** One array of a GIFTI file, in C order whatever the file's. */
export interface GiftiArray {
  /** What it holds, without the prefix: `POINTSET`, `TRIANGLE`, `SHAPE`, `LABEL`, `TIME_SERIES`, `NONE`, … */
  readonly intent: string;
  readonly data: NdArray<TypedArray>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A key of a GIFTI label table. */
export interface GiftiLabel {
  readonly key: number;
  readonly name: string;
  /** Red, green, blue, alpha, 0–255. */
  readonly colour: readonly [number, number, number, number];
}

/** Everything that a GIFTI file holds. */
export interface Gifti {
  readonly arrays: readonly GiftiArray[];
  readonly labels: readonly GiftiLabel[];
  readonly metadata: Readonly<Record<string, string>>;
}

type Node = Record<string, unknown>;

/**
 * Reads a GIFTI file (`.gii`, also gzipped): every encoding (ASCII, Base64Binary, GZipBase64Binary,
 * ExternalFileBinary), either byte order, row- or column-major arrays.
 *
 * Coordinates come as they are stored: a coordinate system's transform is not applied, as in nibabel.
 *
 * @throws FileError; FormatError for XML that is not well-formed, or an array that is not what it says
 */
export async function readGifti(path: string): Promise<Gifti> {
  const text = new TextDecoder().decode(await readContent(path));
  const root = parseXml(text, path)['GIFTI'];
  if (root === undefined) throw new FormatError(path, 'is not GIFTI: it has no GIFTI element');
  const arrays: GiftiArray[] = [];
  for (const node of nodes((root as Node)['DataArray']))
    arrays.push(await arrayOf(node, arrays.length, path));
  const table = (root as Node)['LabelTable'];
  return {
    arrays,
    labels: nodes((table as Node)?.['Label']).map((label) => labelOf(label, path)),
    metadata: metadataOf((root as Node)['MetaData']),
  };
}

/** Parses XML into plain objects (attributes and children by name, text as `#text`); FormatError if malformed. */
export function parseXml(text: string, path: string): Node {
  const isArray = (name: string) => ['DataArray', 'MD', 'Label'].includes(name) || repeated.has(name);
  try {
    const valid = XMLValidator.validate(text);
    if (valid !== true) throw new FormatError(path, `its XML is not well-formed (${valid.err.msg})`);
    return new XMLParser({
      ...{ ignoreAttributes: false, attributeNamePrefix: '', parseTagValue: false },
      ...{ parseAttributeValue: false, trimValues: false, isArray },
    }).parse(text) as Node;
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(path, `its XML cannot be read (${(error as Error).message})`, undefined, error);
  }
}

/** Elements of CIFTI's XML of which there may be several. */
const repeated = new Set(['MatrixIndicesMap', 'BrainModel', 'NamedMap', 'Parcel', 'Vertices', 'Surface']);

/** The elements of a name, or none. */
export const nodes = (value: unknown): Node[] =>
  Array.isArray(value)
    ? value.map((node) => (typeof node === 'object' && node ? node : { '#text': node }))
    : [];

/** The text of an element. */
export const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value ? String((value as Node)['#text'] ?? '') : '';
};

/** The names and values of a MetaData element. */
export function metadataOf(value: unknown): Record<string, string> {
  const entries = nodes((value as Node)?.['MD']).map((md) => [
    textOf(md['Name']).trim(),
    textOf(md['Value']),
  ]);
  return Object.fromEntries(entries.filter(([name]) => name));
}

async function arrayOf(node: Node, index: number, path: string): Promise<GiftiArray> {
  const attribute = (name: string) => String(node[name] ?? '');
  const what = `array ${index + 1}`;
  const wrong = (name: string) =>
    new FormatError(path, `${what} has ${name} ${JSON.stringify(attribute(name))}, which is not GIFTI`);
  const nAxes = Number(attribute('Dimensionality'));
  if (!Number.isInteger(nAxes) || nAxes < 1 || nAxes > 6) throw wrong('Dimensionality');
  const shape = Array.from({ length: nAxes }, (_, axis) => Number(attribute(`Dim${axis}`)));
  const badAxis = shape.findIndex((length) => !Number.isSafeInteger(length) || length < 0);
  if (badAxis >= 0) throw wrong(`Dim${badAxis}`);
  const type = giftiType(attribute('DataType'));
  if (!type) throw wrong('DataType');
  const order = attribute('ArrayIndexingOrder') || 'RowMajorOrder';
  if (order !== 'RowMajorOrder' && order !== 'ColumnMajorOrder') throw wrong('ArrayIndexingOrder');
  // Some writers give nibabel's own name, GIFTI_ENDIAN_LITTLE.
  const endian = /little/i.test(attribute('Endian')) || attribute('Endian') === '' ? 'little' : 'big';
  if (endian === 'big' && !/big/i.test(attribute('Endian'))) throw wrong('Endian');

  const nElements = sizeOf(shape);
  const nBytes = nElements * bytesPerElement(type);
  const text = textOf(node['Data']);
  let stored: TypedArray;
  switch (encodings[attribute('Encoding')] ?? attribute('Encoding')) {
    case 'ASCII':
      stored = asciiElements(text, nElements, type, what, path);
      break;
    case 'Base64Binary':
    case 'GZipBase64Binary': {
      let bytes: Uint8Array = new Uint8Array(Buffer.from(text, 'base64'));
      if (/gz/i.test(attribute('Encoding'))) bytes = inflate(bytes, nBytes, what, path);
      if (bytes.length !== nBytes) {
        throw new FormatError(
          path,
          `${what} holds ${bytes.length} bytes; ${shape.join(' × ')} ${type} are ${nBytes}`,
        );
      }
      stored = decodeElements(bytes, type, endian === 'little');
      break;
    }
    case 'ExternalFileBinary':
      stored = await externalElements(node, nBytes, type, endian === 'little', path);
      break;
    default:
      throw wrong('Encoding');
  }
  const data = order === 'ColumnMajorOrder' ? toCOrder(stored, shape) : stored;
  return {
    intent: attribute('Intent').replace(/^NIFTI_INTENT_/, ''),
    data: ndarray(data, shape),
    metadata: metadataOf(node['MetaData']),
  };
}

/** nibabel's own names of the encodings, which some of its files carry. */
const encodings: Record<string, string> = {
  GIFTI_ENCODING_ASCII: 'ASCII',
  GIFTI_ENCODING_B64BIN: 'Base64Binary',
  GIFTI_ENCODING_B64GZ: 'GZipBase64Binary',
  GIFTI_ENCODING_EXTBIN: 'ExternalFileBinary',
};

function giftiType(name: string): ElementType | undefined {
  const lower = name.replace(/^NIFTI_TYPE_/, '').toLowerCase();
  return [...niftiTypes.values()].find((type) => type === lower);
}

function asciiElements(
  text: string,
  nElements: number,
  type: ElementType,
  what: string,
  path: string,
): TypedArray {
  const words = text.trim() === '' ? [] : text.trim().split(/\s+/);
  if (words.length !== nElements) {
    throw new FormatError(path, `${what} holds ${words.length} numbers; its header says ${nElements}`);
  }
  const bad = words.find((word) => !/^[-+]?(\d|\.\d|nan$|inf)/i.test(word));
  if (bad !== undefined)
    throw new FormatError(path, `${what} holds ${JSON.stringify(bad)}, which is no number`);
  const number = (word: string) =>
    /inf/i.test(word) ? (word[0] === '-' ? -1 : 1) * Number.POSITIVE_INFINITY : Number(word);
  const values = Float64Array.from(words, number);
  if (type === 'float64') return values;
  if (type === 'float32') return Float32Array.from(values);
  if (type === 'int32') return Int32Array.from(values);
  if (type === 'uint8') return Uint8Array.from(values);
  throw new FormatError(path, `${what} holds ${type} as text`, 'GIFTI knows uint8, int32 and float32');
}

function inflate(bytes: Uint8Array, nBytes: number, what: string, path: string): Uint8Array {
  try {
    return new Uint8Array(unzipSync(bytes, { maxOutputLength: Math.max(1, nBytes + 1) }));
  } catch (error) {
    const isLong = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    const problem = isLong ? `inflates to more than its ${nBytes} bytes` : 'has corrupt compressed data';
    throw new FormatError(path, `${what} ${problem}`, undefined, error);
  }
}

async function externalElements(
  node: Node,
  nBytes: number,
  type: ElementType,
  littleEndian: boolean,
  path: string,
): Promise<TypedArray> {
  const name = String(node['ExternalFileName'] ?? '');
  const offset = Number(node['ExternalFileOffset'] ?? 0);
  if (!name) throw new FormatError(path, 'has an array in another file but does not name it');
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new FormatError(path, `has ExternalFileOffset ${offset}`);
  return withFile(join(dirname(path), name), async (file) => {
    if (offset + nBytes > file.size) {
      throw new FormatError(
        file.path,
        `has ${file.size} bytes of the ${offset + nBytes} that ${path} speaks of`,
      );
    }
    const bytes = new Uint8Array(nBytes);
    await file.read(offset, bytes);
    return decodeElements(bytes, type, littleEndian);
  });
}

function labelOf(label: Node, path: string): GiftiLabel {
  // `Index` is what an early draft of the format called the key.
  const key = Number(label['Key'] ?? label['Index']);
  if (!Number.isInteger(key)) throw new FormatError(path, `has a label with key ${label['Key']}`);
  const part = (name: string, missing: number) => {
    const value = label[name] === undefined ? missing : Number(label[name]);
    return Math.round(255 * Math.min(1, Math.max(0, Number.isFinite(value) ? value : missing)));
  };
  const colour = [part('Red', 0), part('Green', 0), part('Blue', 0), part('Alpha', 1)] as const;
  return { key, name: textOf(label['#text']).trim(), colour };
}
