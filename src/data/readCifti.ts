import { type Matrix, matrix, type TypedArray } from '../util/array.js';
import { FormatError } from '../util/errors.js';
import type { Affine } from './affine.js';
import { openByteStream, readStart } from './byteStream.js';
import { metadataOf, nodes, parseXml, textOf } from './gifti.js';
import { niftiHeaderBytes, parseNiftiHeader } from './niftiHeader.js';
import { readNifti } from './readNifti.js';

/** One structure's part of the columns of a CIFTI file. */
export interface CiftiStructure {
  /** Without its prefix: `CORTEX_LEFT`, `THALAMUS_RIGHT`, … */
  readonly name: string;
  /** First column, and how many follow it. */
  readonly start: number;
  readonly count: number;
  /** For a surface: the vertex of each column, and how many the surface has. */
  readonly vertices?: Int32Array;
  readonly nVertices?: number;
  /** For a volume: count × 3 voxel indices from 0. */
  readonly ijk?: Int32Array;
}

/** A CIFTI-2 file: its data and what its axes stand for. */
export interface Cifti {
  /** nMaps × nColumns: one row a scalar map, a label map or a time point. */
  readonly data: Matrix;
  /** Names of the rows, where the file names them. */
  readonly names: readonly string[];
  readonly structures: readonly CiftiStructure[];
  /** Voxel indices to millimetres, where the file has volume structures. */
  readonly affine?: Affine;
}

type Node = Record<string, unknown>;
/** NIfTI's code of the extension that holds CIFTI's XML. */
const ciftiExtension = 32;

/**
 * Reads a dense CIFTI-2 file: scalars, labels (as their keys) or a series (`.dscalar.nii`, `.dlabel.nii`,
 * `.dtseries.nii`). Parcellated files and connectivity matrices are refused by name.
 *
 * @throws FileError, FormatError
 */
export async function readCifti(path: string): Promise<Cifti> {
  const stream = await openByteStream(path);
  const header = parseNiftiHeader(await readStart(stream, niftiHeaderBytes[2] + 4), path);
  if (header.version !== 2 || header.dims.length < 6) {
    throw new FormatError(path, 'is not CIFTI-2: it has no matrix on NIfTI’s axes 5 and 6');
  }
  if (header.dataOffset > stream.maxBytes) throw new FormatError(path, 'ends within its extensions');
  const xml = parseXml(ciftiXml(await readStart(stream, header.dataOffset), header.littleEndian, path), path);
  const maps = nodes(((xml['CIFTI'] as Node)?.['Matrix'] as Node)?.['MatrixIndicesMap']);
  const along = (axis: number) =>
    maps.find((map) => String(map['AppliesToMatrixDimension']).split(',').includes(String(axis)));
  const [maps0, brain] = [along(0), along(1)];
  const kind = (map: Node | undefined) =>
    String(map?.['IndicesMapToDataType'] ?? '').replace('CIFTI_INDEX_TYPE_', '');
  if (!brain || kind(brain) !== 'BRAIN_MODELS' || !['SCALARS', 'LABELS', 'SERIES'].includes(kind(maps0))) {
    const problem = `holds ${kind(maps0) || 'nothing'} by ${kind(brain) || 'nothing'}`;
    throw new FormatError(path, problem, 'dense scalars, labels and series are read');
  }
  const [nMaps, nColumns] = [header.dims[4]!, header.dims[5]!];
  const structures = nodes(brain['BrainModel']).map((model) => structureOf(model, path));
  const end = structures.reduce((sum, { count }) => sum + count, 0);
  if (end !== nColumns) throw new FormatError(path, `has ${nColumns} columns; its structures have ${end}`);
  const { data } = await readNifti(path);
  return {
    data: byMap(data, nMaps, nColumns),
    names: nodes(maps0?.['NamedMap']).map(
      (map) => textOf(map['MapName']) || (metadataOf(map['MetaData'])['Name'] ?? ''),
    ),
    structures,
    affine: affineOf(brain['Volume'] as Node | undefined, path),
  };
}

/** The file has the maps of one column together; here the columns of one map are. */
function byMap(stored: TypedArray, nMaps: number, nColumns: number): Matrix {
  const out = matrix(nMaps, nColumns);
  for (let map = 0; map < nMaps; map++) {
    for (let column = 0; column < nColumns; column++) {
      out.data[map * nColumns + column] = Number(stored[map + nMaps * column]);
    }
  }
  return out;
}

function ciftiXml(bytes: Uint8Array, littleEndian: boolean, path: string): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = niftiHeaderBytes[2] + 4; at + 8 <= bytes.length; ) {
    const size = view.getInt32(at, littleEndian);
    if (size < 16 || at + size > bytes.length) break;
    if (view.getInt32(at + 4, littleEndian) === ciftiExtension) {
      return new TextDecoder().decode(bytes.subarray(at + 8, at + size)).replace(/\0+$/, '');
    }
    at += size;
  }
  throw new FormatError(path, 'is not CIFTI: it has no extension of code 32');
}

function structureOf(model: Node, path: string): CiftiStructure {
  const name = String(model['BrainStructure'] ?? '').replace('CIFTI_STRUCTURE_', '');
  const [start, count] = [Number(model['IndexOffset']), Number(model['IndexCount'])];
  const list = (key: string) => {
    const node = model[key];
    const text = textOf(Array.isArray(node) ? node[0] : node).trim();
    return Int32Array.from(text === '' ? [] : text.split(/\s+/), Number);
  };
  const isSurface = String(model['ModelType']).endsWith('SURFACE');
  const indices = list(isSurface ? 'VertexIndices' : 'VoxelIndicesIJK');
  if (
    !Number.isSafeInteger(start) ||
    !Number.isSafeInteger(count) ||
    indices.length !== (isSurface ? 1 : 3) * count
  ) {
    throw new FormatError(
      path,
      `structure ${name} says it has ${count} columns and lists ${indices.length} indices`,
    );
  }
  if (!isSurface) return { name, start, count, ijk: indices };
  return { name, start, count, vertices: indices, nVertices: Number(model['SurfaceNumberOfVertices']) };
}

function affineOf(volume: Node | undefined, path: string): Affine | undefined {
  const node = volume?.['TransformationMatrixVoxelIndicesIJKtoXYZ'] as Node | undefined;
  if (!node) return undefined;
  const cells = textOf(node).trim().split(/\s+/).map(Number);
  if (cells.length !== 16 || !cells.every(Number.isFinite))
    throw new FormatError(path, 'has an affine that is not 4 × 4');
  // The exponent tells the unit: −3 is millimetres.
  const toMm = 10 ** (Number(node['MeterExponent'] ?? -3) + 3);
  return cells.map((value, index) => (index < 12 ? value * toMm : value));
}
