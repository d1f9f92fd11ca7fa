import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, inflateSync } from 'node:zlib';
import type { MapGeometry, MapHemisphere } from '../../src/plot/maps/geometry.js';

export const fsaverageFolder = join(import.meta.dirname, '../../../shared/data/fsaverage5');
export const hasFsaverage = existsSync(fsaverageFolder);

/** Data arrays of a GIFTI file; enough for these tests. */
function giftiArrays(path: string): (Float32Array | Int32Array)[] {
  const xml = gunzipSync(readFileSync(path)).toString('latin1');
  return [...xml.matchAll(/<DataArray([^>]*)>[\s\S]*?<Data>([\s\S]*?)<\/Data>/g)].map(([, head, text]) => {
    const bytes = Buffer.from(text!.trim(), 'base64');
    const raw = /Encoding="GZipBase64Binary"/.test(head!) ? gunzipOrInflate(bytes) : bytes;
    const whole = raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength);
    return /INT32/.test(head!) ? new Int32Array(whole) : new Float32Array(whole);
  });
}

const gunzipOrInflate = (bytes: Buffer) => (bytes[0] === 0x1f ? gunzipSync(bytes) : inflateSync(bytes));

/** Regions of the Glasser atlas to outline: early visual, scenes, bodies, faces. */
const shown = ['V1', 'V2', 'V3', 'V4', 'FFC', 'PHA3', 'VVC', 'MT', 'IPS1', '4', 'A1', 'V3A', 'V8', 'PIT'];

/** fsaverage5 with some regions of the Glasser atlas, read from the shared folder. */
export function fsaverage5(): MapGeometry {
  const surface = (name: string) => {
    const [vertices, faces] = giftiArrays(join(fsaverageFolder, `${name}.gii.gz`));
    return { vertices: vertices as Float32Array, faces: faces as Int32Array };
  };
  const lines = (name: string) => readFileSync(join(fsaverageFolder, name), 'utf8').trim().split('\n');
  const keys = Int32Array.from(lines('glasser_360_fsa5.csv'), Number);
  const names = new Map<number, string>();
  lines('LUT_hcp-mmp-b.txt').forEach((line, i) => {
    const region = /[LR]_(.+)_ROI/.exec(line)?.[1];
    if (region && shown.includes(region)) names.set(i + 1, region);
  });
  const half = (side: 'left' | 'right'): MapHemisphere => ({
    flat: surface(`flat_${side}`),
    inflated: surface(`infl_${side}`),
    pial: surface(`pial_${side}`),
    sphere: surface(`sphere_${side}`),
    curvature: giftiArrays(join(fsaverageFolder, `curv_${side}.gii.gz`))[0] as Float32Array,
    rois: { keys: side === 'left' ? keys.slice(0, 10242) : keys.slice(10242), names },
  });
  return { left: half('left'), right: half('right') };
}

/** Vertices of a hemisphere within `radiusMm` of a point of the pial surface. */
export function blob(
  half: MapHemisphere,
  centre: readonly [number, number, number],
  radiusMm: number,
): Uint8Array {
  const { vertices } = half.pial!;
  return Uint8Array.from({ length: vertices.length / 3 }, (_, v) =>
    Math.hypot(...centre.map((c, axis) => vertices[3 * v + axis]! - c)) < radiusMm ? 1 : 0,
  );
}
