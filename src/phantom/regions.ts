import type { Hemisphere } from '../data/surface.js';

/** A functional region of the phantom's cortex: a disc on the hemisphere's unit sphere. */
export interface Region {
  readonly name: string;
  /** Column of `voxels.tsv` that names it. */
  readonly system: 'visual' | 'floc';
  /** Angle from the lateral pole, degrees. */
  readonly polar: number;
  /** Direction seen from the side, degrees: 90 superior, 180 posterior, 270 inferior. */
  readonly azimuth: number;
}

/** Angular radius of a region, degrees, before a participant's own scale. */
export const regionRadius = 14.5;

/**
 * Sixteen regions of the posterior half of a hemisphere, roughly where the atlases have those of these names,
 * pushed apart until no two centres are nearer than twice the radius.
 */
export const regions: readonly Region[] = [
  { name: 'V1', system: 'visual', polar: 118, azimuth: 180 },
  { name: 'V3d', system: 'visual', polar: 101, azimuth: 151 },
  { name: 'hV4', system: 'visual', polar: 107, azimuth: 222 },
  { name: 'IPS', system: 'visual', polar: 69, azimuth: 100 },
  { name: 'SPL', system: 'visual', polar: 99, azimuth: 100 },
  { name: 'FFA', system: 'floc', polar: 88, azimuth: 250 },
  { name: 'VFA', system: 'floc', polar: 77, azimuth: 219 },
  { name: 'VWFA', system: 'floc', polar: 59, azimuth: 243 },
  { name: 'PPA', system: 'floc', polar: 118, azimuth: 262 },
  { name: 'OPA', system: 'floc', polar: 81, azimuth: 131 },
  { name: 'RSC', system: 'floc', polar: 135, azimuth: 120 },
  { name: 'EBA', system: 'floc', polar: 54, azimuth: 165 },
  { name: 'LO', system: 'floc', polar: 75, azimuth: 188 },
  { name: 'HAND', system: 'floc', polar: 34, azimuth: 215 },
  { name: 'pMTG', system: 'floc', polar: 27, azimuth: 147 },
  { name: 'STS', system: 'floc', polar: 40, azimuth: 95 },
];

/** Names of the coarse streams, a third system that covers all cortex the scanner sees. */
export const streams = ['early', 'ventral', 'lateral', 'dorsal'] as const;

/** Unit vector (right, anterior, superior) of a polar angle and azimuth in degrees. */
export function directionOf(
  polar: number,
  azimuth: number,
  hemisphere: Hemisphere,
): [number, number, number] {
  const [theta, phi] = [(polar * Math.PI) / 180, (azimuth * Math.PI) / 180];
  const lateral = Math.cos(theta);
  return [
    hemisphere === 'left' ? -lateral : lateral,
    Math.sin(theta) * Math.cos(phi),
    Math.sin(theta) * Math.sin(phi),
  ];
}

/** Polar angle and azimuth, degrees, of a unit vector (right, anterior, superior). */
export function anglesOf(
  x: number,
  y: number,
  z: number,
  hemisphere: Hemisphere,
): { polar: number; azimuth: number } {
  const lateral = Math.max(-1, Math.min(1, hemisphere === 'left' ? -x : x));
  return {
    polar: (Math.acos(lateral) * 180) / Math.PI,
    azimuth: ((Math.atan2(z, y) * 180) / Math.PI + 360) % 360,
  };
}

/** Index in {@link streams} of a place. */
export function streamOf(polar: number, azimuth: number): number {
  if (polar > 95 && azimuth > 150 && azimuth < 215) return 0;
  if (azimuth >= 205 && polar > 45) return 1;
  return azimuth < 140 ? 3 : 2;
}
