import type { ConceptCard } from '../concepts/index.js';
import type { ClusterConfig } from '../study/index.js';
import { cardsFile } from './cardsUnit.js';
import { readJson } from './readJson.js';

/** The cards of a clustering. */
export function readCards(
  cluster: ClusterConfig,
  pathOf: (relative: string) => string,
): Promise<ConceptCard[]> {
  return readJson<ConceptCard[]>(pathOf(cardsFile(cluster)));
}

/** Names of concepts for figures: the number keeps two of the same word apart. */
export function cardNames(cards: readonly ConceptCard[]): string[] {
  return cards.map(({ concept, name }) => (name === `concept ${concept}` ? name : `${concept}: ${name}`));
}
