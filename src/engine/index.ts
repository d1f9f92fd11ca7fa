export { defaultThreads } from './pool.js';
