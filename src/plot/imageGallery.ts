import { twoDigits } from './cardFacts.js';
import type { Gallery, Picture, PictureSource } from './pictures.js';
import type { TableLike } from './tableHtml.js';
import { tableRows } from './wordBars.js';

export interface ImageGalleryOptions {
  /** Which `vector` of the table; the first by default. */
  vector?: number;
  /** Pictures of each side at most; 12 by default. */
  top?: number;
  /** Headings of the sides; `most` → "Most associated", `least` → "Least associated" by default. */
  headings?: Readonly<Record<string, string>>;
  /** Words for a stimulus, read to those who cannot see it. */
  nameOf?: (stimulus: number) => string;
}

const usualHeadings: Record<string, string> = {
  most: 'Most associated',
  least: 'Least associated',
  first: 'For the first, against the second',
  second: 'For the second, against the first',
};

/**
 * Pictures of a ranking in rows: most and least associated, or those on which two concepts disagree. Stimuli
 * without a picture are left out.
 *
 * @param ranking columns `side`, `stimulus`, `score` (or `difference`), perhaps `vector`, in rank order
 * @param pictureOf the picture of a stimulus
 * @throws InputError if a column is missing
 * @example show(imageGallery(ranking.table, (stimulus) => pictures[stimulus], { vector: 2 }))
 */
export function imageGallery(
  ranking: TableLike,
  pictureOf: (stimulus: number) => PictureSource | undefined,
  options: ImageGalleryOptions = {},
): Gallery {
  const rows = tableRows(ranking, ['side', 'stimulus']);
  const vector = options.vector ?? rows[0]?.['vector'];
  const own = rows.filter((row) => row['vector'] === undefined || row['vector'] === vector);
  const sides = [...new Set(own.map((row) => String(row['side'])))];
  return {
    pictures: sides.map((side) => ({
      heading: options.headings?.[side] ?? usualHeadings[side] ?? side,
      pictures: own
        .filter((row) => row['side'] === side)
        .slice(0, options.top ?? 12)
        .flatMap((row): Picture[] => {
          const stimulus = Number(row['stimulus']);
          const image = pictureOf(stimulus);
          const score = row['score'] ?? row['difference'];
          const alt = options.nameOf?.(stimulus) ?? `stimulus ${stimulus}`;
          return image ? [{ image, caption: score === undefined ? '' : twoDigits(Number(score)), alt }] : [];
        }),
    })),
  };
}
