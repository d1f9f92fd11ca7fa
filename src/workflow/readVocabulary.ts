import type { Vocabulary } from '../concepts/index.js';
import { readColumns, readNpy } from '../data/index.js';
import { studyPaths } from '../study/index.js';
import { toMatrix } from '../util/array.js';

/** A study's words with their text embeddings. */
export async function readVocabulary(pathOf: (relative: string) => string): Promise<Vocabulary> {
  const { word } = await readColumns(pathOf(studyPaths.words), { text: ['word'] });
  const embeddings = toMatrix(await readNpy(pathOf(studyPaths.wordEmbeddings)), studyPaths.wordEmbeddings);
  return { names: Array.from(word as ArrayLike<string>), embeddings };
}
