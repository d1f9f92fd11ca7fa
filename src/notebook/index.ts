export type { Showable } from './bundle.js';
export { liveProgress } from './liveProgress.js';
export { type Shown, show, startNotebook } from './show.js';
