import type { Hemisphere, Surface, SurfaceLabels } from '../../data/surface.js';
import { InputError } from '../../util/errors.js';

/** What a map needs to know of a hemisphere. All surfaces share their vertices' numbering. */
export interface MapHemisphere {
  /** A cut flat map; x and y count, posterior towards the other hemisphere, superior up. Uncut faces only. */
  readonly flat?: Surface;
  readonly inflated?: Surface;
  readonly pial?: Surface;
  readonly sphere?: Surface;
  /** One value a vertex, positive in sulci (FreeSurfer's sign). */
  readonly curvature?: Float32Array;
  /** Regions to outline and name. */
  readonly rois?: SurfaceLabels;
}

/** The cortex that maps are drawn on; one hemisphere may be missing. */
export interface MapGeometry {
  readonly left?: MapHemisphere;
  readonly right?: MapHemisphere;
}

/** One number a vertex, 1 inside a mask. */
export interface SurfaceMask {
  readonly left?: Uint8Array;
  readonly right?: Uint8Array;
}

/** One number a vertex, NaN where nothing was measured. */
export interface SurfaceValues {
  readonly left?: Float32Array;
  readonly right?: Float32Array;
}

/** The surfaces that maps are drawn on. */
export type SurfaceName = 'flat' | 'inflated' | 'pial' | 'sphere';

export const hemispheres: readonly Hemisphere[] = ['left', 'right'];

/** Number of vertices of each hemisphere, 0 where it is missing. */
export function vertexCounts(geometry: MapGeometry): { left: number; right: number } {
  const count = (half?: MapHemisphere) => {
    const surface = half?.flat ?? half?.inflated ?? half?.pial ?? half?.sphere;
    return surface ? surface.vertices.length / 3 : 0;
  };
  return { left: count(geometry.left), right: count(geometry.right) };
}

/**
 * The surfaces of one kind, at least one hemisphere's.
 *
 * @throws InputError where neither hemisphere has it, or surfaces and curvature of one hemisphere differ in vertices
 */
export function surfacesOf(
  geometry: MapGeometry,
  name: SurfaceName,
): { hemisphere: Hemisphere; surface: Surface }[] {
  const counts = vertexCounts(geometry);
  const found = hemispheres.flatMap((hemisphere) => {
    const half = geometry[hemisphere];
    const surface = half?.[name];
    if (half) checkVertices(half, hemisphere, counts[hemisphere]);
    return surface ? [{ hemisphere, surface }] : [];
  });
  if (found.length > 0) return found;
  const have = (['flat', 'inflated', 'pial', 'sphere'] as const).filter(
    (other) => geometry.left?.[other] ?? geometry.right?.[other],
  );
  throw new InputError(
    'surface',
    name,
    have.length
      ? `one that the geometry has: ${have.join(', ')}`
      : 'in the geometry, which has no surface at all',
  );
}

function checkVertices(half: MapHemisphere, hemisphere: Hemisphere, nVertices: number): void {
  const lengths = {
    flat: half.flat && half.flat.vertices.length / 3,
    inflated: half.inflated && half.inflated.vertices.length / 3,
    pial: half.pial && half.pial.vertices.length / 3,
    sphere: half.sphere && half.sphere.vertices.length / 3,
    curvature: half.curvature?.length,
    rois: half.rois?.keys.length,
  };
  for (const [name, length] of Object.entries(lengths)) {
    if (length !== undefined && length !== nVertices) {
      throw new InputError(
        `vertices of the ${hemisphere} ${name}`,
        length,
        `${nVertices}, as in its other parts`,
      );
    }
  }
}

/**
 * The data of both hemispheres in one array, left first; where a hemisphere has none it is filled.
 *
 * @throws InputError if an array does not have one value a vertex
 */
export function joinHemispheres<T extends Uint8Array | Float32Array | Int32Array>(
  parts: { readonly left?: T; readonly right?: T },
  geometry: MapGeometry,
  make: (length: number) => T,
  what: string,
): T {
  const counts = vertexCounts(geometry);
  const joined = make(counts.left + counts.right);
  for (const hemisphere of hemispheres) {
    const part = parts[hemisphere];
    if (!part || counts[hemisphere] === 0) continue;
    if (part.length !== counts[hemisphere]) {
      throw new InputError(
        `${what}, ${hemisphere} hemisphere`,
        part.length,
        `one value for each of the surface's ${counts[hemisphere]} vertices`,
        'take the surface that the data were put on',
      );
    }
    joined.set(part, hemisphere === 'left' ? 0 : counts.left);
  }
  return joined;
}

/**
 * Regions of several systems as one, in order: a vertex keeps the first system that names it.
 *
 * @throws InputError if the systems differ in vertices
 */
export function mergeLabels(systems: readonly SurfaceLabels[]): SurfaceLabels {
  const nVertices = systems[0]?.keys.length ?? 0;
  const keys = new Int32Array(nVertices);
  const names = new Map<number, string>();
  systems.forEach((system, s) => {
    if (system.keys.length !== nVertices) {
      throw new InputError(
        `vertices of region system ${s}`,
        system.keys.length,
        `${nVertices}, as in the first`,
      );
    }
    const first = names.size;
    const numbers = new Map([...system.names.keys()].map((key, i) => [key, first + i + 1]));
    for (const [key, name] of system.names) names.set(numbers.get(key)!, name);
    for (let v = 0; v < nVertices; v++) keys[v] ||= numbers.get(system.keys[v]!) ?? 0;
  });
  return { keys, names };
}
