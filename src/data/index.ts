export { type Affine, applyAffine, invertAffine, voxelSizeMm } from './affine.js';
export { cacheFolder } from './cache-folder.js';
export { type DataFrameView, toDataFrame } from './data-frame.js';
export { type FetchedData, type FetchedFile, type FetchOptions, fetchManifest } from './fetch-manifest.js';
export { type Gifti, type GiftiArray, type GiftiLabel, readGifti } from './gifti.js';
export { sha256File } from './hash.js';
export { listManifests, loadManifest, type Manifest, type ManifestFile } from './manifest.js';
export type { FileSelection } from './manifest-files.js';
export { type ReadMatOptions, readMat } from './mat.js';
export * from './mat-value.js';
export type { NiftiHeader } from './nifti-header.js';
export { readNpy, type WriteNpyOptions, writeNpy } from './npy.js';
export { openNpyRows, type WriteNpyRowsOptions, writeNpyRows } from './npy-rows.js';
export { type ReadNpzOptions, readNpz, type WriteNpzOptions, writeNpz } from './npz.js';
export { type Cifti, type CiftiStructure, readCifti } from './read-cifti.js';
export {
  type Patch,
  patchSurface,
  readAnnot,
  readCtab,
  readCurv,
  readLabel,
  readPatch,
  type VertexSet,
} from './read-freesurfer.js';
export { listHdf5, type ReadHdf5MaskedOptions, readHdf5, readHdf5Masked } from './read-hdf5.js';
export { type MghImage, readMgh } from './read-mgh.js';
export {
  type NiftiImage,
  type ReadNiftiMaskedOptions,
  readNifti,
  readNiftiHeader,
  readNiftiMasked,
} from './read-nifti.js';
export { readSurface } from './read-surface.js';
export { readSurfaceLabels, readSurfaceValues } from './read-vertex-data.js';
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
} from './sample-volume.js';
export type * from './surface.js';
export { type Column, type ReadTableOptions, readColumns, readTable, writeTable } from './table.js';
export { writeAtomically } from './write-atomically.js';
export { writeGifti } from './write-gifti.js';
export { type WriteHdf5Options, writeHdf5 } from './write-hdf5.js';
export { type WriteNiftiOptions, writeNifti } from './write-nifti.js';
export {
  type WriteSurfaceLabelsOptions,
  type WriteSurfaceOptions,
  type WriteSurfaceValuesOptions,
  writeSurface,
  writeSurfaceLabels,
  writeSurfaceValues,
} from './write-surface.js';
