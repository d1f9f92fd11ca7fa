import type { StudyConfig, Unit } from '../study/index.js';
import { clusterUnits } from './clusterUnits.js';
import { conceptUnits } from './conceptUnits.js';
import { decodeUnits } from './decodeUnits.js';
import { prepareUnits } from './prepareUnits.js';
import { reportUnit } from './reportUnit.js';
import { studyFiles } from './studyFiles.js';
import { studySizes, unitCosts } from './unitCosts.js';

/**
 * Every unit of a study, from its configuration alone: what each reads, writes and depends on.
 *
 * @param folder of the study, absolute
 */
export function studyUnits(folder: string, config: StudyConfig): Unit[] {
  const files = studyFiles(folder, config);
  const costs = unitCosts(studySizes(folder, config), config);
  return [
    ...prepareUnits(config, costs),
    ...decodeUnits(config, costs),
    ...clusterUnits(config, costs),
    ...conceptUnits(config, files, costs),
    reportUnit(config, costs),
  ];
}
