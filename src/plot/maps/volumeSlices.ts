import { InputError } from '../../util/errors.js';
import { type Figure, type FigureOptions, scaleOf } from '../figure.js';
import { layerCodes } from './layerCodes.js';
import { layerLegend } from './layerLegend.js';
import { codeImage } from './layers.js';
import type { MapSheet, SheetPanel } from './mapSheet.js';
import { palettePng, type Rgba } from './png.js';
import { sheetFigure } from './sheetFigure.js';

/** A volume's grid: NIfTI's own order (i fastest) and its affine from i j k to millimetres (right, anterior, superior). */
export interface VolumeGrid {
  readonly shape: readonly [number, number, number];
  /** 4 × 4, row by row. */
  readonly affine: ArrayLike<number>;
  /** Picture underneath (anatomy, mean), nI × nJ × nK with i fastest; NaN is left clear. */
  readonly background?: Float32Array;
  /** Voxels that were analysed, nVoxels × 3 (i j k), shown in grey where there is no background. */
  readonly analysed?: Int32Array;
}

/** Voxels in one colour. */
export interface VolumeLayer {
  readonly name: string;
  /** nVoxels × 3 (i j k), 0-based. */
  readonly ijk: Int32Array;
  readonly colour?: string;
}

export interface VolumeSlicesOptions extends FigureOptions {
  /** `orthogonal` (default): three planes through `centre`; `mosaic`: axial slices from below to above. */
  layout?: 'orthogonal' | 'mosaic';
  /** i j k through which the planes go; by default each plane is the one with most of the layers' voxels. */
  centre?: readonly [number, number, number];
  /** Slices of a mosaic, 12 by default. */
  nSlices?: number;
}

/**
 * Slices of a volume with voxels in colours, white where layers overlap. Slices are turned to the nearest
 * anatomical axes without resampling, left on the left (neurological), and labelled.
 *
 * @throws InputError for voxels outside the grid, a singular affine, or a background of another size
 * @example volumeSlices([{ name: 'sub-01', ijk }], { shape, affine }, { layout: 'mosaic' })
 */
export function volumeSlices(
  layers: readonly VolumeLayer[],
  grid: VolumeGrid,
  options: VolumeSlicesOptions = {},
): Figure {
  const ras = anatomicalGrid(grid);
  const [nX, nY, nZ] = ras.size;
  const nCells = nX * nY * nZ;
  const masks = layers.map(({ ijk, name }) => {
    const mask = new Uint8Array(nCells);
    for (const cell of ras.cells(ijk, name)) mask[cell] = 1;
    return mask;
  });
  const { codes, combos } = layerCodes(masks, nCells);
  const analysed = new Uint8Array(nCells);
  if (grid.analysed) for (const cell of ras.cells(grid.analysed, 'analysed')) analysed[cell] = 1;
  const [x, y, z] = centreOf(
    options.centre && ras.cells(Int32Array.from(options.centre), 'centre'),
    codes,
    analysed,
    ras.size,
  );
  const planes: Plane[] = [];
  const box = boxOf(ras, codes, analysed);
  if (options.layout === 'mosaic') {
    const { first, last } = extent(codes, analysed, ras.size);
    const n = Math.max(1, Math.min(options.nSlices ?? 12, last - first + 1));
    for (let s = 0; s < n; s++) {
      planes.push(plane('z', n === 1 ? z : Math.round(first + ((last - first) * s) / (n - 1)), ras, box));
    }
  } else planes.push(plane('x', x, ras, box), plane('y', y, ras, box), plane('z', z, ras, box));
  const sheet = sliceSheet(planes, nCells, options.layout === 'mosaic' ? Math.ceil(planes.length / 3) : 3);
  const sizes = layers.map(({ ijk }) => ijk.length / 3);
  const { legend, palette, layout, words } = layerLegend(
    layers,
    sizes,
    { combos },
    { unit: 'voxels', image: 1, scale: scaleOf(options) },
  );
  return sheetFigure(
    sheet,
    {
      geometry: {},
      outlines: false,
      tiles: [{ images: [greyImage(sheet, ras.background, analysed), codeImage(sheet, codes, palette)] }],
      ...{ legend, layout, legendWidth: 150, title: '' },
      description: `Slices of a volume; voxels: ${words}. Left is left.`,
    },
    options,
  );
}

interface AnatomicalGrid {
  size: [number, number, number];
  mm: [number, number, number];
  background?: Float32Array;
  cells(ijk: Int32Array, what: string): Int32Array;
  /** Millimetre of a cell's middle along an anatomical axis. */
  at(axis: number, index: number): number;
}

/** The grid with its axes in the order right, anterior, superior: each voxel axis goes to the world axis it is nearest. */
function anatomicalGrid({ shape, affine, background }: VolumeGrid): AnatomicalGrid {
  if (background && background.length !== shape[0] * shape[1] * shape[2]) {
    throw new InputError('background', background.length, `${shape.join(' × ')} values`);
  }
  const a = (row: number, column: number) => affine[4 * row + column]!;
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  const unit = [0, 1, 2].map((column) => Math.hypot(a(0, column), a(1, column), a(2, column)));
  if (affine.length !== 16 || !unit.every((length) => length > 0)) {
    throw new InputError('affine', Array.from(affine), '16 numbers, row by row, with no empty column');
  }
  const closeness = (order: number[]) =>
    order.reduce((sum, column, row) => sum + Math.abs(a(row, column)) / unit[column]!, 0);
  const order = orders.reduce((best, other) => (closeness(other) > closeness(best) ? other : best));
  const flip = order.map((column, row) => a(row, column) < 0);
  const size = order.map((column) => shape[column]!) as [number, number, number];
  const mm = order.map((column) => unit[column]!) as [number, number, number];
  const cellOf = (index: readonly number[]) => {
    const [x, y, z] = order.map((column, row) =>
      flip[row] ? size[row]! - 1 - index[column]! : index[column]!,
    );
    return x! + size[0] * (y! + size[1] * z!);
  };
  let turned: Float32Array | undefined;
  if (background) {
    turned = new Float32Array(background.length);
    let from = 0;
    for (let k = 0; k < shape[2]; k++) {
      for (let j = 0; j < shape[1]; j++) {
        for (let i = 0; i < shape[0]; i++) turned[cellOf([i, j, k])] = background[from++]!;
      }
    }
  }
  return {
    ...{ size, mm, background: turned },
    at: (axis, index) => {
      const column = order[axis]!;
      const voxel = flip[axis] ? size[axis]! - 1 - index : index;
      return a(axis, 3) + a(axis, column) * voxel;
    },
    cells: (ijk, what) => {
      const cells = new Int32Array(ijk.length / 3);
      for (let v = 0; v < cells.length; v++) {
        const index = [ijk[3 * v]!, ijk[3 * v + 1]!, ijk[3 * v + 2]!];
        if (index.some((value, axis) => value < 0 || value >= shape[axis]!)) {
          throw new InputError(`voxel ${v} of ${what}`, index, `inside the grid of ${shape.join(' × ')}`);
        }
        cells[v] = cellOf(index);
      }
      return cells;
    },
  };
}

function centreOf(
  given: Int32Array | undefined,
  codes: Uint8Array,
  analysed: Uint8Array,
  [nX, nY, nZ]: readonly [number, number, number],
): [number, number, number] {
  const place = (cell: number): [number, number, number] => [
    cell % nX,
    Math.floor(cell / nX) % nY,
    Math.floor(cell / nX / nY),
  ];
  if (given) return place(given[0]!);
  const from = codes.some((code) => code > 0) ? codes : analysed;
  const counts = [nX, nY, nZ].map((length) => new Int32Array(length));
  from.forEach((code, cell) => {
    if (!code) return;
    place(cell).forEach((at, axis) => {
      counts[axis]![at]!++;
    });
  });
  return counts.map((own) => {
    const most = Math.max(...own);
    return most ? own.indexOf(most) : own.length >> 1;
  }) as [number, number, number];
}

function extent(codes: Uint8Array, analysed: Uint8Array, [nX, nY, nZ]: readonly [number, number, number]) {
  let [first, last] = [nZ - 1, 0];
  for (let cell = 0; cell < codes.length; cell++) {
    if (!codes[cell] && !analysed[cell]) continue;
    const z = Math.floor(cell / nX / nY);
    first = Math.min(first, z);
    last = Math.max(last, z);
  }
  return first <= last ? { first, last } : { first: 0, last: nZ - 1 };
}

interface Plane {
  label: string;
  width: number;
  height: number;
  mm: [number, number];
  /** Cell at a column from the left and a row from the top. */
  cell(column: number, row: number): number;
}

/** First and last cell along each axis that is drawn. */
type Box = readonly (readonly [number, number])[];

/** What of the grid is drawn: where there is a background, or analysed voxels, and one cell around; else all. */
function boxOf(
  { size: [nX, nY, nZ], background }: AnatomicalGrid,
  codes: Uint8Array,
  analysed: Uint8Array,
): Box {
  const sizes = [nX, nY, nZ];
  const box = sizes.map((n): [number, number] => [n, -1]);
  const all = sizes.map((n): [number, number] => [0, n - 1]);
  if (!background && !analysed.includes(1)) return all;
  for (let cell = 0; cell < codes.length; cell++) {
    if (!codes[cell] && !analysed[cell] && !background?.[cell]) continue;
    const place = [cell % nX, Math.floor(cell / nX) % nY, Math.floor(cell / nX / nY)];
    place.forEach((at, axis) => {
      box[axis] = [Math.min(box[axis]![0], at), Math.max(box[axis]![1], at)];
    });
  }
  if (box[0]![1] < 0) return all;
  return box.map(([first, last], axis) => [Math.max(0, first - 1), Math.min(sizes[axis]! - 1, last + 1)]);
}

function plane(axis: 'x' | 'y' | 'z', at: number, grid: AnatomicalGrid, box: Box): Plane {
  const { size, mm, at: millimetre } = grid;
  const [nX, nY] = size;
  const label = `${axis} = ${Math.round(millimetre('xyz'.indexOf(axis), at))} mm`;
  const [across, up] = axis === 'x' ? [1, 2] : axis === 'y' ? [0, 2] : [0, 1];
  const own = 3 - across! - up!;
  const strides = [1, nX, nX * nY];
  const [left, top] = [box[across!]![0], box[up!]![1]];
  return {
    label: `${label}  (${across === 1 ? 'P – A' : 'L – R'})`,
    width: box[across!]![1] - left + 1,
    height: top - box[up!]![0] + 1,
    mm: [mm[across!]!, mm[up!]!],
    cell: (column, row) =>
      at * strides[own]! + (left + column) * strides[across!]! + (top - row) * strides[up!]!,
  };
}

/** Planes in rows on one sheet, each voxel a rectangle of whole pixels. */
function sliceSheet(planes: readonly Plane[], nCells: number, columns: number): MapSheet {
  const widest = Math.max(...planes.map(({ width, mm }) => width * mm[0]));
  const tallest = Math.max(...planes.map(({ height, mm }) => height * mm[1]));
  const scale = Math.max(1, Math.floor(1400 / columns / widest));
  const [gap, label] = [12, 30];
  const cellWidth = Math.ceil(widest * scale) + gap;
  const cellHeight = Math.ceil(tallest * scale) + gap + label;
  const width = cellWidth * Math.min(columns, planes.length);
  const height = cellHeight * Math.ceil(planes.length / columns);
  const vertex = new Int32Array(width * height).fill(-1);
  const panels = planes.map((slice, p): SheetPanel => {
    const w = Math.round(slice.width * slice.mm[0] * scale);
    const h = Math.round(slice.height * slice.mm[1] * scale);
    const left = (p % columns) * cellWidth + ((cellWidth - w) >> 1);
    const top = Math.floor(p / columns) * cellHeight + label + ((cellHeight - label - h) >> 1);
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const cell = slice.cell(Math.floor((x * slice.width) / w), Math.floor((y * slice.height) / h));
        vertex[(top + y) * width + left + x] = cell;
      }
    }
    return { label: slice.label, x: left, y: top, width: w, height: h };
  });
  const n = vertex.length;
  return {
    ...{ width, height, vertex, panels, nVertices: nCells, nLeft: 0, light: new Float32Array(n).fill(1) },
    ...{ shade: new Float32Array(0), depth: new Float32Array(0) },
  };
}

/** The background in greys (1st to 99th percentile), or the analysed voxels in one grey. */
function greyImage(sheet: MapSheet, background: Float32Array | undefined, analysed: Uint8Array): string {
  const levels = 48;
  const pixels = new Uint8Array(sheet.vertex.length);
  let [low, high] = [0, 1];
  if (background) {
    const sorted = background.filter(Number.isFinite).sort();
    low = sorted[Math.floor(sorted.length * 0.01)] ?? 0;
    high = sorted[Math.floor(sorted.length * 0.99)] ?? 1;
  }
  sheet.vertex.forEach((cell, pixel) => {
    if (cell < 0) return;
    if (!background) pixels[pixel] = analysed[cell] ? 1 + Math.round(levels * 0.62) : 0;
    else if (Number.isFinite(background[cell]!)) {
      const t = Math.min(1, Math.max(0, (background[cell]! - low) / (high - low || 1)));
      pixels[pixel] = 1 + Math.round(t * (levels - 1));
    }
  });
  const palette: Rgba[] = [[0, 0, 0, 0]];
  for (let level = 0; level < levels; level++) {
    const grey = Math.round((level * 215) / (levels - 1));
    palette.push([grey, grey, grey, 255]);
  }
  return palettePng(pixels, sheet.width, sheet.height, palette);
}
