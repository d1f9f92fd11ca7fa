import { hemispheres, joinHemispheres, type MapGeometry } from './geometry.js';
import { type Kept, keepFor } from './keepFor.js';

/** The named regions of both hemispheres in one numbering. */
export interface Regions {
  /** One a vertex, left first; 0 for no region and for regions without a name. */
  readonly keys: Int32Array;
  readonly names: ReadonlyMap<number, string>;
}

/**
 * The regions of both hemispheres by name: the same name is the same region, whatever keys each hemisphere's file
 * gives it. Undefined where neither has any.
 *
 * @throws InputError for keys that are not one a vertex
 */
export function joinRegions(geometry: MapGeometry): Regions | undefined {
  if (!hemispheres.some((side) => geometry[side]?.rois)) return undefined;
  return keepFor(joined, geometry, 'regions', () => {
    const numbers = new Map<string, number>();
    const keysOf = (side: 'left' | 'right') => {
      const rois = geometry[side]?.rois;
      if (!rois) return undefined;
      const own = new Map(
        [...rois.names].map(([key, name]) => {
          if (!numbers.has(name)) numbers.set(name, numbers.size + 1);
          return [key, numbers.get(name)!];
        }),
      );
      return rois.keys.map((key) => own.get(key) ?? 0);
    };
    const parts = { left: keysOf('left'), right: keysOf('right') };
    const keys = joinHemispheres(parts, geometry, (n) => new Int32Array(n), 'rois');
    return { keys, names: new Map([...numbers].map(([name, key]) => [key, name])) };
  });
}

const joined: Kept<Regions> = new WeakMap();
