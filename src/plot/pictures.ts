import { InputError } from '../util/errors.js';
import { escapeHtml } from './html.js';
import { base64Of } from './pack.js';

/** A picture as the bytes of a PNG, JPEG, GIF, WebP or SVG file, or as a data URI. */
export type PictureSource = Uint8Array | string;

/** A picture with what is written under it. */
export interface Picture {
  readonly image: PictureSource;
  readonly caption?: string;
  /** What is in the picture, for those who cannot see it; the caption by default. */
  readonly alt?: string;
}

/** Rows of pictures under headings: most and least associated, and the like. */
export interface Gallery {
  readonly pictures: readonly { readonly heading?: string; readonly pictures: readonly Picture[] }[];
}

/** Whether a value is a {@link Gallery}. */
export function isGallery(value: unknown): value is Gallery {
  return typeof value === 'object' && value !== null && Array.isArray((value as Gallery).pictures);
}

const signatures: [string, (bytes: Uint8Array) => boolean][] = [
  ['image/png', (b) => b[0] === 0x89 && b[1] === 0x50],
  ['image/jpeg', (b) => b[0] === 0xff && b[1] === 0xd8],
  ['image/gif', (b) => b[0] === 0x47 && b[1] === 0x49 && b[2] === 0x46],
  ['image/webp', (b) => b[0] === 0x52 && b[1] === 0x49 && b[8] === 0x57 && b[9] === 0x45],
  ['image/svg+xml', (b) => /^\s*(<\?xml|<svg|<!--)/.test(String.fromCharCode(...b.subarray(0, 64)))],
];

/**
 * The data URI of a picture, which keeps a page in one file.
 *
 * @throws InputError for bytes of no known picture format and for strings that are not data URIs of pictures
 */
export function pictureUri(image: PictureSource): string {
  if (typeof image === 'string') {
    if (/^data:image\/[a-z+.-]+[;,]/.test(image)) return image;
    const fix = 'read the file and give its bytes';
    throw new InputError('image', image.slice(0, 60), 'bytes or a data:image/… URI', fix);
  }
  const type = signatures.find(([, fits]) => fits(image))?.[0];
  if (!type) throw new InputError('image', image, 'the bytes of a PNG, JPEG, GIF, WebP or SVG file');
  return `data:${type};base64,${base64Of(image)}`;
}

/** A gallery as HTML: pictures in rows that wrap, each with its caption; `width` is that of a picture, px. */
export function galleryHtml(gallery: Gallery, options: { width?: number } = {}): string {
  const rows = gallery.pictures.map(({ heading, pictures }) => {
    const items = pictures.map(({ image, caption, alt }) => {
      const text = caption ? `<span>${escapeHtml(caption)}</span>` : '';
      const words = escapeHtml(alt ?? caption ?? '');
      return `<li><img src="${escapeHtml(pictureUri(image))}" alt="${words}" loading="lazy">${text}</li>`;
    });
    const title = heading ? `<h4>${escapeHtml(heading)}</h4>` : '';
    return `${title}${items.length ? `<ul>${items.join('')}</ul>` : '<p>No picture.</p>'}`;
  });
  const style = options.width ? ` style="--picture:${options.width}px"` : '';
  return `<div class="sdc-gallery"${style}>${rows.join('')}</div>`;
}
