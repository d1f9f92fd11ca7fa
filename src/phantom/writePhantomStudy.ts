import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  writeNpy,
  writeNpyRows,
  writeSurface,
  writeSurfaceLabels,
  writeSurfaceValues,
  writeTable,
} from '../data/index.js';
import { writeTrials } from '../prepare/trialsTable.js';
import { writeVoxels } from '../prepare/voxelsTable.js';
import { ndarray, type RowSource } from '../util/array.js';
import { throwIfAborted } from '../util/errors.js';
import type { WorkOptions } from '../util/progress.js';
import { loadPictures } from './loadPictures.js';
import { featureNames } from './measurePicture.js';
import type { Phantom, PhantomHemisphere, PhantomSurfaces } from './types.js';

/**
 * Writes a phantom as a study's source, in the layout of a study folder: `stimuli.tsv`, `stimuli/NNNN.svg`,
 * `embeddings.npy`, `words.tsv`, `word-embeddings.npy`, `surfaces/` (the template's), `truth.json`,
 * `planted-directions.npy`, `planted-bent.npy`; for each participant `sub-NN/betas.npy` (percent signal change,
 * not yet scaled), `trials.tsv`, `voxels.tsv`, `planted.npy` (planted concept of each voxel, −1 none),
 * `surfaces/`. Betas are written as they are made, a hundred trials at a time.
 *
 * @param folder made if needed; `sdc init FOLDER STUDY` makes a study of it
 */
export async function writePhantomStudy(
  folder: string,
  phantom: Phantom,
  work: WorkOptions = {},
): Promise<void> {
  await writePhantomStimuli(folder, phantom);
  await writeSurfaces(join(folder, 'surfaces'), phantom.surfaces);
  await writePhantomTruth(folder, phantom);
  for (const [index, { name, betas, trials, voxels, surfaces }] of phantom.participants.entries()) {
    throwIfAborted(work.signal, 'writing the phantom');
    const own = join(folder, name);
    const label = `writing ${name}`;
    await writeNpyRows(join(own, 'betas.npy'), betas.shape[1], blocksOf(betas), {
      nRows: betas.shape[0],
      signal: work.signal,
      onProgress: work.onProgress && ((event) => work.onProgress!({ ...event, label })),
    });
    await writeTrials(join(own, 'trials.tsv'), trials);
    await writeVoxels(join(own, 'voxels.tsv'), voxels);
    const labels = phantom.truth.labels[index]!;
    await writeNpy(join(own, 'planted.npy'), ndarray(labels, [labels.length]));
    await writeSurfaces(join(own, 'surfaces'), surfaces);
  }
}

/** Writes the pictures, their table and embeddings, and the vocabulary: what all participants share. */
export async function writePhantomStimuli(folder: string, phantom: Phantom): Promise<void> {
  const { stimuli, embeddings, words } = phantom;
  const pictures = await loadPictures();
  await mkdir(join(folder, 'stimuli'), { recursive: true });
  for (const [row, { file }] of stimuli.entries()) {
    await writeFile(join(folder, 'stimuli', file), pictures.svg(row % pictures.stimuli.length));
  }
  await writeFile(join(folder, 'stimuli', 'LICENSE.txt'), attribution);
  await writeTable(join(folder, 'stimuli.tsv'), {
    stimulus: Int32Array.from(stimuli.keys()),
    file: stimuli.map(({ file }) => `stimuli/${file}`),
    name: stimuli.map(({ name }) => name),
    category: stimuli.map(({ category }) => category),
    subcategory: stimuli.map(({ subcategory }) => subcategory),
    keywords: stimuli.map(({ keywords }) => keywords.join(' ')),
    annotation: stimuli.map(({ name, keywords }) => `${name}: ${keywords.join(', ')}`),
    hexcode: stimuli.map(({ hexcode }) => hexcode),
    ...Object.fromEntries(
      featureNames.map((name) => [name, Float32Array.from(stimuli, ({ features }) => features[name])]),
    ),
  });
  await writeNpy(join(folder, 'embeddings.npy'), embeddings);
  if (words.names.length === 0) return;
  await writeTable(join(folder, 'words.tsv'), { word: [...words.names] });
  await writeNpy(join(folder, 'word-embeddings.npy'), words.embeddings);
}

/** Writes what was planted: `truth.json`, `planted-directions.npy`, `planted-bent.npy`. */
export async function writePhantomTruth(
  folder: string,
  { size, seed, truth, participants }: Phantom,
): Promise<void> {
  const { minParticipants, concepts, directions, bent } = truth;
  const planted = concepts.map((concept, c) => ({
    ...concept,
    participants: concept.participants.map((p) => participants[p]!.name),
    voxels: truth.labels.map((labels) => labels.reduce((sum, label) => sum + (label === c ? 1 : 0), 0)),
  }));
  await mkdir(folder, { recursive: true });
  const content = {
    size,
    seed,
    minParticipants,
    participants: participants.map(({ name }) => name),
    planted,
  };
  await writeFile(join(folder, 'truth.json'), `${JSON.stringify(content, null, 2)}\n`);
  if (concepts.length === 0) return;
  await writeNpy(join(folder, 'planted-directions.npy'), directions);
  await writeNpy(join(folder, 'planted-bent.npy'), bent);
}

async function writeSurfaces(folder: string, surfaces: PhantomSurfaces): Promise<void> {
  const geometries = { pial: 'Anatomical', inflated: 'Inflated', sphere: 'Spherical', flat: 'Flat' } as const;
  for (const hemisphere of ['left', 'right'] as const) {
    const cortex: PhantomHemisphere = surfaces[hemisphere];
    const at = (name: string) => join(folder, `${hemisphere === 'left' ? 'lh' : 'rh'}.${name}`);
    for (const [name, geometry] of Object.entries(geometries)) {
      const surface = cortex[name as keyof typeof geometries];
      await writeSurface(at(`${name}.surf.gii`), surface, { hemisphere, geometry });
    }
    await writeSurfaceValues(at('curvature.shape.gii'), cortex.curvature, {
      hemisphere,
      names: ['curvature'],
    });
    for (const [system, labels] of Object.entries(cortex.regions)) {
      await writeSurfaceLabels(at(`${system}.label.gii`), labels, { hemisphere, name: system });
    }
  }
}

async function* blocksOf(betas: RowSource): AsyncGenerator<Float32Array> {
  for (let row = 0; row < betas.shape[0]; row += 100)
    yield betas.readRows(row, Math.min(row + 100, betas.shape[0]));
}

const attribution = `The pictures are Twemoji (https://github.com/jdecked/twemoji), copyright Twitter, Inc and other
contributors, licensed under CC-BY 4.0 (https://creativecommons.org/licenses/by/4.0/); unchanged.
Their names and keywords are emojibase's (https://emojibase.dev), MIT licence.
`;
