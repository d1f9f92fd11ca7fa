import type { Hemisphere } from '../data/surface.js';
import type { Stimulus } from './types.js';

/** A concept to plant, before it is known who gets it. */
export interface ConceptRecipe {
  readonly name: string;
  readonly word: string;
  readonly source: 'meaning' | 'feature';
  /** Category whose pictures it prefers. */
  readonly category?: string;
  /** Picture features it prefers (positive) or avoids (negative), with their weights beside the category's. */
  readonly features?: Partial<Record<keyof Stimulus['features'], number>>;
  readonly regions: readonly string[];
  readonly hemispheres: readonly Hemisphere[];
  /**
   * How many participants have it: all; all but some (−1: all but one); `enough`: minParticipants others beside
   * each, the fewest that must be found; `tooFew`: one fewer; `one`: a different one for each participant.
   */
  readonly holders: number | 'enough' | 'tooFew' | 'one';
}

const both = ['left', 'right'] as const;

/** What is planted: `docs/phantom.md` says why each is here. */
export const conceptRecipes: readonly ConceptRecipe[] = [
  meaning('faces', 'face', ['FFA'], 0),
  meaning('people', 'person', ['EBA'], 'enough'),
  meaning('hands', 'hand', ['HAND'], -2),
  meaning('animals', 'animal', ['LO'], 0),
  meaning('places', 'place', ['PPA', 'OPA'], 0),
  meaning('vehicles', 'vehicle', ['pMTG'], -3),
  { ...meaning('words', 'word', ['VWFA'], -1), hemispheres: ['left'] },
  { ...meaning('food-by-colour', 'food', ['hV4'], -2), features: { warmth: 1.5 } },
  { ...meaning('food-by-shape', 'food', ['VFA'], -2), features: { elongation: -1.5 } },
  meaning('nature', 'nature', ['RSC'], -1),
  { ...feature('many', 'numerosity', 1, 'IPS', -1), hemispheres: ['right'] },
  feature('bright', 'luminance', 1, 'V1', 0),
  meaning('sport', 'sport', ['SPL'], 'tooFew'),
  ...['clock', 'heart', 'drink', 'game', 'clothing', 'music', 'paper', 'tool'].map((category) =>
    meaning(`own-${category}`, category, ['STS'], 'one'),
  ),
  feature('high-contrast', 'contrast', 1, 'V3d', 'one'),
  feature('horizontal', 'horizontality', 1, 'V3d', 'one'),
  feature('vertical', 'horizontality', -1, 'V3d', 'one'),
];

function meaning(
  name: string,
  category: string,
  regions: string[],
  holders: ConceptRecipe['holders'],
): ConceptRecipe {
  return { name, word: category, source: 'meaning', category, regions, hemispheres: both, holders };
}

function feature(
  name: string,
  measured: keyof Stimulus['features'],
  sign: number,
  region: string,
  holders: ConceptRecipe['holders'],
): ConceptRecipe {
  const features = { [measured]: sign };
  return { name, word: name, source: 'feature', features, regions: [region], hemispheres: both, holders };
}
