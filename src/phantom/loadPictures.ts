import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { nextTurn } from '../util/progress.js';
import { categoryKeywords, categoryOf } from './categories.js';
import { measurePicture } from './measurePicture.js';
import type { Stimulus } from './types.js';

const require = createRequire(import.meta.url);

/** Pixels a side at which pictures are measured. */
const measuredAt = 64;

/** One emoji as emojibase lists it. */
interface EmojiEntry {
  label: string;
  hexcode: string;
  tags?: string[];
  group?: number;
  subgroup?: number;
  gender?: number;
}

/** The pictures of the phantom, their meanings and their measured features, in Unicode order. */
export interface Pictures {
  readonly stimuli: readonly Stimulus[];
  /** The SVG text of a stimulus. */
  svg(stimulus: number): string;
}

let loaded: Promise<Pictures> | undefined;

/**
 * Loads the phantom's pictures: Twemoji's drawings (CC-BY 4.0) with emojibase's English keywords (MIT).
 * Left out: flags, skin tones, and the gendered doubles of people. Loaded and measured once a process
 * (about two seconds); the same everywhere, whatever the seed.
 */
export function loadPictures(): Promise<Pictures> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Pictures> {
  const { Resvg } = await import('@resvg/resvg-js');
  const entries: EmojiEntry[] = require('emojibase-data/en/data.json');
  const groups: { subgroups: Record<string, string> } = require('emojibase-data/meta/groups.json');
  const folder = dirname(require.resolve('@twemoji/svg/package.json'));
  const stimuli: Stimulus[] = [];
  const paths: string[] = [];
  for (const entry of entries) {
    const subcategory = groups.subgroups[entry.subgroup ?? -1];
    const category = subcategory === undefined ? undefined : categoryOf(subcategory);
    if (category === undefined || isGenderedDouble(entry)) continue;
    const path = pathOf(folder, entry.hexcode);
    if (path === undefined) continue;
    const image = new Resvg(readFileSync(path, 'utf8'), {
      fitTo: { mode: 'width', value: measuredAt },
      font: { loadSystemFonts: false },
    }).render();
    stimuli.push({
      file: `${String(stimuli.length).padStart(4, '0')}.svg`,
      name: entry.label,
      category,
      subcategory: subcategory!,
      keywords: keywordsOf(entry, category),
      hexcode: entry.hexcode.toLowerCase(),
      features: measurePicture(image.pixels, measuredAt),
    });
    paths.push(path);
    if (stimuli.length % 100 === 0) await nextTurn();
  }
  return { stimuli, svg: (stimulus) => readFileSync(paths[stimulus]!, 'utf8') };
}

/** "woman farmer" beside "farmer": the same picture to any decoder. */
function isGenderedDouble({ hexcode, gender }: EmojiEntry): boolean {
  return /^1F46[89]-200D/.test(hexcode) || (gender !== undefined && hexcode.includes('-200D-'));
}

/** Twemoji leaves out variation selectors and leading zeros, not always both. */
function pathOf(folder: string, hexcode: string): string | undefined {
  const full = hexcode.toLowerCase();
  const plain = full.replaceAll('-fe0f', '');
  for (const name of [full, plain, full.replace(/^0+/, ''), plain.replace(/^0+/, '')]) {
    const path = join(folder, `${name}.svg`);
    if (existsSync(path)) return path;
  }
  return undefined;
}

const ignored = new Set([
  'a',
  'an',
  'and',
  'at',
  'for',
  'in',
  'is',
  'no',
  'not',
  'of',
  'on',
  'or',
  'the',
  'to',
  'with',
]);

function keywordsOf(entry: EmojiEntry, category: string): string[] {
  const words = [...entry.label.toLowerCase().split(/[^\p{L}\p{N}]+/u), ...(entry.tags ?? [])];
  const kept = words.filter((word) => /^[\p{L}\p{N}-]{2,}$/u.test(word) && !ignored.has(word));
  return [...new Set([...kept, ...categoryKeywords(category)])];
}
