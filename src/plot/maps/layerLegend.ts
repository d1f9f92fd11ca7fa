import { count } from '../axes.js';
import { plainText, type Trace } from '../figure.js';
import { overlapColour, participantColours } from '../theme.js';
import type { LayerCodes } from './layerCodes.js';
import { legendEntry } from './sheetFigure.js';

/** How layers are coloured and named, on every map that has them. */
export interface LayerLegend {
  /** One entry a layer with its size, and one for the overlap where there is any. */
  readonly legend: Trace[];
  /** Colour of each code of {@link LayerCodes}: the layer's own, white where layers overlap. */
  readonly palette: string[];
  readonly layout: Record<string, unknown>;
  /** Names and sizes in a row, for descriptions. */
  readonly words: string;
}

/**
 * The legend of layers, and what a page needs to hide a layer that is clicked there: the layers of each colour of
 * the map's image (`layout.meta.layers`). Where no script runs the legend is only read.
 *
 * @param how `image`: place of the coloured picture among the layout's images, where layers can be hidden;
 *   `scale` of the figure's size
 */
export function layerLegend(
  layers: readonly { readonly name: string; readonly colour?: string }[],
  sizes: readonly number[],
  { combos }: Pick<LayerCodes, 'combos'>,
  how: { unit: string; scale: number; image?: number },
): LayerLegend {
  const { unit, image, scale } = how;
  const own = participantColours(layers.length);
  const colours = layers.map(({ colour }, layer) => (colour ?? own[layer]!).toUpperCase());
  const anyOverlap = combos.some((members) => members.length !== 1);
  const entries = layers.map(
    ({ name }, layer): Trace => ({
      ...legendEntry(`${plainText(name)}  <i>${count(sizes[layer]!)}</i>`, colours[layer]!, { scale }),
      meta: { layer },
    }),
  );
  return {
    legend: [
      ...entries,
      ...(anyOverlap ? [legendEntry('overlap', overlapColour, { scale, outlined: true })] : []),
    ],
    palette: combos.map((members) => (members.length === 1 ? colours[members[0]!]! : overlapColour)),
    layout: {
      legend: { title: { text: unit }, itemclick: false, itemdoubleclick: false },
      ...(image !== undefined && { meta: { layers: { image, colours, combos } } }),
    },
    words: layers.map(({ name }, layer) => `${name} ${count(sizes[layer]!)}`).join(', ') || 'none',
  };
}
