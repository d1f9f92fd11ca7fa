import type { ConceptLabels } from './labelConcept.js';

/**
 * The most associated word of each concept, in order: a short name for figures and tables. Two concepts may have the
 * same word; it is a description, not an identity.
 *
 * @example const names = bestWords(await labelConcept(clusters.vectors, { names: vocabulary, embeddings: words }));
 */
export function bestWords({ table }: Pick<ConceptLabels, 'table'>): string[] {
  const names: string[] = [];
  for (const row of table.objects() as { vector: number; side: string; rank: number; word: string }[])
    if (row.side === 'most' && row.rank === 1) names[row.vector] = row.word;
  return names;
}
