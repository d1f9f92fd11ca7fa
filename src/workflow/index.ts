export { exportSnakefile, listUnitCommands } from './exportStudy.js';
export { type InitStudyOptions, initStudy } from './initStudy.js';
export { type OpenStudyOptions, openStudy, type Study, type StudyParticipant } from './openStudy.js';
export { type PlannedUnit, type PlanStudyOptions, planStudy, type StudyPlan } from './planStudy.js';
export { runNamedUnits, type UnitOutcome } from './runNamedUnits.js';
export { runStudy, type StudyRun } from './runStudy.js';
export {
  cancelOnSlurm,
  type RunOnSlurmOptions,
  runOnSlurm,
  type SlurmRun,
  type SlurmStatus,
  slurmStatus,
} from './slurm/runOnSlurm.js';
export type { SlurmRequest, Submission } from './slurm/submission.js';
export type { StudyRetrieval } from './studyCurves.js';
export { studyUnits } from './studyUnits.js';
