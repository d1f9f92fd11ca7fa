export { adjustedMutualInformation, adjustedRandIndex } from './agreement.js';
export { type ClusterOptions, clusterConcepts } from './clusterConcepts.js';
export { clusterPooled, clusterWithinParticipants, type PooledOptions } from './clusterPooled.js';
export {
  type ClusterSignificance,
  clusterSignificance,
  type SignificanceOptions,
} from './clusterSignificance.js';
export { clusterSpherical, type SphericalOptions } from './clusterSpherical.js';
export {
  type ClusterStability,
  clusterStability,
  leaveParticipantsOut,
  type Repeat,
} from './clusterStability.js';
export { clusterVoxels } from './clusterVoxels.js';
export { compareClusterings } from './compareClusterings.js';
export {
  type ConceptHierarchy,
  conceptHierarchy,
  cutHierarchy,
  type HierarchyOptions,
} from './conceptHierarchy.js';
export type { Branch } from './condenseForest.js';
export { type CoreCurves, coreCurves } from './coreCurves.js';
export { coreSimilarity, countCores } from './coreSimilarity.js';
export { defaultEpsExpansion, expandMasks } from './expandMasks.js';
export {
  type IndependentConcepts,
  type IndependentOptions,
  independentConcepts,
} from './independentConcepts.js';
export { type ClusterMatch, type Labelled, matchClusters } from './matchClusters.js';
export { nearestByParticipant } from './nearestByParticipant.js';
export { nullTuning } from './nullTuning.js';
export { permuteStimuli } from './permuteStimuli.js';
export { type PrincipalConcepts, principalConcepts } from './principalConcepts.js';
export { readVectors } from './readVectors.js';
export type * from './types.js';
export { clusterTable, readClusters, writeClusters } from './writeClusters.js';
