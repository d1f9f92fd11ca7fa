export type { Showable } from './bundle.js';
export { type Shown, show, startNotebook } from './show.js';
