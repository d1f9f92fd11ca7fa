import { InputError } from '../util/errors.js';

/**
 * A map from voxel indices to millimetres: 4 × 4, row by row, last row 0 0 0 1. Millimetres are of the volume's
 * world space: +x right, +y anterior, +z superior.
 */
export type Affine = readonly number[];

/** Applies an affine to points (nPoints × 3); a new float32 array. */
export function applyAffine(affine: Affine, points: ArrayLike<number>): Float32Array {
  const out = new Float32Array(points.length);
  for (let p = 0; p < points.length; p += 3) {
    const [x, y, z] = [points[p]!, points[p + 1]!, points[p + 2]!];
    for (let row = 0; row < 3; row++) {
      const r = row * 4;
      out[p + row] = affine[r]! * x + affine[r + 1]! * y + affine[r + 2]! * z + affine[r + 3]!;
    }
  }
  return out;
}

/** The inverse of an affine; throws {@link InputError} if it has none. */
export function invertAffine(affine: Affine): Affine {
  const m = (row: number, column: number) => affine[row * 4 + column]!;
  const cofactor = (r: number, c: number) => {
    const [r1, r2, c1, c2] = [(r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3];
    return m(r1, c1) * m(r2, c2) - m(r1, c2) * m(r2, c1);
  };
  const determinant = m(0, 0) * cofactor(0, 0) + m(0, 1) * cofactor(0, 1) + m(0, 2) * cofactor(0, 2);
  const inverse = new Array<number>(16).fill(0);
  inverse[15] = 1;
  for (let r = 0; r < 3; r++) {
    for (let c = 0; c < 3; c++) inverse[r * 4 + c] = cofactor(c, r) / determinant;
    inverse[r * 4 + 3] = 0;
    for (let c = 0; c < 3; c++) inverse[r * 4 + 3]! -= inverse[r * 4 + c]! * m(c, 3);
  }
  if (!inverse.every(Number.isFinite)) throw new InputError('affine', affine, 'invertible');
  return inverse;
}

/** Length of one voxel step along each axis, in millimetres. */
export function voxelSizeMm(affine: Affine): [number, number, number] {
  const column = (c: number) => Math.hypot(affine[c]!, affine[4 + c]!, affine[8 + c]!);
  return [column(0), column(1), column(2)];
}

/** A scaled rotation as NIfTI's quaternion (b, c, d) with qfac, or undefined if the axes are not perpendicular. */
export function quaternionOf(affine: Affine): { b: number; c: number; d: number; qfac: 1 | -1 } | undefined {
  const size = voxelSizeMm(affine);
  const r = (row: number, column: number) => affine[row * 4 + column]! / size[column]!;
  for (const [p, q] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const) {
    const dot = r(0, p) * r(0, q) + r(1, p) * r(1, q) + r(2, p) * r(2, q);
    if (!(Math.abs(dot) < 1e-5)) return undefined;
  }
  const cross =
    r(0, 0) * (r(1, 1) * r(2, 2) - r(1, 2) * r(2, 1)) -
    r(0, 1) * (r(1, 0) * r(2, 2) - r(1, 2) * r(2, 0)) +
    r(0, 2) * (r(1, 0) * r(2, 1) - r(1, 1) * r(2, 0));
  const qfac = cross > 0 ? 1 : -1;
  const [r02, r12, r22] = [r(0, 2) * qfac, r(1, 2) * qfac, r(2, 2) * qfac];
  // The largest of the four components is found first, so that nothing is divided by a small number.
  const squares = [
    1 + r(0, 0) + r(1, 1) + r22,
    1 + r(0, 0) - r(1, 1) - r22,
    1 - r(0, 0) + r(1, 1) - r22,
    1 - r(0, 0) - r(1, 1) + r22,
  ];
  const largest = squares.indexOf(Math.max(...squares));
  const s = Math.sqrt(squares[largest]!) * 2;
  let q: [number, number, number, number];
  if (largest === 0) q = [s / 4, (r(2, 1) - r12) / s, (r02 - r(2, 0)) / s, (r(1, 0) - r(0, 1)) / s];
  else if (largest === 1) q = [(r(2, 1) - r12) / s, s / 4, (r(0, 1) + r(1, 0)) / s, (r02 + r(2, 0)) / s];
  else if (largest === 2) q = [(r02 - r(2, 0)) / s, (r(0, 1) + r(1, 0)) / s, s / 4, (r12 + r(2, 1)) / s];
  else q = [(r(1, 0) - r(0, 1)) / s, (r02 + r(2, 0)) / s, (r12 + r(2, 1)) / s, s / 4];
  const sign = q[0] < 0 ? -1 : 1;
  return { b: sign * q[1], c: sign * q[2], d: sign * q[3], qfac };
}

/** The rotation, scale and shift that a NIfTI quaternion stands for. */
export function affineOfQuaternion(
  [b, c, d]: readonly [number, number, number],
  qfac: number,
  size: readonly [number, number, number],
  offset: readonly [number, number, number],
): Affine {
  const square = 1 - (b * b + c * c + d * d);
  const a = square > 0 ? Math.sqrt(square) : 0;
  const rotation = [
    [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
    [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
    [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
  ];
  const scale = [size[0], size[1], size[2] * (qfac < 0 ? -1 : 1)];
  return [
    ...rotation.flatMap((row, i) => [...row.map((value, j) => value * scale[j]!), offset[i]!]),
    0,
    0,
    0,
    1,
  ];
}
