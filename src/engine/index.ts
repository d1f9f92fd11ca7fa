export { type AddedPart, addPart } from './addPart.js';
export { describeEngines, type EngineReport } from './chooseEngine.js';
export type { EngineName } from './engines.js';
export { defaultThreads } from './pool.js';
export type { EngineTrial } from './tryEngine.js';
