/** A triangle mesh in C order: `vertices` nVertices × 3 (millimetres), `faces` nFaces × 3 (0-based vertices). */
export interface Surface {
  readonly vertices: Float32Array;
  readonly faces: Int32Array;
}

/** One value or one integer key per vertex of a surface. */
export interface SurfaceLabels {
  /** Key of each vertex; keys without an entry in `names` mean "no label". */
  readonly keys: Int32Array;
  readonly names: ReadonlyMap<number, string>;
  /** Colour of each key as [red, green, blue, alpha], 0–255. */
  readonly colours?: ReadonlyMap<number, readonly [number, number, number, number]>;
}

/** The side of the brain that a surface is of. */
export type Hemisphere = 'left' | 'right';
