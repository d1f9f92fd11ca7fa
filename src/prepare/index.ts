export { countRepetitions } from './countRepetitions.js';
export { type FindNsdOptions, findNsd, type NsdFiles, type NsdSessionFile } from './findNsd.js';
export { type FingerData, type FingerParticipant, readFinger7t } from './finger7t.js';
export { groupTrials, type TrialGroups, trialColumn } from './groupTrials.js';
export {
  ceilingOfNcsnr,
  type NoiseCeiling,
  type NoiseCeilingOptions,
  noiseCeiling,
} from './noiseCeiling.js';
export { type Convention, nsdConventions } from './nsdConventions.js';
export {
  type NsdDesign,
  type NsdResponses,
  type NsdStimuli,
  readNsdDesign,
  readNsdResponses,
  readNsdStimuli,
} from './nsdDesign.js';
export { type NsdIds, nsdIds } from './nsdIds.js';
export { nsdRegions } from './nsdRois.js';
export { type WriteNsdStimuliOptions, writeNsdStimuli } from './nsdStimuli.js';
export { type NsdToSurfaceOptions, nsdToFsaverage, nsdToSurface, nsdVertices } from './nsdSurface.js';
export { type NsdParticipantPlan, type NsdPlan, type PlanNsdOptions, planNsd } from './planNsd.js';
export { type NsdPreparation, type PrepareNsdOptions, prepareNsd } from './prepareNsd.js';
export { type SelectVoxelsOptions, selectVoxels } from './selectVoxels.js';
export { type SplitOptions, type SplitResult, splitTrials } from './splitTrials.js';
export { takeColumns, takeVoxels } from './takeVoxels.js';
export { readTrials, writeTrials } from './trialsTable.js';
export type * from './types.js';
export { readVoxels, writeVoxels } from './voxelsTable.js';
export { type ScalingTrials, type ZscoreOptions, zscoreBetas } from './zscoreBetas.js';
