import type { StudyConfig, Unit } from '../study/index.js';
import { clusterUnits } from './clusterUnits.js';
import { conceptUnits } from './conceptUnits.js';
import { decodeUnits } from './decodeUnits.js';
import { expectedNsdUnits } from './expectedNsdUnits.js';
import { mapUnits } from './mapUnits.js';
import { prepareUnits } from './prepareUnits.js';
import { recoveryUnits } from './recoveryUnits.js';
import { reportUnit } from './reportUnit.js';
import { studyFiles } from './studyFiles.js';
import { studySizes, unitCosts } from './unitCosts.js';

/**
 * Every unit of a study: what each reads, writes and depends on. Known from the configuration and, for NSD, from the
 * release's tables; nothing has to have run.
 *
 * @param folder of the study, absolute
 * @param options `expected`: plans even where the source's files are not here yet; such units cannot run
 */
export async function studyUnits(
  folder: string,
  config: StudyConfig,
  options: { expected?: boolean } = {},
): Promise<Unit[]> {
  const { expected = false } = options;
  const files = studyFiles(folder, config);
  const costs = unitCosts(studySizes(folder, config), config);
  return [
    ...(expected && config.source.kind === 'nsd'
      ? expectedNsdUnits(config).map((unit) => ({ ...unit, cost: costs.prepare }))
      : await prepareUnits(config, costs)),
    ...decodeUnits(config, costs),
    ...clusterUnits(config, costs),
    ...conceptUnits(config, files, costs),
    ...recoveryUnits(config),
    ...mapUnits(config, files, costs),
    reportUnit(config, files, costs),
  ];
}
