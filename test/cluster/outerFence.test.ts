import { describe, expect, it } from 'vitest';
import { outerFence } from '../../src/cluster/outerFence.js';

describe('outerFence', () => {
  it('is Tukey’s, over logarithms', () => {
    // numpy: q = np.percentile(np.log(x), [25, 75]); np.exp(q[1] + 1.5 * (q[1] - q[0]))
    expect(outerFence([0.3, 0.1, 0.25, 0.2, 0.5, 0.22])).toBeCloseTo(0.4745124455132093, 12);
    expect(outerFence([0.4])).toBeCloseTo(0.4, 12);
  });
});
