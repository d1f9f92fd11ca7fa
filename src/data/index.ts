export { type Affine, applyAffine, invertAffine, voxelSizeMm } from './affine.js';
export { cacheFolder } from './cacheFolder.js';
export { type DataFrameView, toDataFrame } from './dataFrame.js';
export type { FetchPlan } from './diskSpace.js';
export { type FetchedData, type FetchedFile, type FetchOptions, fetchManifest } from './fetchManifest.js';
export { type Gifti, type GiftiArray, type GiftiLabel, readGifti } from './gifti.js';
export { sha256File } from './hash.js';
export { listManifests, loadManifest, type Manifest, type ManifestFile } from './manifest.js';
export type { FileSelection } from './manifestFiles.js';
export { type ReadMatOptions, readMat } from './mat.js';
export * from './matValue.js';
export type { NiftiHeader } from './niftiHeader.js';
export { type ReadNpyOptions, readNpy, type WriteNpyOptions, writeNpy } from './npy.js';
export { openNpyRows, type WriteNpyRowsOptions, writeNpyRows } from './npyRows.js';
export { type ReadNpzOptions, readNpz, type WriteNpzOptions, writeNpz } from './npz.js';
export { type Cifti, type CiftiStructure, readCifti } from './readCifti.js';
export { type CocoImage, type CocoObject, type ReadCocoOptions, readCocoAnnotations } from './readCoco.js';
export {
  type Patch,
  patchSurface,
  readAnnot,
  readCtab,
  readCurv,
  readLabel,
  readPatch,
  type VertexSet,
} from './readFreesurfer.js';
export { listHdf5, type ReadHdf5MaskedOptions, readHdf5, readHdf5Masked } from './readHdf5.js';
export { type MghImage, readMgh } from './readMgh.js';
export {
  type NiftiImage,
  type ReadNiftiMaskedOptions,
  readNifti,
  readNiftiHeader,
  readNiftiMasked,
} from './readNifti.js';
export { readSurface } from './readSurface.js';
export { readSurfaceLabels, readSurfaceValues } from './readVertexData.js';
export {
  readSafetensors,
  type Safetensors,
  type WriteSafetensorsOptions,
  writeSafetensors,
} from './safetensors.js';
export {
  combineDepths,
  type DepthRule,
  type Interpolation,
  sampleVolume,
  type VolumeToSurfaceOptions,
  volumeToSurface,
} from './sampleVolume.js';
export type * from './surface.js';
export { type Column, type ReadTableOptions, readColumns, readTable, writeTable } from './table.js';
export { writeAtomically } from './writeAtomically.js';
export { writeGifti } from './writeGifti.js';
export { type WriteHdf5Options, writeHdf5 } from './writeHdf5.js';
export { type WriteNiftiOptions, writeNifti } from './writeNifti.js';
export {
  type WriteSurfaceLabelsOptions,
  type WriteSurfaceOptions,
  type WriteSurfaceValuesOptions,
  writeSurface,
  writeSurfaceLabels,
  writeSurfaceValues,
} from './writeSurface.js';
