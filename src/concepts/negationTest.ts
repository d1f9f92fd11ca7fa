import { InputError, randomStream } from '../util/index.js';
import { midranks } from './auc.js';
import { meanAndSd } from './extremes.js';

/** Responses to the most or the least associated pictures, against those to all. */
export interface SideResponse {
  readonly nStimuli: number;
  /** Mean response, in the responses' own unit. */
  readonly mean: number;
  /** 95 % percentile bootstrap interval over pictures. */
  readonly low: number;
  readonly high: number;
  /** Two-sided, against equally many pictures drawn from the pool without return. */
  readonly p: number;
  readonly verdict: 'above' | 'below' | 'not different';
}

/** Measured responses to both ends of a concept: what {@link negationTest} finds. */
export interface NegationTest {
  /** Mean response over the pool, the baseline. */
  readonly baseline: number;
  readonly most: SideResponse;
  readonly least: SideResponse;
  /** Spearman correlation of score and response over the pool. */
  readonly spearman: number;
  readonly nPool: number;
}

/**
 * Does a concept's negation suppress its voxels, or is it merely far in the embedding space? Compares the measured
 * responses to the pictures of lowest score with the mean over the pool.
 *
 * `below` for `least` means: these pictures drive the voxels less than pictures do on average (p < 0.05).
 * It does not mean less than a blank screen: z-scored betas have no zero of their own. Use pictures that neither the
 * decoder nor the clusters saw, else the answer is circular.
 *
 * @param scores score of each picture of the pool, for example its cosine with the concept vector
 * @param responses measured response to each, same order (`conceptResponses`)
 * @param options `top`: pictures a side (default 20, at most half of the pool); `nPermutations` (default 2000); `seed` (0)
 * @throws InputError for unequal lengths, fewer than 4 pictures or a value that is not finite
 */
export function negationTest(
  scores: ArrayLike<number>,
  responses: ArrayLike<number>,
  options: { top?: number; nPermutations?: number; seed?: number } = {},
): NegationTest {
  const n = scores.length;
  if (responses.length !== n || n < 4) {
    throw new InputError('number of responses', responses.length, `${n}, one a score, at least 4`);
  }
  const { top = Math.min(20, n >> 1), nPermutations = 2000, seed = 0 } = options;
  if (!(top >= 1 && top <= n >> 1)) throw new InputError('top', top, `in [1, ${n >> 1}], half of the pool`);
  const scoreRanks = midranks(scores);
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const all = Float64Array.from(responses);
  const baseline = meanAndSd(all).mean;
  const side = (rows: Uint32Array, name: string): SideResponse => {
    const random = randomStream(seed, 'negation', name);
    const own = Float64Array.from(rows, (row) => all[row]!);
    const { mean } = meanAndSd(own);
    const boots = new Float64Array(nPermutations).map(() => {
      let sum = 0;
      for (let i = 0; i < top; i++) sum += own[random.integer(top)]!;
      return sum / top;
    });
    boots.sort();
    let reached = 0;
    const pool = all.slice();
    for (let permutation = 0; permutation < nPermutations; permutation++) {
      let sum = 0;
      for (let i = 0; i < top; i++) {
        const j = i + random.integer(n - i);
        [pool[i], pool[j]] = [pool[j]!, pool[i]!];
        sum += pool[i]!;
      }
      if (Math.abs(sum / top - baseline) >= Math.abs(mean - baseline) - 1e-12) reached++;
    }
    const p = (1 + reached) / (1 + nPermutations);
    return {
      ...{ nStimuli: top, mean, p },
      low: boots[Math.floor(0.025 * nPermutations)]!,
      high: boots[Math.ceil(0.975 * nPermutations) - 1]!,
      verdict: p >= 0.05 ? 'not different' : mean > baseline ? 'above' : 'below',
    };
  };
  return {
    baseline,
    most: side(order.slice(0, top), 'most'),
    least: side(order.slice(n - top), 'least'),
    spearman: correlation(scoreRanks, midranks(responses, 'response')),
    nPool: n,
  };
}

/** Pearson correlation; 0 where one side does not vary. */
export function correlation(x: Float64Array, y: Float64Array): number {
  const [a, b] = [meanAndSd(x), meanAndSd(y)];
  if (!(a.sd > 0 && b.sd > 0)) return 0;
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i]! - a.mean) * (y[i]! - b.mean);
  return sum / x.length / (a.sd * b.sd);
}
