import { type Column, readColumns, writeTable } from '../data/table.js';
import { FormatError, InputError } from '../util/errors.js';
import type { VoxelTable } from './types.js';

const indexColumns = ['i', 'j', 'k'];
const positionColumns = ['x', 'y', 'z'];
const ownColumns = [...indexColumns, ...positionColumns, 'hemisphere', 'vertex'];

/**
 * Reads a voxel table (`voxels.tsv`): one row a voxel, in the column order of the betas. Columns `i j k` are volume
 * indices from 0, `x y z` millimetres, `hemisphere` is `left`, `right` or empty, `vertex` a vertex of that
 * hemisphere's surface (−1 for none); each may be absent. Other columns of text are ROI systems, other columns of
 * numbers are values (missing ones NaN).
 *
 * @throws FileError, FormatError
 */
export async function readVoxels(path: string): Promise<VoxelTable> {
  const columns = await readColumns(path, { text: ['hemisphere'] });
  const nVoxels = Object.values(columns)[0]?.length ?? 0;
  const rois: Record<string, string[]> = {};
  const values: Record<string, Float32Array> = {};
  for (const [name, column] of Object.entries(columns)) {
    if (ownColumns.includes(name)) continue;
    if (isNumeric(column)) values[name] = numbers(column);
    else rois[name] = Array.from(column, (value) => String(value ?? ''));
  }
  return {
    nVoxels,
    ijk: integerTriples(columns, path),
    xyzMm: triples(columns, positionColumns, path),
    hemisphere: columns['hemisphere'] && hemispheres(columns['hemisphere'], path),
    vertex: columns['vertex'] && integers(columns['vertex'], 'vertex', -1, path),
    rois,
    values,
  };
}

/** Writes a voxel table as {@link readVoxels} reads it; whole or not at all. */
export async function writeVoxels(path: string, voxels: VoxelTable): Promise<void> {
  const { nVoxels, ijk, xyzMm, hemisphere, vertex, rois, values } = voxels;
  const columns: Record<string, Column> = {};
  const spread = (triples: Int32Array | Float32Array | undefined, names: string[]) => {
    if (!triples) return;
    if (triples.length !== 3 * nVoxels)
      throw new InputError(`length of ${names}`, triples.length, `${3 * nVoxels}`);
    names.forEach((name, axis) => {
      columns[name] = triples.filter((_, index) => index % 3 === axis);
    });
  };
  spread(ijk, indexColumns);
  spread(xyzMm, positionColumns);
  if (hemisphere) columns['hemisphere'] = hemisphere;
  if (vertex) columns['vertex'] = vertex;
  for (const [name, regions] of Object.entries(rois)) {
    if (
      regions.some((region) => region !== '') &&
      regions.every((region) => region === '' || !Number.isNaN(Number(region)))
    ) {
      throw new InputError(
        `regions of ${name}`,
        regions.find(Boolean),
        'names: numbers would read back as values',
      );
    }
    columns[name] = regions;
  }
  for (const [name, column] of Object.entries(values)) {
    if (name in columns) throw new InputError('column of voxels', name, 'named once');
    columns[name] = column;
  }
  for (const [name, column] of Object.entries(columns)) {
    if (column.length !== nVoxels)
      throw new InputError(`length of column ${name}`, column.length, `${nVoxels}`);
  }
  await writeTable(path, columns);
}

function isNumeric(column: Column): boolean {
  if (ArrayBuffer.isView(column)) return true;
  let any = false;
  for (let row = 0; row < column.length; row++) {
    if (typeof column[row] === 'number') any = true;
    else if (column[row] !== null) return false;
  }
  return any;
}

const numbers = (column: Column) =>
  Float32Array.from(column as ArrayLike<number | null>, (value) => value ?? Number.NaN);

function triples(columns: Record<string, Column>, names: string[], path: string): Float32Array | undefined {
  const there = names.filter((name) => columns[name]);
  if (there.length === 0) return undefined;
  if (there.length < 3)
    throw new FormatError(path, `has column ${there.join(' and ')}`, `give ${names.join(', ')}`);
  const axes = names.map((name) => {
    if (!isNumeric(columns[name]!)) throw new FormatError(path, `column ${name} holds text; must be numbers`);
    return numbers(columns[name]!);
  });
  return Float32Array.from(
    { length: 3 * axes[0]!.length },
    (_, index) => axes[index % 3]![Math.floor(index / 3)]!,
  );
}

function integerTriples(columns: Record<string, Column>, path: string): Int32Array | undefined {
  const positions = triples(columns, indexColumns, path);
  if (!positions) return undefined;
  for (const name of indexColumns) integers(columns[name]!, name, 0, path);
  return Int32Array.from(positions);
}

function integers(column: Column, name: string, least: number, path: string): Int32Array {
  for (let row = 0; row < column.length; row++) {
    const value = column[row];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least) {
      const shown = value === null ? 'missing' : JSON.stringify(value);
      throw new FormatError(
        path,
        `${name} of row ${row + 1} is ${shown}`,
        `it must be an integer from ${least}`,
      );
    }
  }
  return Int32Array.from(column as ArrayLike<number>);
}

function hemispheres(column: Column, path: string): ('left' | 'right' | '')[] {
  return Array.from(column, (value, row) => {
    if (value === 'left' || value === 'right') return value;
    if (value === '' || value === null) return '';
    throw new FormatError(
      path,
      `hemisphere of row ${row + 1} is ${JSON.stringify(value)}`,
      'it must be left, right or empty',
    );
  });
}
