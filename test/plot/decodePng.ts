import { inflateSync } from 'node:zlib';

/** A decoded palette PNG: #RRGGBBAA at each pixel, from the file's own bytes. */
export function decodePng(uri: string): { width: number; height: number; at(x: number, y: number): string } {
  const bytes = Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64');
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    chunks.set(bytes.toString('latin1', at + 4, at + 8), bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const width = chunks.get('IHDR')!.readUInt32BE(0);
  const height = chunks.get('IHDR')!.readUInt32BE(4);
  const bits = chunks.get('IHDR')![8]!;
  const rowBytes = Math.ceil((width * bits) / 8);
  const rows = inflateSync(chunks.get('IDAT')!);
  const palette = chunks.get('PLTE')!;
  const alpha = chunks.get('tRNS')!;
  return {
    width,
    height,
    at: (x, y) => {
      const byte = rows[y * (rowBytes + 1) + 1 + Math.floor((x * bits) / 8)]!;
      const code = (byte >> (8 - bits - ((x * bits) % 8))) & (2 ** bits - 1);
      const rgb = palette
        .subarray(3 * code, 3 * code + 3)
        .toString('hex')
        .toUpperCase();
      return `#${rgb}${(alpha[code] ?? 255).toString(16).padStart(2, '0').toUpperCase()}`;
    },
  };
}

/** Places of the opaque pixels of a colour. */
export function pixelsOf(
  uri: string,
  colour: string,
): { x: number[]; y: number[]; width: number; height: number } {
  const png = decodePng(uri);
  const [x, y]: [number[], number[]] = [[], []];
  for (let row = 0; row < png.height; row++) {
    for (let column = 0; column < png.width; column++) {
      if (png.at(column, row) !== `${colour.toUpperCase()}FF`) continue;
      x.push(column);
      y.push(row);
    }
  }
  return { x, y, width: png.width, height: png.height };
}
