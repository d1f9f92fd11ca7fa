import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readColumns } from '../data/index.js';
import { studyPaths } from '../study/index.js';

/** The pictures of a study's stimuli and what they show, by stimulus. */
export interface StudyPictures {
  bytes: Uint8Array[];
  names: string[];
}

/** Reads the pictures that the column `file` of stimuli.tsv names, relative to the study folder. */
export async function readStudyPictures(input: (path: string) => string): Promise<StudyPictures> {
  const root = dirname(input(studyPaths.stimuli));
  const { file, name } = await readColumns(input(studyPaths.stimuli));
  const files = Array.from(file as ArrayLike<string>);
  return {
    bytes: await Promise.all(files.map(async (path) => new Uint8Array(await readFile(join(root, path))))),
    names: files.map((path, row) => (name ? String(name[row]) : path)),
  };
}
