import type { ClusterConfig, StudyConfig } from '../study/index.js';
import { dissociationTables } from './dissociationUnit.js';
import { hierarchyTables } from './hierarchyUnit.js';
import { labelTables } from './labelsUnit.js';
import { regionTables } from './regionsUnit.js';
import { responseTables } from './responsesUnit.js';
import type { ResultTable } from './resultTables.js';
import { nullDraws, significanceTables } from './significanceUnit.js';
import { hasStability } from './stabilityUnit.js';
import type { StudyFiles } from './studyFiles.js';

/** The finger study's five stimuli are too few to have highest and lowest among them. */
export function hasResponses({ source }: StudyConfig): boolean {
  return source.kind !== 'finger7t';
}

/** Tables of a clustering's folder that say something of single concepts: what its cards and reports are made of. */
export function conceptTables(config: StudyConfig, cluster: ClusterConfig, files: StudyFiles): ResultTable[] {
  return [
    ...hierarchyTables,
    ...(hasStability(config, cluster) ? (['stability.tsv'] as const) : []),
    ...(nullDraws(config, cluster) ? significanceTables : []),
    ...(config.comparisons ? (['comparisons.tsv'] as const) : []),
    'images.tsv',
    ...(files.words ? (['words.tsv'] as const) : []),
    ...labelTables(files),
    ...(files.places ? regionTables : []),
    ...(hasResponses(config) ? responseTables : []),
    ...(config.concepts.pairs ? dissociationTables : []),
  ];
}
