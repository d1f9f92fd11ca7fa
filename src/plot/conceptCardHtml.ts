import { cardFacts, percent, pText, twoDigits } from './cardFacts.js';
import { escapeHtml } from './html.js';
import { type Gallery, galleryHtml, isGallery } from './pictures.js';
import { tableHtml } from './tableHtml.js';
import { participantColours } from './theme.js';

type Entry = Readonly<Record<string, string | number | null>>;

/** Responses to a side of a concept, as on its card. */
interface CardSide {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly p: number;
  readonly verdict: 'above' | 'below' | 'not different';
}

/** A concept's card: what `conceptCard` gathers, with its pictures where they are at hand. */
export interface CardLike {
  readonly concept: number;
  readonly name: string;
  readonly nVoxels: number;
  readonly nParticipants: number;
  readonly voxels?: readonly Entry[];
  readonly words?: readonly Entry[];
  readonly oppositeWords?: readonly Entry[];
  readonly labels?: readonly Entry[];
  readonly categories?: readonly Entry[];
  readonly captions?: readonly Entry[];
  readonly regions?: readonly Entry[];
  readonly extent?: readonly Entry[];
  readonly laterality?: Entry;
  readonly negation?: { readonly baseline: number; readonly most: CardSide; readonly least: CardSide };
  readonly apart?: readonly {
    readonly concept: number;
    readonly name: string;
    readonly shared: number;
    readonly cosine: number;
    readonly features?: readonly Entry[];
  }[];
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

export interface CardHtmlOptions {
  /** Level of the heading; default 3. */
  level?: number;
  /** Ready HTML in the place of the pictures. */
  pictures?: string;
  /** Words of each list; default 10. */
  top?: number;
}

/**
 * A card as HTML: name, size and participants, single numbers, whether its negation is suppressed, words, pictures,
 * regions, and what tells it from concepts about the same pictures; what is not known is left out.
 */
export function conceptCardHtml(card: CardLike, options: CardHtmlOptions = {}): string {
  const { level = 3, top = 10 } = options;
  const size = `${card.nVoxels.toLocaleString('en-US')} voxels of ${card.nParticipants} participants`;
  const pictures = isGallery(card.gallery) ? galleryHtml(card.gallery, { width: 68 }) : '';
  return (
    `<article class="sdc-card"><h${level}>${escapeHtml(card.name)}</h${level}>` +
    `<p class="size">Concept ${card.concept}: ${size}</p>` +
    peopleHtml(card.voxels) +
    factsHtml(card) +
    wordsHtml(card, top) +
    verdictHtml(card.negation) +
    (options.pictures ?? pictures) +
    regionsHtml(card.regions) +
    apartHtml(card.apart) +
    '</article>'
  );
}

/** Voxels of each participant: a number and a bar in the participant's colour. */
function peopleHtml(voxels: readonly Entry[] | undefined): string {
  if (!voxels?.length) return '';
  const most = Math.max(1, ...voxels.map((row) => Number(row['nVoxels'])));
  const colours = participantColours(voxels.length);
  const items = voxels.map((row, p) => {
    const width = ((100 * Number(row['nVoxels'])) / most).toFixed(1);
    const bar = `<i style="width:${width}%;background:${colours[p]}"></i>`;
    return `<li><span>${escapeHtml(String(row['participant']))}</span> <b>${row['nVoxels']}</b>${bar}</li>`;
  });
  return `<ol class="people" aria-label="Voxels of each participant">${items.join('')}</ol>`;
}

function factsHtml(card: CardLike): string {
  const facts = cardFacts(card).map(
    ({ name, value, note, title }) =>
      `<div${title ? ` title="${escapeHtml(title)}"` : ''}><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}` +
      `${note ? ` <small>${escapeHtml(note)}</small>` : ''}</dd></div>`,
  );
  return facts.length ? `<dl class="facts">${facts.join('')}</dl>` : '';
}

function wordsHtml(card: CardLike, top: number): string {
  const list = (entries: readonly Entry[] | undefined, name: string) =>
    entries
      ?.slice(0, top)
      .map((entry) => String(entry[name] ?? ''))
      .join(', ');
  const reliable = card.labels?.map((row) => `${row['word']} ${twoDigits(row['auc'])}`).join(', ');
  const line = (name: string, text: string | undefined) =>
    text ? `<p class="words"><strong>${name}</strong> ${escapeHtml(text)}</p>` : '';
  return (
    line('Near:', list(card.words, 'word')) +
    line('Far:', list(card.oppositeWords, 'word')) +
    line('In its captions:', list(card.captions, 'word')) +
    line('As labels, AUC:', reliable) +
    line(
      'Categories, AUC:',
      card.categories
        ?.slice(0, 4)
        .map((row) => `${row['category']} ${twoDigits(row['auc'])}`)
        .join(', '),
    )
  );
}

/** Whether the least associated stimuli drive the voxels below their mean. */
function verdictHtml(negation: CardLike['negation']): string {
  if (!negation) return '';
  const { least, most, baseline } = negation;
  const side = ({ mean, low, high }: CardSide) =>
    `${twoDigits(mean)} <small>[${twoDigits(low)}, ${twoDigits(high)}]</small>`;
  const verdict = {
    below: '<strong>below the voxels’ mean</strong>: suppressed, not merely far',
    above: '<strong>above the voxels’ mean</strong>',
    'not different':
      '<strong>not different from the voxels’ mean</strong>: far in the embedding, not suppressed',
  }[least.verdict];
  return (
    `<p class="verdict">Measured response to the most associated ${side(most)}, to the least associated ${side(least)}; ` +
    `mean over all ${twoDigits(baseline)}. The negation is ${verdict} (p ${pText(least.p)}).</p>`
  );
}

function regionsHtml(regions: readonly Entry[] | undefined): string {
  const rows = regions?.filter((row) => Number(row['share']) > 0).slice(0, 6) ?? [];
  if (rows.length === 0) return '';
  const table = rows.map((row) => ({
    region: row['region'],
    ...(row['system'] === undefined ? {} : { system: row['system'] }),
    share: percent(row['share']),
    ...(row['expected'] === undefined ? {} : { chance: percent(row['expected']) }),
    ...(row['pCorrected'] === undefined ? {} : { p: pText(row['pCorrected'] ?? null, '') }),
  }));
  return tableHtml(table, { caption: 'Regions: share of its voxels, by chance, corrected p' });
}

function apartHtml(apart: CardLike['apart']): string {
  return (apart ?? [])
    .map(({ name, concept, shared, cosine, features }) => {
      const told = features
        ?.slice(0, 4)
        .map((row) => `${row['feature']} (here ${signed(row['own'])}, there ${signed(row['other'])})`)
        .join(', ');
      const by = features
        ? told
          ? ` Told apart by ${told}.`
          : ' No measured feature tells them apart.'
        : '';
      return (
        `<p class="apart"><strong>About the same pictures as ${escapeHtml(name)}</strong> (concept ${concept}): ` +
        `${percent(shared)} of its most associated are the same, cosine ${twoDigits(cosine)}.${escapeHtml(by)}</p>`
      );
    })
    .join('');
}

function signed(value: number | string | null | undefined): string {
  const number = Number(value);
  return `${number > 0 ? '+' : ''}${twoDigits(number)}`;
}
