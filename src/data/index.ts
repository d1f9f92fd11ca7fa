export type * from './surface.js';
