import type { MapGeometry, MapHemisphere } from '../../src/plot/maps/geometry.js';

/**
 * Two ellipsoids as hemispheres, with a flat map about the lateral pole (left hemisphere: posterior to the right).
 * Vertices of both surfaces are numbered alike.
 */
export function ellipsoids(nRings = 24, nSpokes = 48): MapGeometry {
  const half = (side: -1 | 1): MapHemisphere => {
    const pial: number[] = [];
    const flat: number[] = [];
    const faces: number[] = [];
    const flatFaces: number[] = [];
    const curvature: number[] = [];
    for (let ring = 0; ring <= nRings; ring++) {
      const polar = (Math.PI * ring) / nRings;
      for (let spoke = 0; spoke < nSpokes; spoke++) {
        // Azimuth 0 is anterior, 90° superior, as seen from the side of the hemisphere.
        const azimuth = (2 * Math.PI * spoke) / nSpokes;
        const [x, y, z] = [
          Math.cos(polar),
          Math.sin(polar) * Math.cos(azimuth),
          Math.sin(polar) * Math.sin(azimuth),
        ];
        pial.push(side * (34 + 30 * x), -15 + 85 * y, 15 + 55 * z);
        const radius = 100 * Math.sin(polar / 2);
        flat.push(side * radius * Math.cos(azimuth), radius * Math.sin(azimuth), 0);
        curvature.push(Math.sin(7 * y) * Math.cos(6 * z) * 0.2);
        if (ring === nRings) continue;
        const next = (spoke + 1) % nSpokes;
        const [a, b] = [ring * nSpokes + spoke, ring * nSpokes + next];
        const [c, d] = [a + nSpokes, b + nSpokes];
        const quad = side < 0 ? [a, b, c, b, d, c] : [a, c, b, b, c, d];
        faces.push(...quad);
        if (ring < nRings - 3) flatFaces.push(...quad);
      }
    }
    const surface = (vertices: number[], own = faces) => ({
      vertices: Float32Array.from(vertices),
      faces: Int32Array.from(own),
    });
    return {
      pial: surface(pial),
      inflated: surface(pial),
      flat: surface(flat, flatFaces),
      curvature: Float32Array.from(curvature),
    };
  };
  return { left: half(-1), right: half(1) };
}

/** Vertices for which a rule on millimetres holds: 1, else 0. */
export function where(half: MapHemisphere, rule: (x: number, y: number, z: number) => boolean): Uint8Array {
  const { vertices } = half.pial!;
  return Uint8Array.from({ length: vertices.length / 3 }, (_, v) =>
    rule(vertices[3 * v]!, vertices[3 * v + 1]!, vertices[3 * v + 2]!) ? 1 : 0,
  );
}
