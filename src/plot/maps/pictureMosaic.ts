import { InputError } from '../../util/errors.js';
import type { Figure, FigureOptions } from '../figure.js';
import { type PictureSource, pictureUri } from '../pictures.js';
import { joinHemispheres, type MapGeometry } from './geometry.js';
import { cortexImage } from './layers.js';
import { type MapView, mapSheet } from './mapSheet.js';
import { sheetFigure } from './sheetFigure.js';

export interface PictureMosaicOptions extends FigureOptions {
  /** Which sides are drawn, and how. */
  view?: MapView;
  /** Pictures across the sheet's width; 48 by default. */
  across?: number;
  /** Whether regions are outlined; default true where the geometry has any. */
  outlines?: boolean;
}

/**
 * The cortex as a mosaic of pictures: each place shows the picture that its vertex is most associated with.
 *
 * Each picture is written once, at the size it is given in: give thumbnails (64 px are enough).
 *
 * @param best index into `pictures` for each vertex, −1 for none
 * @throws InputError for indices outside the pictures
 * @example pictureMosaic(thumbnails, { left: bestOfLeft, right: bestOfRight }, geometry)
 */
export function pictureMosaic(
  pictures: readonly PictureSource[],
  best: { readonly left?: Int32Array; readonly right?: Int32Array },
  geometry: MapGeometry,
  options: PictureMosaicOptions = {},
): Figure {
  const { across = 48 } = options;
  if (!(across >= 4 && across <= 200)) throw new InputError('across', across, 'in [4, 200]');
  const sheet = mapSheet(geometry, options.view ?? 'flat', 1400);
  const joined = joinHemispheres(best, geometry, (n) => new Int32Array(n).fill(-1), 'best');
  joined.forEach((picture, v) => {
    if (picture >= pictures.length)
      throw new InputError(`picture of vertex ${v}`, picture, `below ${pictures.length}`);
  });
  const edge = sheet.width / across;
  const used = new Set<number>();
  const uses: string[] = [];
  for (let y = edge / 2; y < sheet.height; y += edge) {
    for (let x = edge / 2; x < sheet.width; x += edge) {
      const vertex = sheet.vertex[Math.floor(y) * sheet.width + Math.floor(x)]!;
      const picture = vertex < 0 ? -1 : joined[vertex]!;
      if (picture < 0) continue;
      used.add(picture);
      uses.push(
        `<use href="#p${picture}" x="${(x - edge / 2).toFixed(1)}" y="${(y - edge / 2).toFixed(1)}"/>`,
      );
    }
  }
  const size = (edge - 1).toFixed(1);
  const symbols = [...used]
    .sort((a, b) => a - b)
    .map(
      (p) =>
        `<image id="p${p}" width="${size}" height="${size}" preserveAspectRatio="xMidYMid slice" href="${pictureUri(pictures[p]!)}"/>`,
    );
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${sheet.width}" height="${sheet.height}" ` +
    `viewBox="0 0 ${sheet.width} ${sheet.height}"><defs>${symbols.join('')}</defs>${uses.join('')}</svg>`;
  const mosaic = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
  const seen = Uint8Array.from(joined, (picture) => (picture >= 0 ? 1 : 0));
  return sheetFigure(
    sheet,
    {
      geometry,
      outlines: options.outlines ?? true,
      tiles: [{ images: [cortexImage(sheet, seen), mosaic] }],
      ...{ legend: [], legendWidth: 12, title: '' },
      description: `Mosaic of ${used.size} pictures at ${uses.length} places of the cortex: each is what its place is most associated with.`,
    },
    options,
  );
}
