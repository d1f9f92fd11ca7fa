export { type ConceptVectorOptions, type ConceptVectors, conceptVectors } from './conceptVectors.js';
export { imagePool, type PoolKind } from './imagePool.js';
export { type ConceptLabels, type LabelOptions, labelConcept, type Vocabulary } from './labelConcept.js';
export { type ImageRanking, type RankOptions, rankImages } from './rankImages.js';
