import { type MapSheet, panelAt } from './mapSheet.js';

export interface LabelPlace {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

/**
 * Where regions' names go: the middle of a region's pixels in each panel and hemisphere. There is none for small
 * regions, none where two names would collide (the larger region keeps its own), and on standard views, which are
 * small, none that does not lie well inside its region.
 *
 * @param keys one a vertex, 0 for no region
 * @param smallest share of the sheet below which a region is not named
 */
export function labelPlaces(
  sheet: MapSheet,
  keys: Int32Array,
  names: ReadonlyMap<number, string>,
  smallest = 0.0004,
): LabelPlace[] {
  const { width, vertex, panels, nLeft } = sheet;
  const sums = new Map<string, { key: number; x: number; y: number; n: number; from: number; to: number }>();
  for (let pixel = 0; pixel < vertex.length; pixel++) {
    const v = vertex[pixel]!;
    const key = v < 0 ? 0 : keys[v]!;
    if (key === 0 || !names.has(key)) continue;
    const x = pixel % width;
    const y = (pixel - x) / width;
    const id = `${panelAt(panels, x, y)}/${v < nLeft}/${key}`;
    const sum = sums.get(id) ?? { key, x: 0, y: 0, n: 0, from: x, to: x };
    sum.x += x;
    sum.y += y;
    sum.n++;
    sum.from = Math.min(sum.from, x);
    sum.to = Math.max(sum.to, x);
    sums.set(id, sum);
  }
  const perCharacter = width * 0.0092;
  const areViews = panels.length > 2;
  const places = [...sums.values()]
    .filter(({ n }) => n >= (areViews ? 4 : 1) * smallest * vertex.length)
    .filter(({ key, from, to }) => !areViews || 1.3 * names.get(key)!.length * perCharacter <= to - from)
    .sort((a, b) => b.n - a.n)
    .map(({ key, x, y, n }) => ({ name: names.get(key)!, x: x / n, y: y / n }));
  const kept: LabelPlace[] = [];
  for (const place of places) {
    const overlaps = kept.some(
      (other) =>
        Math.abs(other.x - place.x) < ((other.name.length + place.name.length) / 2) * perCharacter &&
        Math.abs(other.y - place.y) < width * 0.024,
    );
    if (!overlaps) kept.push(place);
  }
  return kept;
}
