export { cosineSimilarities, type SimilarityOptions } from './cosineSimilarities.js';
