import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type MapGeometry, readMapGeometry } from '../../src/plot/index.js';

export const fsaverageFolder = join(import.meta.dirname, '../../../shared/data/fsaverage5');
export const hasFsaverage = existsSync(fsaverageFolder);

/** fsaverage5, read from the shared folder. */
export const fsaverage5 = (): Promise<MapGeometry> => readMapGeometry(fsaverageFolder);
