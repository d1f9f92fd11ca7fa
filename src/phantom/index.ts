export { loadPictures, type Pictures } from './loadPictures.js';
export { makePhantom, type PhantomOptions } from './makePhantom.js';
export { featureNames, measurePicture, type PictureFeatures } from './measurePicture.js';
export { plantedLabels } from './plantedLabels.js';
export { type RecoveryCounts, recoveryCounts } from './recoveryCounts.js';
export {
  type PlantedRecovery,
  type RecoveryOptions,
  type RecoveryScore,
  scoreRecovery,
} from './scoreRecovery.js';
export type * from './types.js';
export { type PhantomNsdOptions, writePhantomNsd } from './writePhantomNsd.js';
export { writePhantomStimuli, writePhantomStudy, writePhantomTruth } from './writePhantomStudy.js';
