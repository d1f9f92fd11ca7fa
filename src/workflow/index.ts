export { exportSnakefile, listUnitCommands } from './exportStudy.js';
export { type InitStudyOptions, initStudy } from './initStudy.js';
export { type PlannedUnit, planStudy, type StudyPlan } from './planStudy.js';
export { runNamedUnits, type UnitOutcome } from './runNamedUnits.js';
export { runStudy, type StudyRun } from './runStudy.js';
export { cancelOnSlurm, runOnSlurm, type SlurmStatus, slurmStatus } from './slurm/runOnSlurm.js';
export type { SlurmRequest, Submission } from './slurm/submission.js';
export { studyUnits } from './studyUnits.js';
