import { escapeHtml } from './html.js';
import { type Gallery, galleryHtml, isGallery } from './pictures.js';
import { tableHtml } from './tableHtml.js';

type Entry = Readonly<Record<string, string | number | null>>;

/** A concept's card: what `conceptCard` gathers, with its pictures where they are at hand. */
export interface CardLike {
  readonly concept: number;
  readonly name: string;
  readonly nVoxels: number;
  readonly nParticipants: number;
  readonly voxels?: readonly Entry[];
  readonly words?: readonly Entry[];
  readonly oppositeWords?: readonly Entry[];
  readonly regions?: readonly Entry[];
  readonly extent?: readonly Entry[];
  readonly values?: Readonly<Record<string, number | null>>;
  readonly gallery?: Gallery;
}

/** Whether a value is a concept's card. */
export function isCard(value: unknown): value is CardLike {
  if (typeof value !== 'object' || value === null) return false;
  const card = value as Partial<CardLike>;
  return (
    typeof card.concept === 'number' && typeof card.name === 'string' && typeof card.nVoxels === 'number'
  );
}

/** A card as HTML: name, size, words, pictures, regions and numbers; what is not known is left out. */
export function conceptCardHtml(card: CardLike): string {
  const words = (entries: readonly Entry[] | undefined) =>
    entries?.map((entry) => String(entry['word'] ?? '')).join(', ');
  const line = (name: string, text: string | undefined) =>
    text ? `<p><strong>${name}</strong> ${escapeHtml(text)}</p>` : '';
  const table = (entries: readonly Entry[] | undefined, caption: string) =>
    entries?.length ? tableHtml(entries, { caption, maxRows: 10 }) : '';
  const values = Object.entries(card.values ?? {}).flatMap(([name, value]) =>
    value === null ? [] : [{ measure: name, value }],
  );
  return (
    `<article class="sdc-card"><h3>${escapeHtml(card.name)}</h3>` +
    `<p>Concept ${card.concept}: ${card.nVoxels.toLocaleString('en-US')} voxels of ${card.nParticipants} participants</p>` +
    line('Near:', words(card.words)) +
    line('Far:', words(card.oppositeWords)) +
    (isGallery(card.gallery) ? galleryHtml(card.gallery, { width: 80 }) : '') +
    table(card.regions, 'Regions') +
    table(card.voxels, 'Voxels by participant') +
    table(values, 'Measures') +
    '</article>'
  );
}
