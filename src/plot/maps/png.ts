import { crc32 } from 'node:zlib';
import { zlibSync } from 'fflate';
import { base64Of } from '../pack.js';

/** A colour with opacity, channels 0–255. */
export type Rgba = readonly [number, number, number, number];

/**
 * A PNG of palette indices (at most 256 colours), as a data URI. The same pixels give the same bytes on every
 * machine: the compressor is part of the package, not of Node.
 *
 * @param pixels width × height palette indices, row by row from the top
 */
export function palettePng(
  pixels: Uint8Array,
  width: number,
  height: number,
  palette: readonly Rgba[],
): string {
  const rows = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 3, 0, 0, 0], 8);
  const parts = [
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    chunk('PLTE', Uint8Array.from(palette.flatMap((colour) => colour.slice(0, 3)))),
    chunk('tRNS', Uint8Array.from(palette.map(([, , , alpha]) => alpha))),
    chunk('IDAT', zlibSync(rows, { level: 6 })),
    chunk('IEND', new Uint8Array(0)),
  ];
  return `data:image/png;base64,${base64Of(Buffer.concat(parts))}`;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, crc32(bytes.subarray(4, data.length + 8)));
  return bytes;
}
