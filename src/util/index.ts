export * from './array.js';
export * from './errors.js';
export { interruptSignal } from './interrupt.js';
export { mean } from './mean.js';
export * from './progress.js';
export * from './random.js';
export { rowCosines } from './rowCosines.js';
