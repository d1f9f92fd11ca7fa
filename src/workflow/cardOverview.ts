import type { ConceptCard } from '../concepts/index.js';

/** The concepts of a clustering in one table, with the columns that its study has something for. */
export function cardOverview(cards: readonly ConceptCard[]): Record<string, string | number | null>[] {
  const all = cards.map((card) => ({
    concept: card.concept,
    name: card.name,
    voxels: card.nVoxels,
    participants: card.nParticipants,
    persistence: rounded(card.values['persistence']),
    p: card.values['pSize'],
    reproducible: rounded(card.values['reproducibility']),
    'in reruns': rounded(card.values['rerunReproducibility']),
    'label AUC': rounded(card.values['labelAuc']),
    region: card.regions && regionOf(card),
    'one patch': rounded(card.values['largestPatchShare']),
    negation: card.negation && negationOf(card),
  }));
  const known = Object.keys(all[0] ?? {}).filter((name) =>
    all.some((row) => row[name as keyof typeof row] !== undefined),
  );
  return all.map((row) =>
    Object.fromEntries(known.map((name) => [name, row[name as keyof typeof row] ?? null])),
  );
}

function rounded(value: number | null | undefined): number | null | undefined {
  return typeof value === 'number' ? Number(value.toFixed(2)) : value;
}

/** The region that holds most of it, where that is more than chance. */
function regionOf({ regions }: ConceptCard): string {
  const holds = regions!.filter((row) => Number(row['share']) > 0 && Number(row['pCorrected'] ?? 1) < 0.05);
  const row = holds[0];
  return row ? `${row['region']} ${Math.round(100 * Number(row['share']))} %` : '–';
}

function negationOf({ negation }: ConceptCard): string {
  const { verdict, mean } = negation!.least;
  return `${verdict === 'not different' ? 'at the mean' : verdict} (${mean.toFixed(2).replace('-', '−')})`;
}
