import { FormatError } from '../util/errors.js';
import { ByteReader } from './byteReader.js';
import { readContent } from './byteStream.js';
import type { Surface, SurfaceLabels } from './surface.js';

const newMagic = 0xffffff;

/**
 * Reads one value a vertex from a FreeSurfer file such as `lh.curv`, `lh.sulc`, `lh.thickness` (new and old form).
 *
 * @throws FileError, FormatError
 */
export async function readCurv(path: string): Promise<Float32Array> {
  const reader = new ByteReader(await readContent(path), path);
  const magic = reader.uint24('its signature');
  if (magic === newMagic) {
    const nVertices = reader.count('vertices', 4);
    reader.int32('its header'); // faces
    const each = reader.int32('its header');
    if (each !== 1) throw new FormatError(path, `holds ${each} values a vertex`, 'one is read');
    return reader.float32s(nVertices, 'its values');
  }
  const nVertices = reader.count('vertices', 2, magic);
  reader.uint24('its header'); // faces
  if (reader.left !== 2 * nVertices)
    throw new FormatError(path, 'is not a FreeSurfer file of one value a vertex');
  return Float32Array.from({ length: nVertices }, () => reader.int16('its values') / 100);
}

/** An entry of a colour table. */
interface ColourEntry {
  key: number;
  name: string;
  /** Red, green, blue, and FreeSurfer's transparency (0 is opaque). */
  rgbt: [number, number, number, number];
}

const colourOf = ({ rgbt: [r, g, b, t] }: ColourEntry) => [r, g, b, 255 - t] as const;

function labelTable(entries: readonly ColourEntry[]): Pick<SurfaceLabels, 'names' | 'colours'> {
  return {
    names: new Map(entries.map(({ key, name }) => [key, name])),
    colours: new Map(entries.map((entry) => [entry.key, colourOf(entry)])),
  };
}

/**
 * Reads a FreeSurfer annotation (`lh.aparc.annot`): keys are the entries of its colour table, −1 for a vertex
 * without one.
 *
 * @throws FileError, FormatError (no colour table, truncated)
 */
export async function readAnnot(path: string): Promise<SurfaceLabels> {
  const reader = new ByteReader(await readContent(path), path);
  const nVertices = reader.count('vertices', 8);
  const pairs = reader.int32s(2 * nVertices, 'its vertices');
  if (reader.left < 4 || reader.int32('its table') !== 1) throw new FormatError(path, 'has no colour table');
  const entries = annotTable(reader);
  const keyOf = new Map(
    entries.map(({ key, rgbt: [r, g, b, t] }) => [(r | (g << 8) | (b << 16) | (t << 24)) >>> 0, key]),
  );
  const keys = new Int32Array(nVertices).fill(-1);
  for (let i = 0; i < nVertices; i++) {
    const vertex = pairs[2 * i]!;
    const colour = pairs[2 * i + 1]! >>> 0;
    if (vertex < 0 || vertex >= nVertices) {
      throw new FormatError(path, `names vertex ${vertex}; there are ${nVertices}`);
    }
    // Colour 0 is FreeSurfer's "no annotation", whatever the table calls black.
    if (colour !== 0) keys[vertex] = keyOf.get(colour) ?? -1;
  }
  return { keys, ...labelTable(entries) };
}

function annotTable(reader: ByteReader): ColourEntry[] {
  const first = reader.int32('its table');
  const text = () => reader.text(reader.count('characters', 1), 'a name');
  const colour = () => Array.from(reader.int32s(4, 'a colour')) as ColourEntry['rgbt'];
  if (first > 0) {
    const nEntries = reader.count('colours', 20, first);
    text(); // the table's own file
    return Array.from({ length: nEntries }, (_, key) => ({ key, name: text(), rgbt: colour() }));
  }
  if (first !== -2)
    throw new FormatError(reader.path, `has a colour table of version ${-first}`, 'version 2 is read');
  reader.int32('its table'); // the largest key
  text();
  const nEntries = reader.count('colours', 24);
  return Array.from({ length: nEntries }, () => ({
    key: reader.int32('a key'),
    name: text(),
    rgbt: colour(),
  }));
}

/** Part of a surface, with a value a vertex (FreeSurfer's `.label`). */
export interface VertexSet {
  readonly vertices: Int32Array;
  /** nVertices × 3, millimetres. */
  readonly coordinates: Float32Array;
  readonly values: Float32Array;
}

/** Reads a FreeSurfer label (`lh.V1.label`, text). */
export async function readLabel(path: string): Promise<VertexSet> {
  const lines = new TextDecoder().decode(await readContent(path)).split(/\r?\n/);
  const n = Number(lines[1]?.trim() || Number.NaN);
  if (!lines[0]?.startsWith('#') || !Number.isInteger(n) || n < 0) {
    throw new FormatError(path, 'is not a FreeSurfer label: a comment and a count come first');
  }
  if (lines.length < n + 2)
    throw new FormatError(path, `has ${lines.length - 2} of the ${n} vertices it speaks of`);
  const vertices = new Int32Array(n);
  const coordinates = new Float32Array(3 * n);
  const values = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    const words = lines[i + 2]!.trim().split(/\s+/).map(Number);
    if (words.length !== 5 || words.some(Number.isNaN) || !Number.isInteger(words[0])) {
      throw new FormatError(path, `line ${i + 3} is ${JSON.stringify(lines[i + 2])}; must be five numbers`);
    }
    vertices[i] = words[0]!;
    coordinates.set(words.slice(1, 4), 3 * i);
    values[i] = words[4]!;
  }
  return { vertices, coordinates, values };
}

/** Part of a surface laid flat (FreeSurfer's `.patch`, `.flat.patch.3d`). */
export interface Patch {
  /** Vertices of the whole surface that are in the patch. */
  readonly vertices: Int32Array;
  /** nVertices × 3, millimetres. */
  readonly coordinates: Float32Array;
  /** 1 for vertices on the patch's border. */
  readonly isBorder: Uint8Array;
}

/** Reads a FreeSurfer patch (binary). */
export async function readPatch(path: string): Promise<Patch> {
  const reader = new ByteReader(await readContent(path), path);
  if (reader.int32('its header') !== -1)
    throw new FormatError(path, 'is not a FreeSurfer patch in binary form');
  const n = reader.count('vertices', 16);
  const vertices = new Int32Array(n);
  const coordinates = new Float32Array(3 * n);
  const isBorder = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    // Numbered from 1 so that the sign can mark the border.
    const signed = reader.int32('a vertex');
    if (signed === 0) throw new FormatError(path, `vertex ${i} of the patch has number 0`);
    isBorder[i] = signed < 0 ? 1 : 0;
    vertices[i] = Math.abs(signed) - 1;
    coordinates.set(reader.float32s(3, 'a vertex'), 3 * i);
  }
  return { vertices, coordinates, isBorder };
}

/**
 * A patch as a mesh: the faces of the whole surface whose three vertices are in the patch. Vertices outside it keep
 * their number and lie at NaN, so that values a vertex still fit.
 */
export function patchSurface(patch: Patch, whole: Surface): Surface {
  const vertices = new Float32Array(whole.vertices.length).fill(Number.NaN);
  patch.vertices.forEach((vertex, i) => {
    if (3 * vertex >= vertices.length) {
      throw new FormatError('patch', `names vertex ${vertex}; the surface has ${vertices.length / 3}`);
    }
    vertices.set(patch.coordinates.subarray(3 * i, 3 * i + 3), 3 * vertex);
  });
  const faces: number[] = [];
  for (let f = 0; f < whole.faces.length; f += 3) {
    const face = whole.faces.subarray(f, f + 3);
    if (face.every((vertex) => !Number.isNaN(vertices[3 * vertex]!))) faces.push(...face);
  }
  return { vertices, faces: Int32Array.from(faces) };
}

/**
 * Reads a FreeSurfer colour table (`.ctab`, `FreeSurferColorLUT.txt`; text): the names and colours of keys.
 *
 * @example (await readCtab('lh.prf-visualrois.mgz.ctab')).names.get(1) // 'V1v'
 */
export async function readCtab(path: string): Promise<Required<Pick<SurfaceLabels, 'names' | 'colours'>>> {
  const entries: ColourEntry[] = [];
  const lines = new TextDecoder().decode(await readContent(path)).split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    const found = /^\s*(-?\d+)\s+(.+?)(?:\s+(\d+)\s+(\d+)\s+(\d+)(?:\s+(\d+))?)?\s*$/.exec(line);
    if (!found)
      throw new FormatError(path, `line ${index + 1} is ${JSON.stringify(line)}; must be a key and a name`);
    const [, key, name, ...colour] = found;
    entries.push({
      key: Number(key),
      name: name!,
      rgbt: colour.map((part) => Number(part ?? 0)) as ColourEntry['rgbt'],
    });
  }
  if (entries.length === 0) throw new FormatError(path, 'holds no colours');
  return labelTable(entries) as Required<Pick<SurfaceLabels, 'names' | 'colours'>>;
}
