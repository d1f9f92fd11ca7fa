import { type Matrix, matrix } from '../util/array.js';
import { FormatError } from '../util/errors.js';
import { readContent } from './byteStream.js';
import { readGifti } from './gifti.js';
import { readAnnot, readCurv } from './readFreesurfer.js';
import { readMgh } from './readMgh.js';
import { isXml } from './readSurface.js';
import type { SurfaceLabels } from './surface.js';

/**
 * Reads values a vertex from GIFTI (`.func.gii`, `.shape.gii`), MGH/MGZ or a FreeSurfer curvature file; the format
 * is told by the content.
 *
 * @returns nMaps × nVertices
 * @throws FileError, FormatError
 */
export async function readSurfaceValues(path: string): Promise<Matrix> {
  const bytes = await readContent(path);
  if (isXml(bytes)) {
    const maps = (await readGifti(path)).arrays.map(({ data }) => data.data);
    const nVertices = maps[0]?.length ?? 0;
    if (nVertices === 0 || maps.some((map) => map.length !== nVertices)) {
      throw new FormatError(path, 'holds no maps of one length');
    }
    const out = matrix(maps.length, nVertices);
    for (const [index, map] of maps.entries())
      out.data.set(Float32Array.from(map as Float32Array, Number), index * nVertices);
    return out;
  }
  // MGH begins with version 1; the curvature formats with 0xffffff or a number of vertices below 2^24.
  if (bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 1 && bytes.length > 284) {
    const { dims, data } = await readMgh(path);
    const nMaps = dims[3] ?? 1;
    return matrix(nMaps, data.length / nMaps, Float32Array.from(data as Float32Array));
  }
  const values = await readCurv(path);
  return matrix(1, values.length, values);
}

/** Reads one label a vertex from GIFTI (`.label.gii`) or a FreeSurfer annotation, told by the content. */
export async function readSurfaceLabels(path: string): Promise<SurfaceLabels> {
  if (!isXml(await readContent(path))) return readAnnot(path);
  const { arrays, labels } = await readGifti(path);
  const array = arrays.find(({ intent }) => intent === 'LABEL');
  if (!array) throw new FormatError(path, 'holds no LABEL array');
  return {
    keys: Int32Array.from(array.data.data as Int32Array, Number),
    names: new Map(labels.map(({ key, name }) => [key, name])),
    colours: new Map(labels.map(({ key, colour }) => [key, colour])),
  };
}
