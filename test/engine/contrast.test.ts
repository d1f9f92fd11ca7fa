import { describe, expect, it } from 'vitest';
import { Contrast } from '../../src/engine/contrast.js';
import { shardLayout } from '../../src/engine/shards.js';
import { emptyState } from '../../src/engine/training.js';
import { randomStream } from '../../src/util/random.js';

const [n, nDims] = [19, 13];

/** Loss, and its derivative by every prediction, from the definition in float64. */
function definition(targets: Float64Array[], predictions: Float64Array[], temperature: number) {
  const unit = (x: Float64Array) => x.map((value) => value / Math.hypot(...x));
  const dot = (x: Float64Array, y: Float64Array) => x.reduce((sum, value, d) => sum + value * y[d]!, 0);
  const score = targets.map((y) => predictions.map((p) => dot(y, unit(p)) / temperature));
  const softmax = (scores: number[]) => {
    const top = Math.max(...scores);
    const total = top + Math.log(scores.reduce((sum, s) => sum + Math.exp(s - top), 0));
    return { total, shares: scores.map((s) => Math.exp(s - total)) };
  };
  const rows = score.map(softmax);
  const columns = predictions.map((_, j) => softmax(score.map((row) => row[j]!)));
  const loss = score.reduce(
    (sum, row, i) => sum + (rows[i]!.total + columns[i]!.total - 2 * row[i]!) / (2 * n),
    0,
  );
  const gradient = predictions.map((p, j) => {
    const length = Math.hypot(...p);
    const pull = new Float64Array(nDims);
    for (const [i, y] of targets.entries()) {
      const share = rows[i]!.shares[j]! + columns[j]!.shares[i]! - (i === j ? 2 : 0);
      for (let d = 0; d < nDims; d++) pull[d]! += (share * y[d]!) / (2 * n * temperature);
    }
    const own = unit(p);
    const along = dot(pull, own);
    return pull.map((value, d) => (value - along * own[d]!) / length);
  });
  return { loss, gradient };
}

describe('Contrast', () => {
  // At the last two temperatures scores lie hundreds apart, and an exponential less the largest of all would be 0.
  it.each([0.03, 1, 0.003, 0.001])('is the definition at temperature %f', async (temperature) => {
    const layout = shardLayout(40, nDims, n);
    const stream = randomStream(3, 'contrast');
    const draw = () => Float64Array.from(stream.normals(new Float32Array(nDims)));
    const targets = Array.from({ length: n }, () => {
      const y = draw();
      return Float64Array.from(Float32Array.from(y, (value) => value / Math.hypot(...y)));
    });
    // one prediction opposite to its own target, one along it
    const predictions = targets.map((y, j) => (j < 2 ? y.map((value) => (j ? 2 : -3) * value) : draw()));
    const rule = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, temperature, noiseSd: 0 };
    const contrast = new Contrast(layout, rule);
    contrast.load(emptyState(40, nDims, 0));
    for (let i = 0; i < n; i++) {
      for (let d = 0; d < nDims; d++) {
        contrast.targets[i * layout.width + d] = targets[i]![d]!;
        contrast.predictions[d * layout.rows + i] = predictions[i]![d]!;
      }
    }
    const { loss } = await contrast.step(0);
    const expected = definition(targets, predictions, temperature);
    expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-5 * expected.loss);
    const largest = Math.max(...expected.gradient.flatMap((own) => Array.from(own, Math.abs)));
    for (const [j, own] of expected.gradient.entries()) {
      for (const [d, value] of own.entries()) {
        const found = contrast.predictions[d * layout.rows + j]!;
        expect(Math.abs(found - value)).toBeLessThan(1e-4 * largest);
      }
    }
  });
});
