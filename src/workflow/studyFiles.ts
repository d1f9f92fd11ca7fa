import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type StudyConfig, studyPaths } from '../study/index.js';

/** Which of the optional files and columns a study has or will have once it is prepared. */
export interface StudyFiles {
  /** stimuli.tsv: names of the stimuli. */
  stimuli: boolean;
  /** words.tsv and word-embeddings.npy: a vocabulary in the embedding space. */
  words: boolean;
  /** stimuli/: pictures named by the column `file` of stimuli.tsv. */
  pictures: boolean;
  /** surfaces/: a cortex that the vertices of voxels.tsv refer to. */
  surfaces: boolean;
  /** voxels.tsv says where voxels lie. */
  places: boolean;
  /** surfaces/ holds the spheres that spatial nulls spin on. */
  spheres: boolean;
  /** Column of stimuli.tsv with captions, several separated by ` | `. */
  captions?: string;
  /** Columns of stimuli.tsv with categories. */
  categories: readonly string[];
}

const none: StudyFiles = {
  ...{ stimuli: false, words: false, pictures: false, surfaces: false, places: false, spheres: false },
  categories: [],
};

const captionColumns = ['captions', 'caption', 'annotation'];
const categoryColumns = ['category', 'subcategory', 'supercategory'];

/** The optional files of a study, known from its source before anything has run. */
export function studyFiles(folder: string, { source, participants }: StudyConfig): StudyFiles {
  switch (source.kind) {
    case 'finger7t':
      return { ...none, stimuli: true };
    case 'nsd':
      return { ...none, stimuli: true, places: true };
    case 'phantom':
      return {
        ...{ stimuli: true, words: true, pictures: true, surfaces: true, places: true, spheres: true },
        ...{ captions: 'annotation', categories: ['category', 'subcategory'] },
      };
    default: {
      const root = source.from?.[0] ?? folder;
      const has = (name: string) => existsSync(join(root, name));
      const stimuli = headerOf(join(root, studyPaths.stimuli));
      const voxels = participants.map((name) => headerOf(join(root, studyPaths.voxels(name))));
      const all = (...columns: string[]) =>
        voxels.every((header) => columns.every((column) => header.includes(column)));
      // Pictures and surfaces stay in the folder they are in: they serve a study made in that folder.
      const inPlace = source.from === undefined;
      const surfaces = inPlace && has(studyPaths.surfaces) && all('hemisphere', 'vertex');
      return {
        ...{ stimuli: stimuli.length > 0, words: has(studyPaths.words) && has(studyPaths.wordEmbeddings) },
        pictures: inPlace && has(studyPaths.pictures) && stimuli.includes('file'),
        ...{ surfaces, places: surfaces || all('i', 'j', 'k') || all('x', 'y', 'z') },
        spheres: surfaces && ['lh', 'rh'].every((side) => has(spherePath(side as 'lh' | 'rh'))),
        captions: captionColumns.find((name) => stimuli.includes(name)),
        categories: categoryColumns.filter((name) => stimuli.includes(name)),
      };
    }
  }
}

/** Where the sphere of a hemisphere lies in a study. */
export function spherePath(side: 'lh' | 'rh'): string {
  return `${studyPaths.surfaces}/${side}.sphere.surf.gii`;
}

/** Column names of a TSV file, from its first 64 KiB; none if there is no file. */
function headerOf(path: string): string[] {
  if (!existsSync(path)) return [];
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(2 ** 16);
    const nBytes = readSync(file, head, 0, head.length, 0);
    return head.toString('utf8', 0, nBytes).split(/\r?\n/, 1)[0]!.split('\t');
  } finally {
    closeSync(file);
  }
}
