export { type AnnotatedObject, type AnnotationFeatures, annotationFeatures } from './annotationFeatures.js';
export { type Auc, areaUnderCurve } from './auc.js';
export { bestWords } from './bestWords.js';
export { type CaptionWordOptions, captionWords } from './captionWords.js';
export {
  type CardPair,
  type ConceptCard,
  type ConceptFindings,
  type ConceptPair,
  conceptCard,
} from './conceptCard.js';
export { type ConceptExtent, type ConceptExtentOptions, conceptExtent } from './conceptExtent.js';
export {
  type ConceptResponseInput,
  type ConceptResponseOptions,
  conceptResponses,
} from './conceptResponses.js';
export { type ConceptVectorOptions, type ConceptVectors, conceptVectors } from './conceptVectors.js';
export type { ConceptVoxels } from './conceptVoxels.js';
export { type DissociateOptions, type Dissociation, dissociateConcepts } from './dissociateConcepts.js';
export { imagePool, type PoolKind } from './imagePool.js';
export { type ConceptLabels, type LabelOptions, labelConcept, type Vocabulary } from './labelConcept.js';
export { categoryScores, type LabelReliabilityOptions, labelReliability } from './labelReliability.js';
export { type MeasuredParticipant, measureConcepts } from './measureConcepts.js';
export { type NegationTest, negationTest, type SideResponse } from './negationTest.js';
export { type NegationRow, negationTests } from './negationTests.js';
export { type NoiseDirectionOptions, noiseDirections } from './noiseDirections.js';
export {
  type OverlapOptions,
  type OverlappingPair,
  overlappingConcepts,
} from './overlappingConcepts.js';
export { type MeasuredFeatures, pictureFeatures } from './pictureFeatures.js';
export { type ImageRanking, type RankOptions, rankImages } from './rankImages.js';
export { type RegionOverlap, type RegionOverlapOptions, regionOverlap } from './regionOverlap.js';
export { type SpatialNull, type Spheres, spatialNull } from './spatialNull.js';
export {
  type FeatureColumns,
  type FeatureTest,
  type FeatureTestOptions,
  testFeatures,
} from './testFeatures.js';
