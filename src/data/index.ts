export { sha256File } from './hash.js';
export { type ReadMatOptions, readMat } from './mat.js';
export * from './mat-value.js';
export { readNpy, type WriteNpyOptions, writeNpy } from './npy.js';
export { openNpyRows, type WriteNpyRowsOptions, writeNpyRows } from './npy-rows.js';
export {
  readSafetensors,
  type Safetensors,
  type WriteSafetensorsOptions,
  writeSafetensors,
} from './safetensors.js';
export type * from './surface.js';
export { type Column, type ReadTableOptions, readColumns, readTable, writeTable } from './table.js';
export { writeAtomically } from './write-atomically.js';
