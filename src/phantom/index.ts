export { loadPictures, type Pictures } from './loadPictures.js';
export { makePhantom, type PhantomOptions } from './makePhantom.js';
export { featureNames, measurePicture, type PictureFeatures } from './measurePicture.js';
export type * from './types.js';
