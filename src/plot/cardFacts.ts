import type { CardLike } from './conceptCardHtml.js';

/** A number of a card, with its name and what it means. */
export interface CardFact {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
  readonly title?: string;
}

/** Names of values that are told in another's note. */
const noted = ['ownEps', 'found', 'rerunFound', 'labelAuc'];

/** The single numbers of a card, in words; what is not known is left out, what has no name of ours keeps its own. */
export function cardFacts({ values = {}, laterality, labels }: CardLike): CardFact[] {
  const facts: CardFact[] = [];
  const known = (name: string) => values[name] !== undefined && values[name] !== null;
  const add = (name: string, title: string, value: string, note?: string) =>
    facts.push({ name, title, value, ...(note ? { note } : {}) });
  for (const [name, value] of Object.entries(values)) {
    if (value === null || noted.includes(name)) continue;
    if (name === 'persistence') {
      const eps = known('ownEps') ? `eps of its own ${cardNumber(values['ownEps'])}` : undefined;
      add('Persistence', 'mean ln(birth eps / eps) of its branch over its voxels', cardNumber(value), eps);
    } else if (name === 'pSize' || name === 'pPersistence')
      add(
        `p, by ${name === 'pSize' ? 'size' : 'persistence'}`,
        'family-wise, permuted labels',
        pText(value, ''),
      );
    else if (name === 'reproducibility')
      add(
        'Reproducible',
        'overlap without each participant in turn',
        cardNumber(value),
        foundIn(values['found']),
      );
    else if (name === 'rerunReproducibility')
      add(
        'In single reruns',
        'overlap with the clusters of single runs',
        cardNumber(value),
        foundIn(values['rerunFound']),
      );
    else if (name === 'largestPatchShare')
      add('In one patch', 'share of its voxels in the largest contiguous patch', percent(value));
    else add(name, '', cardNumber(value));
  }
  const label = labels?.[0];
  if (label) {
    const interval = `[${twoDigits(label['low'])}, ${twoDigits(label['high'])}]`;
    add(
      `“${label['word']}”`,
      'AUC of its nearest word as a label of its pictures',
      twoDigits(label['auc']),
      interval,
    );
  }
  const side = laterality?.['laterality'];
  if (typeof side === 'number') {
    const name = Math.abs(side) < 0.005 ? 'both' : side > 0 ? 'left' : 'right';
    const note = `p ${pText(laterality!['pLaterality'] ?? null)}`;
    add('Laterality', '1: left only, −1: right only', `${twoDigits(Math.abs(side))} ${name}`, note);
  }
  return facts;
}

function foundIn(share: number | null | undefined): string | undefined {
  return typeof share === 'number' ? `found in ${percent(share)}` : undefined;
}

/** Two significant digits below 1, no more than three above; a true minus. */
function cardNumber(value: number | string | null | undefined): string {
  const number = typeof value === 'number' ? value : Number(value ?? Number.NaN);
  if (Number.isNaN(number)) return '–';
  if (number === 0) return '0';
  const text = Math.abs(number) >= 100 ? String(Math.round(number)) : String(Number(number.toPrecision(2)));
  return text.replace('-', '−');
}

/** Two decimals, a true minus. */
export function twoDigits(value: number | string | null | undefined): string {
  const number = Number(value ?? Number.NaN);
  return Number.isNaN(number)
    ? '–'
    : number
        .toFixed(2)
        .replace(/^-(?=0\.00$)/, '')
        .replace('-', '−');
}

/** A p-value after "p": `= 0.012` or `< 0.001`. */
export function pText(value: number | string | null, equals = '= '): string {
  if (value === null || Number.isNaN(Number(value))) return `${equals}–`;
  return Number(value) < 0.001 ? '< 0.001' : `${equals}${Number(Number(value).toPrecision(2))}`;
}

/** A share in per cent. */
export function percent(share: number | string | null | undefined): string {
  const number = 100 * Number(share ?? Number.NaN);
  return Number.isNaN(number) ? '–' : `${number > 0 && number < 1 ? '< 1' : Math.round(number)} %`;
}
