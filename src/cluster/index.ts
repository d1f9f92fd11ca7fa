export { type ClusterOptions, clusterConcepts } from './clusterConcepts.js';
export { clusterVectors } from './clusterVectors.js';
export { coreSimilarity, countCores } from './coreSimilarity.js';
export { defaultEpsExpansion, expandMasks } from './expandMasks.js';
export { nearestByParticipant } from './nearestByParticipant.js';
export type * from './types.js';
