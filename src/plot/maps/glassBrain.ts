import { InputError } from '../../util/errors.js';
import { type Figure, type FigureOptions, scaleOf } from '../figure.js';
import { rgbOf } from '../theme.js';
import type { MapGeometry } from './geometry.js';
import { hemispheres } from './geometry.js';
import { LayerCoder } from './layerCodes.js';
import { layerLegend } from './layerLegend.js';
import type { MapSheet } from './mapSheet.js';
import { palettePng, type Rgba } from './png.js';
import { emptyRaster, rasterize } from './rasterize.js';
import { sheetFigure } from './sheetFigure.js';

/** Voxels by their position. */
export interface GlassLayer {
  readonly name: string;
  /** nVoxels × 3, millimetres: right, anterior, superior. */
  readonly xyzMm: Float32Array;
  readonly colour?: string;
}

export interface GlassBrainOptions extends FigureOptions {
  /** Pial surfaces whose outline is drawn; without them the outline is that of `analysedMm`. */
  geometry?: MapGeometry;
  /** Positions of all analysed voxels, nVoxels × 3. */
  analysedMm?: Float32Array;
  /** Edge of a voxel, mm; 2 by default. */
  voxelMm?: number;
}

const margin = 6;
const sides = [
  { label: 'from the left (A – P)', right: 1, sign: -1, up: 2 },
  { label: 'from behind (L – R)', right: 0, sign: 1, up: 2 },
  { label: 'from above (L – R)', right: 0, sign: 1, up: 1 },
] as const;

/**
 * All voxels of some masks seen through the head from three sides, white where layers overlap in the projection.
 *
 * @throws InputError for positions that are not triples of finite numbers
 * @example glassBrain(names.map((name, p) => ({ name, xyzMm: positions[p] })), { geometry })
 */
export function glassBrain(layers: readonly GlassLayer[], options: GlassBrainOptions = {}): Figure {
  const { geometry = {}, analysedMm, voxelMm = 2 } = options;
  for (const { name, xyzMm } of layers) {
    if (xyzMm.length % 3) throw new InputError(`positions of ${name}`, xyzMm.length, 'a multiple of 3');
    const bad = xyzMm.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw new InputError(`position ${Math.floor(bad / 3)} of ${name}`, xyzMm[bad], 'finite');
  }
  const clouds = [
    ...hemispheres.flatMap((h) => geometry[h]?.pial?.vertices ?? []),
    ...(analysedMm ? [analysedMm] : []),
    ...layers.map((l) => l.xyzMm),
  ];
  const low = [0, 1, 2].map((axis) =>
    Math.min(-60, ...clouds.map((cloud) => edge(cloud, axis, Math.min))),
  ) as number[];
  const high = [0, 1, 2].map((axis) =>
    Math.max(60, ...clouds.map((cloud) => edge(cloud, axis, Math.max))),
  ) as number[];
  const widths = sides.map(({ right }) => high[right]! - low[right]! + 2 * margin);
  const scale = 1400 / widths.reduce((a, b) => a + b, 0);
  const top = 34;
  const height =
    Math.ceil(Math.max(...sides.map(({ up }) => high[up]! - low[up]! + 2 * margin)) * scale) + top;
  const width = 1402;
  const silhouette = new Uint8Array(width * height);
  const places = new Uint8Array(width * height);
  const coder = new LayerCoder(layers.length);
  const panels: MapSheet['panels'][number][] = [];
  let left = 0;
  sides.forEach(({ label, right, sign, up }, s) => {
    const px = (value: number) =>
      left + (sign > 0 ? value - low[right]! + margin : high[right]! - value + margin) * scale;
    const panelHeight = (high[up]! - low[up]! + 2 * margin) * scale;
    const offset = top + (height - top - panelHeight) / 2;
    const py = (value: number) => offset + (high[up]! - value + margin) * scale;
    const splat = (cloud: Float32Array, half: number, put: (pixel: number) => void) => {
      for (let v = 0; v < cloud.length; v += 3) {
        const [x, y] = [px(cloud[v + right]!), py(cloud[v + up]!)];
        for (let row = Math.round(y - half); row <= y + half; row++) {
          for (let column = Math.round(x - half); column <= x + half; column++) put(row * width + column);
        }
      }
    };
    const pial = hemispheres.flatMap((h) => geometry[h]?.pial ?? []);
    for (const { vertices, faces } of pial) {
      const raster = emptyRaster(width, height);
      const n = vertices.length / 3;
      const x = Float32Array.from({ length: n }, (_, v) => px(vertices[3 * v + right]!));
      const y = Float32Array.from({ length: n }, (_, v) => py(vertices[3 * v + up]!));
      rasterize(raster, { x, y, faces, firstVertex: 0 }, new Float32Array(n));
      raster.vertex.forEach((v, pixel) => {
        if (v >= 0) silhouette[pixel] = 1;
      });
    }
    const half = (voxelMm * scale) / 2;
    if (pial.length === 0 && analysedMm) {
      splat(analysedMm, half + 1, (pixel) => {
        silhouette[pixel] = 1;
      });
    }
    layers.forEach(({ xyzMm }, layer) => {
      splat(xyzMm, half, (pixel) => {
        places[pixel] = coder.join(places[pixel]!, layer);
      });
    });
    panels.push({
      label,
      x: left,
      y: offset + margin * scale,
      width: widths[s]! * scale,
      height: panelHeight,
    });
    left += widths[s]! * scale;
  });
  const outline = silhouette.map((inside, pixel) => {
    if (!inside) return 0;
    return [1, -1, width, -width, 2, -2].every((step) => silhouette[pixel + step]) ? 1 : 2;
  });
  const glass = palettePng(outline, width, height, [
    [0, 0, 0, 0],
    [134, 141, 151, 70],
    [110, 117, 127, 255],
  ]);
  const sheet: MapSheet = {
    ...{ width, height, panels, nVertices: 0, nLeft: 0, vertex: new Int32Array(0) },
    ...{ shade: new Float32Array(0), depth: new Float32Array(0), light: new Float32Array(0) },
  };
  const { codes, combos } = coder.finish(places, layers.length);
  const sizes = layers.map(({ xyzMm }) => xyzMm.length / 3);
  const { legend, palette, layout, words } = layerLegend(
    layers,
    sizes,
    { combos },
    { unit: 'voxels', image: 1, scale: scaleOf(options) },
  );
  const marks: Rgba[] = [[0, 0, 0, 0], ...palette.map((colour): Rgba => [...rgbOf(colour), 255])];
  return sheetFigure(
    sheet,
    {
      geometry: {},
      outlines: false,
      tiles: [{ images: [glass, palettePng(codes, width, height, marks)] }],
      ...{ legend, layout, legendWidth: 150, title: '' },
      description: `Voxels seen through the head: ${words}.`,
    },
    options,
  );
}

function edge(cloud: Float32Array, axis: number, pick: (a: number, b: number) => number): number {
  let value = cloud[axis] ?? 0;
  for (let i = axis; i < cloud.length; i += 3) value = pick(value, cloud[i]!);
  return value;
}
