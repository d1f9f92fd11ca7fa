export { type ConceptMapOptions, conceptMap, type MapLayer } from './conceptMap.js';
export {
  type MapGeometry,
  type MapHemisphere,
  mergeLabels,
  type SurfaceMask,
  type SurfaceName,
  type SurfaceValues,
} from './geometry.js';
export { type GlassBrainOptions, type GlassLayer, glassBrain } from './glassBrain.js';
export type { MapView } from './mapSheet.js';
export { type PaintedVoxels, paintVoxels } from './paintVoxels.js';
export { type PictureMosaicOptions, pictureMosaic } from './pictureMosaic.js';
export { type PlacedVoxels, placeVoxels } from './placeVoxels.js';
export { readMapGeometry } from './readMapGeometry.js';
export { type SavedVertices, type SavedVoxels, saveMap } from './saveMap.js';
export { type SurfaceMapOptions, surfaceMap } from './surfaceMap.js';
export { type ValueMapOptions, valueMap } from './valueMap.js';
export { type VolumeGrid, type VolumeLayer, type VolumeSlicesOptions, volumeSlices } from './volumeSlices.js';
