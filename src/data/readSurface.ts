import { FormatError } from '../util/errors.js';
import { ByteReader } from './byteReader.js';
import { readContent } from './byteStream.js';
import { readGifti } from './gifti.js';
import type { Surface } from './surface.js';

/**
 * Reads a triangle mesh: GIFTI (`.surf.gii`, gzipped too) or FreeSurfer (`lh.white`, `lh.pial`, `lh.sphere` …:
 * triangles, the older quadrangles cut in two as FreeSurfer does, and the text form `.asc`). The format is told by
 * the content, not the name. FreeSurfer's coordinates are millimetres of its own surface space ("tkRAS").
 *
 * @throws FileError; FormatError for truncated files, faces that name no vertex, coordinates that are not finite
 * @example const { vertices, faces } = await readSurface('lh.inflated');
 */
export async function readSurface(path: string): Promise<Surface> {
  const bytes = await readContent(path);
  const surface = isXml(bytes) ? await giftiSurface(path) : freeSurferSurface(bytes, path);
  return checkSurface(surface, path);
}

/** Whether a file is XML, by its first character. */
export function isXml(bytes: Uint8Array): boolean {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (at < bytes.length && bytes[at]! <= 32) at++;
  return bytes[at] === 60;
}

async function giftiSurface(path: string): Promise<Surface> {
  const { arrays } = await readGifti(path);
  const find = (intent: string) => {
    const found = arrays.find((array) => array.intent === intent);
    if (!found) throw new FormatError(path, `holds no ${intent} array`, 'a surface has points and triangles');
    const { data, shape } = found.data;
    if (data.length % 3 !== 0 || (shape.length === 2 && shape[1] !== 3)) {
      throw new FormatError(path, `its ${intent} array is ${shape.join(' × ')}; must be n × 3`);
    }
    return data as Float32Array;
  };
  return { vertices: Float32Array.from(find('POINTSET')), faces: Int32Array.from(find('TRIANGLE')) };
}

const triangleMagic = 0xfffffe;
const quadMagic = 0xffffff;
const newQuadMagic = 0xfffffd;

function freeSurferSurface(bytes: Uint8Array, path: string): Surface {
  if (bytes[0] === 35) return asciiSurface(new TextDecoder().decode(bytes), path);
  const reader = new ByteReader(bytes, path);
  const magic = reader.uint24('its signature');
  if (magic === triangleMagic) {
    reader.line('its comment');
    // Two line feeds end the comment; some writers leave the second out.
    if (bytes[reader.at] === 10) reader.at++;
    const nVertices = reader.count('vertices', 12);
    const nFaces = reader.count('faces', 12);
    return {
      vertices: reader.float32s(3 * nVertices, 'its vertices'),
      faces: reader.int32s(3 * nFaces, 'its faces'),
    };
  }
  if (magic === quadMagic || magic === newQuadMagic) return quadSurface(reader, magic);
  throw new FormatError(path, 'is neither GIFTI nor a FreeSurfer surface');
}

function quadSurface(reader: ByteReader, magic: number): Surface {
  const nVertices = reader.count('vertices', magic === quadMagic ? 6 : 12, reader.uint24('its sizes'));
  const nQuads = reader.count('quadrangles', 12, reader.uint24('its sizes'));
  const vertices =
    magic === quadMagic
      ? Float32Array.from({ length: 3 * nVertices }, () => reader.int16('its vertices') / 100)
      : reader.float32s(3 * nVertices, 'its vertices');
  const faces = new Int32Array(6 * nQuads);
  for (let quad = 0; quad < nQuads; quad++) {
    const [a, b, c, d] = Array.from({ length: 4 }, () => reader.uint24('its faces')) as [
      number,
      number,
      number,
      number,
    ];
    // FreeSurfer's own rule: the parity of the first vertex says along which diagonal to cut.
    faces.set(a % 2 === 0 ? [a, b, d, c, d, b] : [a, b, c, a, c, d], 6 * quad);
  }
  return { vertices, faces };
}

function asciiSurface(text: string, path: string): Surface {
  const words = text
    .replace(/^#[^\n]*\n/, '')
    .trim()
    .split(/\s+/)
    .map(Number);
  const [nVertices, nFaces] = [words[0]!, words[1]!];
  if (words.length !== 2 + 4 * (nVertices + nFaces) || words.some(Number.isNaN)) {
    throw new FormatError(
      path,
      `holds ${words.length} numbers; ${nVertices} vertices and ${nFaces} faces need another count`,
    );
  }
  const rows = (start: number, n: number) =>
    Array.from({ length: 3 * n }, (_, i) => words[start + 4 * Math.floor(i / 3) + (i % 3)]!);
  return {
    vertices: Float32Array.from(rows(2, nVertices)),
    faces: Int32Array.from(rows(2 + 4 * nVertices, nFaces)),
  };
}

function checkSurface(surface: Surface, path: string): Surface {
  const { vertices, faces } = surface;
  const nVertices = vertices.length / 3;
  const bad = vertices.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new FormatError(path, `vertex ${Math.floor(bad / 3)} is at ${vertices[bad]}`);
  const outside = faces.findIndex((vertex) => vertex < 0 || vertex >= nVertices);
  if (outside >= 0) {
    const face = Math.floor(outside / 3);
    throw new FormatError(path, `face ${face} names vertex ${faces[outside]}; there are ${nVertices}`);
  }
  return surface;
}
