import { sizeOf, type TypedArray } from '../util/array.js';
import { FormatError } from '../util/errors.js';
import type { Affine } from './affine.js';
import { ByteReader } from './byteReader.js';
import { readContent } from './byteStream.js';
import { bytesPerElement, decodeElements, type ElementType } from './elements.js';

/** A FreeSurfer volume (`.mgh`, `.mgz`), or one value a vertex stored as one. */
export interface MghImage {
  /** Lengths of the axes, first fastest: width, height, depth, and frames if there are several. */
  readonly dims: readonly number[];
  readonly type: ElementType;
  /** Voxel indices to millimetres (scanner RAS). */
  readonly affine: Affine;
  /** Values, first axis fastest. */
  readonly data: TypedArray;
}

const types = new Map<number, ElementType>([
  [0, 'uint8'],
  [1, 'int32'],
  [3, 'float32'],
  [4, 'int16'],
  [10, 'uint16'],
]);
const dataOffset = 284;

/**
 * Reads a FreeSurfer MGH or MGZ file whole.
 *
 * @throws FileError; FormatError for another version or type, a size that does not fit the file
 */
export async function readMgh(path: string): Promise<MghImage> {
  const bytes = await readContent(path);
  const reader = new ByteReader(bytes, path);
  const version = reader.int32('its header');
  if (version !== 1) throw new FormatError(path, 'is not an MGH file: it does not begin with version 1');
  const dims = Array.from(reader.int32s(4, 'its header'));
  const code = reader.int32('its header');
  reader.int32('its header'); // degrees of freedom
  const type = types.get(code);
  if (!type) throw new FormatError(path, `holds elements of type ${code}`, 'MGH knows 0, 1, 3, 4 and 10');
  if (dims.some((length) => length < 1)) throw new FormatError(path, `says it is ${dims.join(' × ')}`);
  const isGood = reader.int16('its header') !== 0;
  // Without a good RAS the volume is coronal, 1 mm, centred: FreeSurfer's default.
  const [size, axes, centre] = isGood
    ? [reader.float32s(3, 'its header'), reader.float32s(9, 'its header'), reader.float32s(3, 'its header')]
    : [
        [1, 1, 1],
        [-1, 0, 0, 0, 0, -1, 0, 1, 0],
        [0, 0, 0],
      ];
  const affine = new Array<number>(16).fill(0);
  affine[15] = 1;
  for (let row = 0; row < 3; row++) {
    let shift = centre[row]!;
    for (let column = 0; column < 3; column++) {
      const step = axes[3 * column + row]! * size[column]!;
      affine[4 * row + column] = step;
      shift -= (step * dims[column]!) / 2;
    }
    affine[4 * row + 3] = shift;
  }
  const nBytes = sizeOf(dims) * bytesPerElement(type);
  if (bytes.length < dataOffset + nBytes) {
    const problem = `has ${bytes.length} bytes of the ${dataOffset + nBytes} its header speaks of`;
    throw new FormatError(path, problem, 'fetch it again');
  }
  const data = decodeElements(bytes.slice(dataOffset, dataOffset + nBytes), type, false);
  return { dims: dims[3] === 1 ? dims.slice(0, 3) : dims, type, affine, data };
}
