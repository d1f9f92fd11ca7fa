import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type StudyConfig, studyPaths } from '../study/index.js';

/** Which of the optional files a study has or will have once it is prepared. */
export interface StudyFiles {
  /** stimuli.tsv: names of the stimuli. */
  stimuli: boolean;
  /** words.tsv and word-embeddings.npy: a vocabulary in the embedding space. */
  words: boolean;
  /** stimuli/: pictures named by the column `file` of stimuli.tsv. */
  pictures: boolean;
  /** surfaces/: a cortex that the vertices of voxels.tsv refer to. */
  surfaces: boolean;
}

const none: StudyFiles = { stimuli: false, words: false, pictures: false, surfaces: false };

/** The optional files of a study, known from its source before anything has run. */
export function studyFiles(folder: string, { source }: StudyConfig): StudyFiles {
  switch (source.kind) {
    case 'finger7t':
    case 'nsd':
      return { ...none, stimuli: true };
    case 'phantom':
      return { stimuli: true, words: true, pictures: true, surfaces: true };
    default: {
      const root = source.from?.[0] ?? folder;
      const has = (name: string) => existsSync(join(root, name));
      return {
        ...none,
        stimuli: has(studyPaths.stimuli),
        words: has(studyPaths.words) && has(studyPaths.wordEmbeddings),
      };
    }
  }
}
