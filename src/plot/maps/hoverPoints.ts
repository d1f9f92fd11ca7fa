import { type Kept, keepFor } from './keepFor.js';
import { type MapSheet, panelAt } from './mapSheet.js';

/** Middle of the pixels of each wanted vertex in each panel: where hovers find it. By vertex, then by panel. */
export function hoverPoints(
  sheet: MapSheet,
  wanted: (vertex: number) => boolean,
): { vertex: number[]; x: number[]; y: number[] } {
  const points = keepFor(places, sheet, 'all', () => vertexPlaces(sheet));
  const found = { vertex: [] as number[], x: [] as number[], y: [] as number[] };
  for (let i = 0; i < points.vertex.length; i++) {
    const vertex = points.vertex[i]!;
    if (!wanted(vertex)) continue;
    found.vertex.push(vertex);
    found.x.push(points.x[i]!);
    found.y.push(points.y[i]!);
  }
  return found;
}

type VertexPlaces = ReturnType<typeof vertexPlaces>;
const places: Kept<VertexPlaces> = new WeakMap();

function vertexPlaces(sheet: MapSheet) {
  const { vertex, width, height, panels, nVertices } = sheet;
  // One more than the panels: a pixel between them belongs to none.
  const nPanels = panels.length + 1;
  const sums = new Float64Array(3 * nVertices * nPanels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const v = vertex[y * width + x]!;
      if (v < 0) continue;
      const at = 3 * (v * nPanels + panelAt(panels, x, y) + 1);
      sums[at]! += x;
      sums[at + 1]! += y;
      sums[at + 2]! += 1;
    }
  }
  const seen: number[] = [];
  for (let place = 0; place < nVertices * nPanels; place++) if (sums[3 * place + 2]) seen.push(place);
  const middle = (axis: number) =>
    Int16Array.from(seen, (place) => Math.round(sums[3 * place + axis]! / sums[3 * place + 2]!));
  return {
    vertex: Int32Array.from(seen, (place) => Math.floor(place / nPanels)),
    x: middle(0),
    y: middle(1),
  };
}
