import { dirname, join } from 'node:path';
import { type MeasuredFeatures, pictureFeatures } from '../concepts/index.js';
import { readColumns, writeTable } from '../data/index.js';
import { readPicture } from '../embed/index.js';
import { type StudyConfig, studyPaths, type Unit } from '../study/index.js';
import { throwIfAborted } from '../util/errors.js';
import type { StudyFiles } from './studyFiles.js';

/** What was measured of a study's pictures, one row a stimulus. */
export const pictureFeaturesFile = 'picture-features.tsv';

/** Measures every picture, for studies that have pictures and do not name features of their own. */
export function pictureFeaturesUnits(config: StudyConfig, files: StudyFiles): Unit[] {
  if (!files.pictures || config.concepts.features !== null || config.concepts.pairs === 0) return [];
  const unit: Unit = {
    id: 'concepts/picture-features',
    stage: 'concepts',
    inputs: [studyPaths.stimuli, studyPaths.pictures],
    outputs: [pictureFeaturesFile],
    record: 'picture-features.json',
    parameters: {},
    async run({ input, output, signal, onProgress }) {
      const path = input(studyPaths.stimuli);
      const { file } = await readColumns(path);
      const names = Array.from(file as ArrayLike<string>);
      const measured: MeasuredFeatures[] = [];
      for (const [row, name] of names.entries()) {
        throwIfAborted(signal, 'measuring pictures');
        onProgress?.({ label: 'measuring pictures', done: row, total: names.length });
        measured.push(pictureFeatures(await readPicture(join(dirname(path), name))));
      }
      // The four shares of orientation sum to one: the last would say nothing beside the others.
      const features = Object.keys(measured[0] ?? {}).filter((name) => name !== 'falling');
      await writeTable(output(pictureFeaturesFile), {
        stimulus: Int32Array.from(names.keys()),
        ...Object.fromEntries(
          features.map((name) => [name, measured.map((own) => own[name as keyof MeasuredFeatures])]),
        ),
      });
      return { nPictures: names.length };
    },
  };
  return [unit];
}
