import type { ColumnTable } from 'arquero';
import { InputError } from '../util/index.js';

/** Options of {@link captionWords}. */
export interface CaptionWordOptions {
  /** Weight of the prior: as many imagined pictures with the pool's own rate of the word; default 10. */
  priorImages?: number;
  /** Leave out words in fewer pictures of the pool than this; default 3. */
  minImages?: number;
}

/**
 * Words that captions of the chosen pictures hold more or less often than those of the pool's others.
 *
 * Counted are pictures, not mentions: a picture has a word if any of its captions has it. With a of n chosen and b
 * of m other pictures having the word, p its rate over all, and α = priorImages · p, β = priorImages · (1 − p):
 * logOdds = log((a + α) / (n − a + β)) − log((b + α) / (m − b + β)), with variance 1/(a+α) + 1/(n−a+β) + 1/(b+α) +
 * 1/(m−b+β); low and high are ± 1.96 sd. This is the log-odds ratio with an informative Dirichlet prior of Monroe,
 * Colaresi and Quinn (Political Analysis 2008), on pictures. Rare words are drawn towards 0 instead of heading the
 * list. The intervals are for one word each, not for all of them jointly.
 *
 * Words are runs of letters (with inner apostrophes and hyphens), lower case. A picture without captions counts as
 * having no word.
 *
 * @param captions the captions of each stimulus, by its row
 * @param chosen rows of the chosen pictures, for example the 100 most associated
 * @param pool rows that they were chosen from; default all
 * @returns columns `word`, `chosen` and `others` (pictures with it), `logOdds`, `low`, `high`, `z`; sorted by z,
 *   highest first, ties by word
 * @throws InputError if nothing is chosen, everything is, or a row is outside the pool
 */
export async function captionWords(
  captions: readonly (readonly string[])[],
  chosen: ArrayLike<number>,
  pool?: ArrayLike<number>,
  options: CaptionWordOptions = {},
): Promise<ColumnTable> {
  const { priorImages = 10, minImages = 3 } = options;
  if (!(priorImages > 0)) throw new InputError('priorImages', priorImages, 'positive');
  const poolRows = new Set(pool ? Array.from(pool) : captions.keys());
  const chosenRows = new Set(Array.from(chosen));
  for (const row of [...chosenRows, ...poolRows]) {
    if (poolRows.has(row) && captions[row]) continue;
    throw new InputError('row of a picture', row, `in the pool and in [0, ${captions.length})`);
  }
  const n = chosenRows.size;
  const m = poolRows.size - n;
  if (n === 0 || m === 0)
    throw new InputError('number of chosen pictures', n, `from 1 to ${poolRows.size - 1}`);
  const counts = new Map<string, { a: number; b: number }>();
  for (const row of poolRows) {
    for (const word of new Set(captions[row]!.flatMap(wordsOf))) {
      const count = counts.get(word) ?? { a: 0, b: 0 };
      count[chosenRows.has(row) ? 'a' : 'b']++;
      counts.set(word, count);
    }
  }
  const found = [];
  for (const [word, { a, b }] of counts) {
    if (a + b < minImages) continue;
    const rate = (a + b) / (n + m);
    const [alpha, beta] = [priorImages * rate, priorImages * (1 - rate)];
    const parts = [a + alpha, n - a + beta, b + alpha, m - b + beta];
    const logOdds = Math.log(parts[0]! / parts[1]!) - Math.log(parts[2]! / parts[3]!);
    const sd = Math.sqrt(parts.reduce((sum, part) => sum + 1 / part, 0));
    // A word in every picture of the pool has no odds against it (β = 0): nothing to tell.
    if (Number.isFinite(sd)) found.push({ word, a, b, logOdds, sd, z: logOdds / sd });
  }
  found.sort((x, y) => y.z - x.z || (x.word < y.word ? -1 : 1));
  const { table } = await import('arquero');
  return table({
    word: found.map(({ word }) => word),
    chosen: found.map(({ a }) => a),
    others: found.map(({ b }) => b),
    logOdds: found.map(({ logOdds }) => logOdds),
    low: found.map(({ logOdds, sd }) => logOdds - 1.959963984540054 * sd),
    high: found.map(({ logOdds, sd }) => logOdds + 1.959963984540054 * sd),
    z: found.map(({ z }) => z),
  });
}

function wordsOf(caption: string): string[] {
  return caption.toLowerCase().match(/\p{L}+(?:['’-]\p{L}+)*/gu) ?? [];
}
