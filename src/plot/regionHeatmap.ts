import { emptyFigure, type Figure, type FigureOptions } from './figure.js';
import { heatFigure } from './heatFigure.js';
import type { TableLike } from './tableHtml.js';
import { tableRows } from './wordBars.js';

export interface RegionHeatmapOptions extends FigureOptions {
  /** Only this region system (`visual`, `floc`, …); all by default. */
  system?: string;
  /** Names of the concepts by number. */
  names?: readonly string[];
  /** The column shown: `share` (0–1) by default, `z` on a symmetric scale. */
  value?: 'share' | 'z';
}

/**
 * In which regions the concepts lie: concepts down, regions across, in the table's order.
 *
 * @param regions columns `concept`, `region`, `share` (or `z`) and perhaps `system`
 * @throws InputError if a column is missing
 * @example regionHeatmap(overlap.pooled, { system: 'floc', names })
 */
export function regionHeatmap(regions: TableLike, options: RegionHeatmapOptions = {}): Figure {
  const value = options.value ?? 'share';
  const rows = tableRows(regions, ['concept', 'region', value]).filter(
    (row) => options.system === undefined || row['system'] === options.system,
  );
  const title = 'Where the concepts lie';
  if (rows.length === 0) return emptyFigure('No concept has a voxel in a named region.', options, title);
  const concepts = [...new Set(rows.map((row) => Number(row['concept'])))].sort((a, b) => a - b);
  const columns = [...new Set(rows.map((row) => String(row['region'])))];
  const values = new Float32Array(concepts.length * columns.length).fill(value === 'share' ? 0 : Number.NaN);
  for (const row of rows) {
    const at =
      concepts.indexOf(Number(row['concept'])) * columns.length + columns.indexOf(String(row['region']));
    values[at] = Number(row[value]);
  }
  const names = concepts.map((concept) => options.names?.[concept] ?? `concept ${concept}`);
  return heatFigure(
    {
      ...{ values, rows: names, columns, title },
      format: value === 'share' ? '.0%' : '.1f',
      valueName: value === 'share' ? 'share of voxels' : 'z against chance',
      scale: value === 'share' ? 'positive' : 'symmetric',
      description: `${concepts.length} concepts by ${columns.length} regions: ${value === 'share' ? 'share of the concept’s voxels' : 'z'}.`,
    },
    options,
  );
}
