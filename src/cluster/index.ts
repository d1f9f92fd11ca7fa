export { type ClusterOptions, clusterConcepts } from './clusterConcepts.js';
export { clusterVectors } from './clusterVectors.js';
export {
  type ConceptHierarchy,
  conceptHierarchy,
  cutHierarchy,
  type HierarchyOptions,
} from './conceptHierarchy.js';
export type { Branch } from './condenseForest.js';
export { coreSimilarity, countCores } from './coreSimilarity.js';
export { defaultEpsExpansion, expandMasks } from './expandMasks.js';
export { nearestByParticipant } from './nearestByParticipant.js';
export { readVectors } from './readVectors.js';
export type * from './types.js';
export { clusterTable, readClusters, writeClusters } from './writeClusters.js';
