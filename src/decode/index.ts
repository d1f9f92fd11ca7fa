export { type CrossValidateOptions, type CrossValidation, crossValidate } from './crossValidate.js';
export { type DecoderFile, readDecoder, writeDecoder } from './decoderFile.js';
export { fitDecoder } from './fitDecoder.js';
export { fitReruns, type RerunOptions, type Reruns, runFile } from './fitReruns.js';
export { fitRidge, type RidgeFit, type RidgeOptions, type RidgePoint } from './fitRidge.js';
export { type MeanDecoder, meanDecoder } from './meanDecoder.js';
export { type MeanOfRuns, meanOfRuns } from './meanOfRuns.js';
export { type MetricRow, metricRows, readMetrics, writeMetrics } from './metrics.js';
export { nearestMean } from './nearestMean.js';
export { type PredictOptions, predictEmbeddings } from './predictEmbeddings.js';
export {
  type Retrieval,
  type RetrievalOptions,
  type RetrievalQuery,
  retrievalAccuracy,
  type TopK,
} from './retrievalAccuracy.js';
export type {
  Decoder,
  DecoderFit,
  DecoderOptions,
  TrainingData,
  ValidationPoint,
  VectorKind,
} from './types.js';
export { type VoxelVectorOptions, voxelVectors } from './voxelVectors.js';
