export { countRepetitions } from './count-repetitions.js';
export { type FindNsdOptions, findNsd, type NsdFiles, type NsdSessionFile } from './find-nsd.js';
export { type FingerData, type FingerParticipant, readFinger7t } from './finger7t.js';
export { groupTrials, type TrialGroups, trialColumn } from './group-trials.js';
export {
  ceilingOfNcsnr,
  type NoiseCeiling,
  type NoiseCeilingOptions,
  noiseCeiling,
} from './noise-ceiling.js';
export {
  type NsdDesign,
  type NsdResponses,
  type NsdStimuli,
  readNsdDesign,
  readNsdResponses,
  readNsdStimuli,
} from './nsd-design.js';
export { type NsdIds, nsdIds } from './nsd-ids.js';
export { nsdRegions } from './nsd-rois.js';
export { type WriteNsdStimuliOptions, writeNsdStimuli } from './nsd-stimuli.js';
export { type NsdToSurfaceOptions, nsdToFsaverage, nsdToSurface, nsdVertices } from './nsd-surface.js';
export { type NsdParticipantPlan, type NsdPlan, type PlanNsdOptions, planNsd } from './plan-nsd.js';
export { type NsdPreparation, type PrepareNsdOptions, prepareNsd } from './prepare-nsd.js';
export { type SelectVoxelsOptions, selectVoxels } from './select-voxels.js';
export { type SplitOptions, type SplitResult, splitTrials } from './split-trials.js';
export { takeColumns, takeVoxels } from './takeVoxels.js';
export { readTrials, writeTrials } from './trials-table.js';
export type * from './types.js';
export { readVoxels, writeVoxels } from './voxels-table.js';
export { type ScalingTrials, type ZscoreOptions, zscoreBetas } from './zscore-betas.js';
