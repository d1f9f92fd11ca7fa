import type { Phantom, RecoveryScore } from '../../src/phantom/index.js';

type Kind = 'patterns' | 'tuning' | 'weights';
type Recovered = { score: RecoveryScore; nClusters: number; nPlanted: number; nAnalysed: number };

export const training: { steps: number; batchSize: number; learningRate: number; initScale: number };
export const radius: Record<Kind, number>;
export function recover(
  library: typeof import('../../src/index.js'),
  phantom: Phantom,
  options?: { kinds?: Kind[]; eps?: Record<Kind, number>; threads?: number },
): Promise<Record<Kind, Recovered>>;
export function summary(score: RecoveryScore): {
  shared: number;
  found: number;
  others: number;
  falseClusters: number;
  recall: number;
  ari: number;
};
