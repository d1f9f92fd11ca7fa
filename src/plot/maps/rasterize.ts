/** Points in pixels with a depth: larger is nearer. */
export interface ProjectedMesh {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly depth?: Float32Array;
  readonly faces: Int32Array;
  /** Added to vertex numbers written to the raster. */
  readonly firstVertex: number;
}

export interface Raster {
  readonly width: number;
  readonly height: number;
  /** Nearest vertex of the face seen at each pixel; −1 where there is none. */
  readonly vertex: Int32Array;
  /** The face's corner weights at each pixel are needed for smooth shading only: interpolated scalar, NaN outside. */
  readonly shade: Float32Array;
  readonly depth: Float32Array;
}

export function emptyRaster(width: number, height: number): Raster {
  const n = width * height;
  return {
    width,
    height,
    vertex: new Int32Array(n).fill(-1),
    shade: new Float32Array(n).fill(Number.NaN),
    depth: new Float32Array(n).fill(Number.NEGATIVE_INFINITY),
  };
}

/**
 * Draws a triangle mesh into a raster: at each pixel centre the nearest face (largest depth), of it the vertex with
 * the largest weight, and `scalar` interpolated between its corners. Pixels on shared edges are drawn once or
 * twice with the same outcome. Cost: the mesh's area in pixels.
 */
export function rasterize(raster: Raster, mesh: ProjectedMesh, scalar: Float32Array): void {
  const { width, height } = raster;
  const { x, y, depth, faces } = mesh;
  for (let face = 0; face < faces.length; face += 3) {
    const a = faces[face]!;
    const b = faces[face + 1]!;
    const c = faces[face + 2]!;
    const area = (x[b]! - x[a]!) * (y[c]! - y[a]!) - (x[c]! - x[a]!) * (y[b]! - y[a]!);
    if (area === 0) continue;
    const left = Math.max(0, Math.ceil(Math.min(x[a]!, x[b]!, x[c]!) - 0.5));
    const right = Math.min(width - 1, Math.floor(Math.max(x[a]!, x[b]!, x[c]!) - 0.5));
    const top = Math.max(0, Math.ceil(Math.min(y[a]!, y[b]!, y[c]!) - 0.5));
    const bottom = Math.min(height - 1, Math.floor(Math.max(y[a]!, y[b]!, y[c]!) - 0.5));
    for (let row = top; row <= bottom; row++) {
      const py = row + 0.5;
      for (let column = left; column <= right; column++) {
        const px = column + 0.5;
        const wa = ((x[b]! - px) * (y[c]! - py) - (x[c]! - px) * (y[b]! - py)) / area;
        const wb = ((x[c]! - px) * (y[a]! - py) - (x[a]! - px) * (y[c]! - py)) / area;
        const wc = 1 - wa - wb;
        if (wa < -1e-6 || wb < -1e-6 || wc < -1e-6) continue;
        const pixel = row * width + column;
        const near = depth ? wa * depth[a]! + wb * depth[b]! + wc * depth[c]! : 0;
        if (near < raster.depth[pixel]! || (near === raster.depth[pixel]! && !depth)) continue;
        raster.depth[pixel] = near;
        raster.vertex[pixel] = mesh.firstVertex + (wa >= wb && wa >= wc ? a : wb >= wc ? b : c);
        raster.shade[pixel] = wa * scalar[a]! + wb * scalar[b]! + wc * scalar[c]!;
      }
    }
  }
}
