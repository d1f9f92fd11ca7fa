export * from './config.js';
export * from './paths.js';
export * from './record.js';
export * from './runUnits.js';
export * from './schema.js';
export * from './unit.js';
