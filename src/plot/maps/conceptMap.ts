import { InputError } from '../../util/errors.js';
import { count } from '../axes.js';
import { type Figure, type FigureOptions, plainText, scaleOf, type Trace } from '../figure.js';
import { packNumbers } from '../pack.js';
import { joinHemispheres, type MapGeometry, type SurfaceMask } from './geometry.js';
import { hoverPoints } from './hoverPoints.js';
import { layerCodes } from './layerCodes.js';
import { layerLegend } from './layerLegend.js';
import { codeImage, cortexImage } from './layers.js';
import { type MapSheet, type MapView, mapSheet } from './mapSheet.js';
import { type SheetTile, sheetFigure } from './sheetFigure.js';

/** What is coloured in one colour: a participant's voxels of a concept, or a concept of a participant. */
export interface MapLayer {
  readonly name: string;
  readonly mask: SurfaceMask;
  /** Voxels, for the legend; without it the vertices are counted. */
  readonly nVoxels?: number;
  /** #RRGGBB; from the participants' palette by default. */
  readonly colour?: string;
}

export interface ConceptMapOptions extends FigureOptions {
  /** `flat` by default; other surfaces are drawn in their standard views. */
  view?: MapView;
  /** 1 where there are data in any participant; the rest of the cortex is drawn faint. */
  analysed?: SurfaceMask;
  /** Outline and name the geometry's regions; true by default. */
  outlines?: boolean;
  /** One small map a layer instead of all layers on one map. */
  sideBySide?: boolean;
  /** Width of the drawing in its own pixels; 1,400 by default, twice that for print. */
  pixels?: number;
}

/**
 * A map of masks over the cortex: one colour a layer, white where layers overlap, nothing where no voxel belongs,
 * the cortex's folds underneath. The legend counts voxels. The colours on the map are those of the legend exactly.
 * In pages and in notebooks that run scripts, a click on a layer's name hides it, a double click shows it alone.
 *
 * Nothing is smoothed or interpolated: a vertex is coloured if its own value is 1.
 *
 * @throws InputError for a mask whose length is not the surface's number of vertices, a surface that the geometry
 *   lacks, or more than 250 layers
 * @example conceptMap(names.map((name, p) => ({ name, mask: masks[p] })), geometry, { title: 'food' })
 */
export function conceptMap(
  layers: readonly MapLayer[],
  geometry: MapGeometry,
  options: ConceptMapOptions = {},
): Figure {
  if (layers.length > 250) throw new InputError('layers', layers.length, 'at most 250');
  const view = options.view ?? 'flat';
  const tiled = options.sideBySide ?? false;
  const sheet = mapSheet(geometry, view, options.pixels ?? (tiled ? 800 : 1400));
  const masks = layers.map(({ mask, name }) =>
    joinHemispheres(mask, geometry, (n) => new Uint8Array(n), `mask of ${name}`),
  );
  const analysed =
    options.analysed && joinHemispheres(options.analysed, geometry, (n) => new Uint8Array(n), 'analysed');
  const cortex = cortexImage(sheet, analysed);
  const sizes = layers.map(
    ({ nVoxels }, i) => nVoxels ?? masks[i]!.reduce((sum, inside) => sum + (inside ? 1 : 0), 0),
  );
  const unit = layers.every(({ nVoxels }) => nVoxels !== undefined) ? 'voxels' : 'vertices';
  const { codes, combos } = layerCodes(masks, sheet.nVertices);
  const { legend, palette, layout, words } = layerLegend(
    layers,
    sizes,
    { combos },
    { unit, image: 1, scale: scaleOf(options) },
  );
  const tiles: SheetTile[] = tiled
    ? layers.map(({ name }, i) => ({
        title: `${name}  ${count(sizes[i]!)}`,
        images: [cortex, codeImage(sheet, masks[i]!, [palette[i]!])],
      }))
    : [
        {
          images: [cortex, codeImage(sheet, codes, palette)],
          traces: hoverTraces(sheet, layers, masks, geometry),
        },
      ];
  return sheetFigure(
    sheet,
    {
      geometry,
      tiles,
      legend: tiled ? [] : legend,
      outlines: options.outlines ?? true,
      legendWidth: tiled ? 12 : 150,
      columns: tiled ? Math.min(layers.length, layers.length <= 4 ? 2 : 3) : 1,
      title: '',
      description: `Map of the cortex (${view}); ${unit}: ${words}.`,
      ...(tiled ? {} : { layout }),
    },
    options,
  );
}

function hoverTraces(
  sheet: MapSheet,
  layers: readonly MapLayer[],
  masks: readonly Uint8Array[],
  geometry: MapGeometry,
): Trace[] {
  const points = hoverPoints(sheet, (v) => masks.some((mask) => mask[v]));
  if (points.vertex.length === 0) return [];
  const nLeft = masks[0]!.length - (geometry.right ? sideLength(geometry, 'right') : 0);
  const text = points.vertex.map((v) => {
    const inside = layers.filter((_, i) => masks[i]![v]).map(({ name }) => plainText(name));
    const hemisphere = v < nLeft ? 'left' : 'right';
    const own = hemisphere === 'left' ? v : v - nLeft;
    const rois = geometry[hemisphere]?.rois;
    const region = rois?.names.get(rois.keys[own]!);
    return `${inside.join(', ')}<br>${hemisphere}${region ? `, ${plainText(region)}` : ''}`;
  });
  return [
    {
      ...{ type: 'scatter', mode: 'none', hoveron: 'points', showlegend: false },
      x: packNumbers(Int16Array.from(points.x)),
      y: packNumbers(Int16Array.from(points.y)),
      text,
      customdata: packNumbers(Int32Array.from(points.vertex, (v) => (v < nLeft ? v : v - nLeft))),
      hovertemplate: '%{text}, vertex %{customdata}<extra></extra>',
    },
  ];
}

function sideLength(geometry: MapGeometry, hemisphere: 'left' | 'right'): number {
  const half = geometry[hemisphere];
  const surface = half?.flat ?? half?.inflated ?? half?.pial ?? half?.sphere;
  return surface ? surface.vertices.length / 3 : 0;
}
