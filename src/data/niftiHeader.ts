import * as nifti from 'nifti-reader-js';
import { FormatError } from '../util/errors.js';
import { type Affine, affineOfQuaternion } from './affine.js';
import { bytesPerElement, type ElementType } from './elements.js';

/** What a NIfTI file says of itself, checked. */
export interface NiftiHeader {
  readonly version: 1 | 2;
  readonly littleEndian: boolean;
  /** Lengths of the 1 to 7 axes in the file's own order: the first axis (x) is fastest. */
  readonly dims: readonly number[];
  /** Element type as stored. */
  readonly type: ElementType;
  /** value = slope · stored + intercept; 1 and 0 where the header asks for no scaling. */
  readonly slope: number;
  readonly intercept: number;
  /** Voxel indices (from 0, first axis first) to millimetres. */
  readonly affine: Affine;
  /** Where the affine comes from: `sform` if its code is set, else `qform`, else the voxel sizes (centred, x flipped). */
  readonly affineSource: 'sform' | 'qform' | 'pixdim';
  /** Byte of the first element, in the file itself or in its `.img`. */
  readonly dataOffset: number;
  /** Whether the data lie in a file of their own (`.img`). */
  readonly isPair: boolean;
  /** Lengths of one step along each axis; millimetres, and seconds for the fourth, unless the units say otherwise. */
  readonly pixdim: readonly number[];
  readonly intentCode: number;
  readonly intentName: string;
  readonly description: string;
}

/** NIfTI's codes of the element types read here. */
export const niftiTypes: ReadonlyMap<number, ElementType> = new Map([
  [2, 'uint8'],
  [4, 'int16'],
  [8, 'int32'],
  [16, 'float32'],
  [64, 'float64'],
  [256, 'int8'],
  [512, 'uint16'],
  [768, 'uint32'],
  [1024, 'int64'],
  [1280, 'uint64'],
]);

const unreadTypes = new Map([
  [1, 'single bits'],
  [32, 'complex64'],
  [128, 'RGB colours'],
  [1536, 'float128'],
  [1792, 'complex128'],
  [2048, 'complex256'],
  [2304, 'RGBA colours'],
]);

/** Bytes of the header proper, by version; an extension flag of 4 bytes follows. */
export const niftiHeaderBytes = { 1: 348, 2: 540 } as const;

/** Most elements a file may claim: 2^43, beyond any volume and within exact numbers. */
const maxElements = 2 ** 43;

/** Which NIfTI version the first bytes of a file announce, or undefined. */
export function niftiVersion(bytes: Uint8Array): 1 | 2 | undefined {
  if (bytes.length < 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 4);
  for (const little of [true, false]) {
    if (view.getInt32(0, little) === 348) return 1;
    if (view.getInt32(0, little) === 540) return 2;
  }
  return undefined;
}

/**
 * Reads the header from a file's first bytes (352 or 544; the extensions are left alone).
 *
 * @throws FormatError for anything that is not a readable NIfTI-1 or NIfTI-2 header
 */
export function parseNiftiHeader(bytes: Uint8Array, path: string): NiftiHeader {
  const version = niftiVersion(bytes);
  if (!version) throw new FormatError(path, 'is not NIfTI: its header size is neither 348 nor 540');
  const nBytes = niftiHeaderBytes[version];
  if (bytes.length < nBytes) throw new FormatError(path, `ends within its header of ${nBytes} bytes`);
  const magic = String.fromCharCode(...bytes.subarray(version === 1 ? 344 : 4, version === 1 ? 347 : 7));
  const single = version === 1 ? 'n+1' : 'n+2';
  const pair = version === 1 ? 'ni1' : 'ni2';
  if (magic !== single && magic !== pair) {
    throw new FormatError(
      path,
      'has no NIfTI signature',
      'ANALYZE 7.5 files must be converted to NIfTI first',
    );
  }
  // The reader sees the header alone: its own search for extensions trusts the sizes it finds.
  const raw = nifti.readHeader(bytes.slice(0, nBytes).buffer, true);
  const view = new DataView(bytes.buffer, bytes.byteOffset, nBytes);

  const dims = axes(raw.dims, path);
  const type = niftiTypes.get(raw.datatypeCode);
  if (!type) {
    const name = unreadTypes.get(raw.datatypeCode) ?? `an unknown type (code ${raw.datatypeCode})`;
    throw new FormatError(path, `holds ${name}`, 'real numbers are read: convert it first');
  }
  const bits = 8 * bytesPerElement(type);
  if (raw.numBitsPerVoxel !== bits && raw.numBitsPerVoxel !== 0) {
    throw new FormatError(path, `says ${raw.numBitsPerVoxel} bits an element; ${type} has ${bits}`);
  }
  const isPair = magic === pair;
  const dataOffset = raw.vox_offset;
  const least = isPair ? 0 : nBytes + 4;
  // Some writers leave the offset of a single file at 0; the data then follow the header.
  const offset = !isPair && dataOffset === 0 ? least : dataOffset;
  if (!Number.isInteger(offset) || offset < least || offset > 2 ** 40) {
    throw new FormatError(
      path,
      `says its data start at byte ${dataOffset}; must be an integer from ${least}`,
    );
  }
  const scaled = Number.isFinite(raw.scl_slope) && raw.scl_slope !== 0;
  if (scaled && !Number.isFinite(raw.scl_inter)) {
    throw new FormatError(path, `has an intercept of ${raw.scl_inter}`);
  }
  return {
    version,
    littleEndian: raw.littleEndian,
    dims,
    type,
    slope: scaled ? raw.scl_slope : 1,
    intercept: scaled ? raw.scl_inter : 0,
    ...affineOf(raw, view, dims, version),
    dataOffset: offset,
    isPair,
    pixdim: raw.pixDims.slice(1, dims.length + 1),
    intentCode: raw.intent_code,
    intentName: raw.intent_name,
    description: raw.description,
  };
}

function axes(raw: readonly number[], path: string): number[] {
  const nAxes = raw[0]!;
  if (!Number.isInteger(nAxes) || nAxes < 1 || nAxes > 7) {
    throw new FormatError(path, `says it has ${nAxes} axes; must be 1 to 7`);
  }
  const dims = raw.slice(1, nAxes + 1);
  const wrong = dims.findIndex((length) => !Number.isInteger(length) || length < 1);
  if (wrong >= 0)
    throw new FormatError(path, `says axis ${wrong + 1} has length ${dims[wrong]}; must be at least 1`);
  const nElements = dims.reduce((product, length) => product * length, 1);
  if (nElements > maxElements) throw new FormatError(path, `says it holds ${dims.join(' × ')} elements`);
  return dims;
}

function affineOf(
  raw: nifti.NIFTI1 | nifti.NIFTI2,
  view: DataView,
  dims: readonly number[],
  version: 1 | 2,
): { affine: Affine; affineSource: NiftiHeader['affineSource'] } {
  if (raw.sform_code > 0) {
    const rows = Array.from({ length: 12 }, (_, i) =>
      version === 1
        ? view.getFloat32(280 + 4 * i, raw.littleEndian)
        : view.getFloat64(400 + 8 * i, raw.littleEndian),
    );
    return { affine: [...rows, 0, 0, 0, 1], affineSource: 'sform' };
  }
  const size = [1, 2, 3].map((axis) => Math.abs(raw.pixDims[axis]!) || 1) as [number, number, number];
  if (raw.qform_code > 0) {
    const offset = [raw.qoffset_x, raw.qoffset_y, raw.qoffset_z] as [number, number, number];
    const quaternion = [raw.quatern_b, raw.quatern_c, raw.quatern_d] as [number, number, number];
    return { affine: affineOfQuaternion(quaternion, raw.pixDims[0]!, size, offset), affineSource: 'qform' };
  }
  const scale = [-size[0], size[1], size[2]];
  const row = (axis: number) => {
    const cells = [0, 0, 0, (-((dims[axis] ?? 1) - 1) / 2) * scale[axis]!];
    cells[axis] = scale[axis]!;
    return cells;
  };
  return { affine: [...row(0), ...row(1), ...row(2), 0, 0, 0, 1], affineSource: 'pixdim' };
}
