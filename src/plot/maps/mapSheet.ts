import type { Hemisphere, Surface } from '../../data/surface.js';
import { InputError } from '../../util/errors.js';
import { type MapGeometry, surfacesOf, vertexCounts } from './geometry.js';
import { type Kept, keepFor } from './keepFor.js';
import { emptyRaster, type Raster, rasterize } from './rasterize.js';

/** How the cortex is laid out: flat, or standard views of a surface. */
export type MapView = 'flat' | 'inflated' | 'pial' | 'sphere';

/** A part of a sheet: one flattened hemisphere or one view. */
export interface SheetPanel {
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * A drawing of the cortex as a table of pixels: which vertex is seen at each. Made once, it serves every map, its
 * outlines and its hovers.
 */
export interface MapSheet extends Raster {
  readonly panels: readonly SheetPanel[];
  /** Light on the surface at each pixel, 0–1; 1 on flat maps. */
  readonly light: Float32Array;
  readonly nVertices: number;
  /** Vertices of the left hemisphere, which come first. */
  readonly nLeft: number;
}

type Axis = readonly [number, number, number];
interface View {
  readonly label: string;
  readonly sides: readonly Hemisphere[];
  readonly right: Axis;
  readonly up: Axis;
  /** Towards the viewer. */
  readonly towards: Axis;
}

/** World space is right, anterior, superior. */
const views: readonly (readonly View[])[] = [
  [
    { label: 'left, lateral', sides: ['left'], right: [0, -1, 0], up: [0, 0, 1], towards: [-1, 0, 0] },
    { label: 'left, medial', sides: ['left'], right: [0, 1, 0], up: [0, 0, 1], towards: [1, 0, 0] },
    { label: 'right, medial', sides: ['right'], right: [0, -1, 0], up: [0, 0, 1], towards: [-1, 0, 0] },
    { label: 'right, lateral', sides: ['right'], right: [0, 1, 0], up: [0, 0, 1], towards: [1, 0, 0] },
  ],
  [
    { label: 'from behind', sides: ['left', 'right'], right: [1, 0, 0], up: [0, 0, 1], towards: [0, -1, 0] },
    { label: 'from below', sides: ['left', 'right'], right: [-1, 0, 0], up: [0, 1, 0], towards: [0, 0, -1] },
    { label: 'from above', sides: ['left', 'right'], right: [1, 0, 0], up: [0, 1, 0], towards: [0, 0, 1] },
  ],
];

/**
 * Lays the cortex out on a sheet `pixels` wide. Flat: left hemisphere left, right hemisphere right, posterior in
 * the middle, superior up. Other surfaces: lateral and medial views, then from behind, below and above (labelled:
 * from below the left hemisphere is on the right).
 *
 * Cost: some 50 ms for 20,000 vertices at 1,400 pixels, once: a geometry is drawn when it is first asked for, and
 * is taken not to change.
 *
 * @throws InputError where the geometry lacks the surface, or `pixels` is not in [100, 6000]
 */
export function mapSheet(geometry: MapGeometry, view: MapView = 'flat', pixels = 1400): MapSheet {
  if (!(pixels >= 100 && pixels <= 6000)) throw new InputError('pixels', pixels, 'in [100, 6000]');
  return keepFor(sheets, geometry, `${view}/${pixels}`, () => drawSheet(geometry, view, pixels));
}

/** Panel of a pixel, −1 for none. */
export function panelAt(panels: MapSheet['panels'], x: number, y: number): number {
  return panels.findIndex(
    (p) => x >= p.x - 1 && x <= p.x + p.width + 1 && y >= p.y - 1 && y <= p.y + p.height + 1,
  );
}

const sheets: Kept<MapSheet> = new WeakMap();

function drawSheet(geometry: MapGeometry, view: MapView, pixels: number): MapSheet {
  const surfaces = surfacesOf(geometry, view);
  const counts = vertexCounts(geometry);
  const rows = view === 'flat' ? [flatPanels(surfaces)] : viewPanels(surfaces);
  const gap = view === 'flat' ? 0.03 : 0.02;
  const widths = rows.map((row) => row.reduce((sum, panel) => sum + panel.width, 0));
  const longest = Math.max(...widths);
  const gapMm = longest * gap;
  const longestWithGaps = Math.max(...rows.map((row, i) => widths[i]! + gapMm * (row.length - 1)));
  const scale = (pixels - 4) / longestWithGaps;
  const labelRoom = Math.round(pixels * 0.024);
  const rowHeights = rows.map((row) => Math.max(...row.map((panel) => panel.height)));
  const height = Math.ceil(rowHeights.reduce((sum, mm) => sum + mm * scale + labelRoom, 0) + 4);
  const raster = emptyRaster(Math.round(pixels), height);
  const light = new Float32Array(raster.vertex.length).fill(1);
  const panels: SheetPanel[] = [];
  let top = 2;
  rows.forEach((row, r) => {
    top += labelRoom;
    let left = 2 + ((longestWithGaps - widths[r]! - gapMm * (row.length - 1)) / 2) * scale;
    for (const panel of row) {
      const place = { x: left, y: top + ((rowHeights[r]! - panel.height) / 2) * scale };
      for (const part of panel.parts)
        drawPart(raster, light, part, panel, place, scale, geometry, counts.left);
      panels.push({ label: panel.label, ...place, width: panel.width * scale, height: panel.height * scale });
      left += (panel.width + gapMm) * scale;
    }
    top += rowHeights[r]! * scale;
  });
  return { ...raster, panels, light, nVertices: counts.left + counts.right, nLeft: counts.left };
}

/** A hemisphere seen along an axis, millimetres: x to the right, y up. */
interface Part {
  hemisphere: Hemisphere;
  faces: Int32Array;
  x: Float32Array;
  y: Float32Array;
  depth?: Float32Array;
  light?: Float32Array;
}

interface Panel {
  label: string;
  parts: Part[];
  minX: number;
  maxY: number;
  width: number;
  height: number;
}

function panelOf(label: string, parts: Part[]): Panel {
  let [minX, maxX, minY, maxY] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { x, y, faces } of parts) {
    for (const v of faces) {
      minX = Math.min(minX, x[v]!);
      maxX = Math.max(maxX, x[v]!);
      minY = Math.min(minY, y[v]!);
      maxY = Math.max(maxY, y[v]!);
    }
  }
  return { label, parts, minX, maxY, width: maxX - minX, height: maxY - minY };
}

function flatPanels(surfaces: ReturnType<typeof surfacesOf>): Panel[] {
  return surfaces.map(({ hemisphere, surface }) => {
    const x = component(surface.vertices, [1, 0, 0]);
    const y = component(surface.vertices, [0, 1, 0]);
    return panelOf(hemisphere, [{ hemisphere, faces: surface.faces, x, y }]);
  });
}

function viewPanels(surfaces: ReturnType<typeof surfacesOf>): Panel[][] {
  const shifts = sideBySide(surfaces);
  const normals = new Map(surfaces.map(({ hemisphere, surface }) => [hemisphere, vertexNormals(surface)]));
  return views
    .map((row) =>
      row.flatMap(({ label, sides, right, up, towards }) => {
        const seen = surfaces.filter(({ hemisphere }) => sides.includes(hemisphere));
        if (seen.length === 0) return [];
        const parts = seen.map(({ hemisphere, surface }): Part => {
          const shift = shifts[hemisphere] * right[0];
          const x = component(surface.vertices, right).map((value) => value + shift);
          const facing = component(normals.get(hemisphere)!, towards);
          return {
            hemisphere,
            faces: surface.faces,
            x,
            y: component(surface.vertices, up),
            depth: component(surface.vertices, towards),
            light: facing.map((cosine) => 0.5 + 0.5 * Math.max(0, cosine)),
          };
        });
        return [panelOf(label, parts)];
      }),
    )
    .filter((row) => row.length > 0);
}

/** How far along x each hemisphere is moved so that the two do not run into each other (inflated surfaces do). */
export function sideBySide(
  surfaces: readonly { hemisphere: Hemisphere; surface: Surface }[],
): Record<Hemisphere, number> {
  const edge = { left: -Infinity, right: Infinity };
  for (const { hemisphere, surface } of surfaces) {
    for (let i = 0; i < surface.vertices.length; i += 3) {
      const x = surface.vertices[i]!;
      if (hemisphere === 'left') edge.left = Math.max(edge.left, x);
      else edge.right = Math.min(edge.right, x);
    }
  }
  const apart = 2;
  return edge.left + apart <= edge.right || surfaces.length < 2
    ? { left: 0, right: 0 }
    : { left: -edge.left - apart / 2, right: apart / 2 - edge.right };
}

function drawPart(
  raster: Raster,
  light: Float32Array,
  part: Part,
  panel: Panel,
  place: { x: number; y: number },
  scale: number,
  geometry: MapGeometry,
  nLeft: number,
): void {
  const nVertices = part.x.length;
  const curvature = geometry[part.hemisphere]?.curvature ?? new Float32Array(nVertices);
  const x = part.x.map((value) => place.x + (value - panel.minX) * scale);
  const y = part.y.map((value) => place.y + (panel.maxY - value) * scale);
  const firstVertex = part.hemisphere === 'left' ? 0 : nLeft;
  rasterize(raster, { x, y, depth: part.depth, faces: part.faces, firstVertex }, curvature);
  if (!part.light) return;
  for (let pixel = 0; pixel < raster.vertex.length; pixel++) {
    const v = raster.vertex[pixel]! - firstVertex;
    if (v < 0 || v >= nVertices) continue;
    const column = pixel % raster.width;
    const row = (pixel - column) / raster.width;
    const inside =
      column >= place.x - 1 &&
      column <= place.x + panel.width * scale + 1 &&
      row >= place.y - 1 &&
      row <= place.y + panel.height * scale + 1;
    if (inside) light[pixel] = part.light[v]!;
  }
}

function component(points: Float32Array, axis: Axis): Float32Array {
  const out = new Float32Array(points.length / 3);
  for (let v = 0; v < out.length; v++) {
    out[v] = points[3 * v]! * axis[0] + points[3 * v + 1]! * axis[1] + points[3 * v + 2]! * axis[2];
  }
  return out;
}

/** Unit normals, outward: the mean of the faces around each vertex, by area. */
export function vertexNormals({ vertices, faces }: Surface): Float32Array {
  const normals = new Float32Array(vertices.length);
  let volume = 0;
  for (let f = 0; f < faces.length; f += 3) {
    const [a, b, c] = [3 * faces[f]!, 3 * faces[f + 1]!, 3 * faces[f + 2]!];
    const u = [0, 1, 2].map((k) => vertices[b + k]! - vertices[a + k]!);
    const w = [0, 1, 2].map((k) => vertices[c + k]! - vertices[a + k]!);
    const n = [u[1]! * w[2]! - u[2]! * w[1]!, u[2]! * w[0]! - u[0]! * w[2]!, u[0]! * w[1]! - u[1]! * w[0]!];
    for (let k = 0; k < 3; k++) {
      volume += n[k]! * vertices[a + k]!;
      for (const corner of [a, b, c]) normals[corner + k]! += n[k]!;
    }
  }
  const sign = volume < 0 ? -1 : 1;
  for (let v = 0; v < normals.length; v += 3) {
    const length = sign * (Math.hypot(normals[v]!, normals[v + 1]!, normals[v + 2]!) || 1);
    for (let k = 0; k < 3; k++) normals[v + k]! /= length;
  }
  return normals;
}
