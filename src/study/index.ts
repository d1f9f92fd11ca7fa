export * from './config.js';
export * from './paths.js';
export * from './record.js';
export { type RunUnitOptions, runUnit } from './runUnit.js';
export { type RunSummary, type RunUnitsOptions, runUnits } from './runUnits.js';
export * from './schema.js';
export { sortUnits } from './sortUnits.js';
export * from './unit.js';
export { type UnitState, unitState } from './unitState.js';
