import { crc32 } from 'node:zlib';
import { zlibSync } from 'fflate';
import { base64Of } from '../pack.js';

/** A colour with opacity, channels 0–255. */
export type Rgba = readonly [number, number, number, number];

/**
 * A PNG of palette indices (at most 256 colours), as a data URI, with as few bits a pixel as the palette needs. The
 * same pixels give the same bytes on every machine: the compressor is part of the package, not of Node.
 *
 * @param pixels width × height palette indices, row by row from the top
 */
export function palettePng(
  pixels: Uint8Array,
  width: number,
  height: number,
  palette: readonly Rgba[],
): string {
  const bits = ([1, 2, 4] as const).find((n) => palette.length <= 2 ** n) ?? 8;
  const rows = scanLines(pixels, width, height, bits);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([bits, 3, 0, 0, 0], 8);
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

/** Rows of a PNG, each after a byte that says it is not filtered; the first pixel in the highest bits. */
function scanLines(pixels: Uint8Array, width: number, height: number, bits: 1 | 2 | 4 | 8): Uint8Array {
  const perByte = 8 / bits;
  const rowBytes = Math.ceil(width / perByte);
  const rows = new Uint8Array((rowBytes + 1) * height);
  for (let y = 0; y < height; y++) {
    const row = y * (rowBytes + 1) + 1;
    if (bits === 8) {
      rows.set(pixels.subarray(y * width, (y + 1) * width), row);
      continue;
    }
    for (let x = 0; x < width; x++) {
      const code = pixels[y * width + x]!;
      if (code) rows[row + Math.floor(x / perByte)]! |= code << (8 - bits * ((x % perByte) + 1));
    }
  }
  return rows;
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
