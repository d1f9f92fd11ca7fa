export { cosineSimilarities, type SimilarityOptions } from './cosineSimilarities.js';
export { type EmbedImagesOptions, embedImages } from './embedImages.js';
export { type EmbedTextsOptions, embedTexts } from './embedTexts.js';
export { type ImageSource, imageFiles, imageFolder, readPicture } from './imageSources.js';
export { nsdStimuli } from './nsdStimuli.js';
export type { DecodedPicture } from './picture.js';
export { clipPreprocessing, type Preprocessing, preprocessPicture } from './preprocessPicture.js';
export { type ReadEmbeddingsOptions, readEmbeddings } from './readEmbeddings.js';
export { type ResizeFilter, resizePicture } from './resizePicture.js';
