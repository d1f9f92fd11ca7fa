import type { Surface } from '../data/surface.js';

/**
 * The unit sphere as an icosahedron whose triangles are split in four `level` times: 10 · 4^level + 2 vertices,
 * 20 · 4^level faces, counter-clockwise from outside. Vertices of a level come first in the next, as in fsaverage.
 */
export function icosphere(level: number): Surface {
  const golden = (1 + Math.sqrt(5)) / 2;
  const vertices: number[] = [];
  const push = (x: number, y: number, z: number) => {
    const length = Math.sqrt(x * x + y * y + z * z);
    return vertices.push(x / length, y / length, z / length) / 3 - 1;
  };
  for (const a of [-1, 1]) {
    for (const b of [-golden, golden]) {
      push(0, a, b);
      push(a, b, 0);
      push(b, 0, a);
    }
  }
  let faces = hull(vertices);
  for (let step = 0; step < level; step++) {
    const middles = new Map<number, number>();
    const middle = (a: number, b: number) => {
      const key = Math.min(a, b) * 1e7 + Math.max(a, b);
      let index = middles.get(key);
      if (index === undefined) {
        const sum = [0, 1, 2].map((axis) => vertices[3 * a + axis]! + vertices[3 * b + axis]!);
        index = push(sum[0]!, sum[1]!, sum[2]!);
        middles.set(key, index);
      }
      return index;
    };
    const next: number[] = [];
    for (let f = 0; f < faces.length; f += 3) {
      const [a, b, c] = [faces[f]!, faces[f + 1]!, faces[f + 2]!];
      const [ab, bc, ca] = [middle(a, b), middle(b, c), middle(c, a)];
      next.push(a, ab, ca, b, bc, ab, c, ca, bc, ab, bc, ca);
    }
    faces = next;
  }
  return { vertices: Float32Array.from(vertices), faces: Int32Array.from(faces) };
}

/** Faces of the icosahedron: triples of mutually nearest vertices, turned to face outwards. */
function hull(vertices: number[]): number[] {
  const dot = (a: number, b: number) =>
    vertices[3 * a]! * vertices[3 * b]! +
    vertices[3 * a + 1]! * vertices[3 * b + 1]! +
    vertices[3 * a + 2]! * vertices[3 * b + 2]!;
  const near = (a: number, b: number) => dot(a, b) > 0.4;
  const faces: number[] = [];
  for (let a = 0; a < 12; a++) {
    for (let b = a + 1; b < 12; b++) {
      for (let c = b + 1; c < 12; c++) {
        if (near(a, b) && near(b, c) && near(a, c))
          faces.push(...(isOutward(vertices, a, b, c) ? [a, b, c] : [a, c, b]));
      }
    }
  }
  return faces;
}

function isOutward(v: number[], a: number, b: number, c: number): boolean {
  const at = (i: number) => [v[3 * i]!, v[3 * i + 1]!, v[3 * i + 2]!] as const;
  const [p, q, r] = [at(a), at(b), at(c)];
  const determinant =
    p[0] * (q[1] * r[2] - q[2] * r[1]) -
    p[1] * (q[0] * r[2] - q[2] * r[0]) +
    p[2] * (q[0] * r[1] - q[1] * r[0]);
  return determinant > 0;
}
