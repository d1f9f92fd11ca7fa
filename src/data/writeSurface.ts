import { isMatrix, type Matrix, ndarray } from '../util/array.js';
import { InputError } from '../util/errors.js';
import type { GiftiArray } from './gifti.js';
import type { Hemisphere, Surface, SurfaceLabels } from './surface.js';
import { writeGifti } from './writeGifti.js';

/** Options of {@link writeSurface}. */
export interface WriteSurfaceOptions {
  /** Which hemisphere the file belongs to; viewers need it to place the data. */
  hemisphere?: Hemisphere;
  /** Kind of geometry Workbench shows: `Anatomical` (default), `Inflated`, `Spherical`, `Flat`, … */
  geometry?: string;
}

/** Writes a mesh as GIFTI (`.surf.gii`, `.gii`, `.gii.gz`); whole or not at all. */
export async function writeSurface(
  path: string,
  surface: Surface,
  options: WriteSurfaceOptions = {},
): Promise<void> {
  const { vertices, faces } = surface;
  const { geometry = 'Anatomical' } = options;
  const arrays: GiftiArray[] = [
    {
      intent: 'POINTSET',
      data: ndarray(vertices, [vertices.length / 3, 3]),
      metadata: { ...structure(options.hemisphere), GeometricType: geometry },
    },
    {
      intent: 'TRIANGLE',
      data: ndarray(faces, [faces.length / 3, 3]),
      metadata: { TopologicalType: 'Closed' },
    },
  ];
  await writeGifti(path, { arrays, metadata: structure(options.hemisphere) });
}

/** Options of {@link writeSurfaceValues}. */
export interface WriteSurfaceValuesOptions {
  /** Which hemisphere the file belongs to; viewers need it to place the data. */
  hemisphere?: Hemisphere;
  /** Name of each map. */
  names?: readonly string[];
}

/**
 * Writes maps of one value a vertex as GIFTI (`.func.gii`, `.shape.gii`): NaN stands for "nothing here".
 *
 * @param values nVertices values, or nMaps × nVertices
 */
export async function writeSurfaceValues(
  path: string,
  values: Float32Array | Matrix,
  options: WriteSurfaceValuesOptions = {},
): Promise<void> {
  const rows = ArrayBuffer.isView(values) ? { data: values, shape: [1, values.length] as const } : values;
  if (!isMatrix(rows)) throw new InputError('values', values, 'an array or a matrix');
  const [nMaps, nVertices] = rows.shape;
  const { names } = options;
  if (names && names.length !== nMaps) throw new InputError('names', names.length, `${nMaps}, one a map`);
  const arrays = Array.from({ length: nMaps }, (_, map): GiftiArray => {
    const data = rows.data.subarray(map * nVertices, (map + 1) * nVertices);
    return { intent: 'NONE', data: ndarray(data, [nVertices]), metadata: names ? { Name: names[map]! } : {} };
  });
  await writeGifti(path, { arrays, metadata: structure(options.hemisphere) });
}

/** Options of {@link writeSurfaceLabels}. */
export interface WriteSurfaceLabelsOptions {
  /** Which hemisphere the file belongs to; viewers need it to place the data. */
  hemisphere?: Hemisphere;
  /** Name of the map. */
  name?: string;
}

/** Writes one label a vertex as GIFTI (`.label.gii`), with names and colours (grey where none is given). */
export async function writeSurfaceLabels(
  path: string,
  { keys, names, colours }: SurfaceLabels,
  options: WriteSurfaceLabelsOptions = {},
): Promise<void> {
  const labels = [...names].map(([key, name]) => {
    return { key, name, colour: colours?.get(key) ?? ([128, 128, 128, 255] as const) };
  });
  // Vertices without a label share one key of the table: viewers need a name and a colour for it.
  const unnamed = keys.find((key) => !names.has(key));
  const blank = names.has(0) ? unnamed : 0;
  if (unnamed !== undefined) labels.unshift({ key: blank!, name: '???', colour: [0, 0, 0, 0] });
  const written = keys.map((key) => (names.has(key) ? key : blank!));
  const metadata: Record<string, string> = options.name ? { Name: options.name } : {};
  const arrays: GiftiArray[] = [{ intent: 'LABEL', data: ndarray(written, [keys.length]), metadata }];
  await writeGifti(path, { arrays, labels, metadata: structure(options.hemisphere) });
}

function structure(hemisphere?: Hemisphere): Record<string, string> {
  if (!hemisphere) return {};
  return { AnatomicalStructurePrimary: hemisphere === 'left' ? 'CortexLeft' : 'CortexRight' };
}
