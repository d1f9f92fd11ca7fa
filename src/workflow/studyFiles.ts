import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type StudyConfig, studyPaths } from '../study/index.js';

/** Which of the optional files a study has or will have once it is prepared. */
export interface StudyFiles {
  /** stimuli.tsv: names of the stimuli. */
  stimuli: boolean;
  /** words.tsv and word-embeddings.npy: a vocabulary in the embedding space. */
  words: boolean;
}

/** The optional files of a study, known from its source before anything has run. */
export function studyFiles(folder: string, { source }: StudyConfig): StudyFiles {
  switch (source.kind) {
    case 'finger7t':
      return { stimuli: true, words: false };
    case 'nsd':
      return { stimuli: true, words: false };
    case 'phantom':
      return { stimuli: true, words: true };
    default: {
      const root = source.from?.[0] ?? folder;
      const has = (name: string) => existsSync(join(root, name));
      return {
        stimuli: has(studyPaths.stimuli),
        words: has(studyPaths.words) && has(studyPaths.wordEmbeddings),
      };
    }
  }
}
