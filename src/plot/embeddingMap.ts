import { checkFinite, type Matrix, matrix, rowOf } from '../util/array.js';
import { InputError } from '../util/errors.js';
import { randomStream } from '../util/random.js';
import {
  emptyFigure,
  type Figure,
  type FigureOptions,
  makeFigure,
  plainText,
  scaleOf,
  type Trace,
} from './figure.js';
import { packNumbers } from './pack.js';
import { type PictureSource, pictureUri } from './pictures.js';
import { neutralColour, participantColours, participantSymbol } from './theme.js';

/**
 * Places vectors in the plane so that near ones (by cosine) stay near: UMAP (McInnes, Healy and Melville 2018) by
 * umap-js, from a seeded random stream. For looking at, never for measuring: distances between far points and the
 * sizes of groups mean little.
 *
 * Cost: O(n²) for the neighbours of n points; meant for up to some 5,000. The same seed gives the same places.
 *
 * @param vectors n × nDims, finite
 * @returns n × 2
 * @throws InputError for fewer than 4 vectors or values that are not finite
 */
export async function placeVectors(
  vectors: Matrix,
  options: { neighbours?: number; seed?: number } = {},
): Promise<Matrix> {
  const n = vectors.shape[0];
  if (n < 4) throw new InputError('number of vectors', n, 'at least 4');
  checkFinite(vectors, 'vectors');
  const { UMAP } = await import('umap-js');
  const stream = randomStream(options.seed ?? 0, 'plot', 'placeVectors');
  const neighbours = Math.min(options.neighbours ?? 15, n - 1);
  const rows = Array.from({ length: n }, (_, i) => Array.from(rowOf(vectors, i)));
  const umap = new UMAP({
    ...{ nComponents: 2, nNeighbors: neighbours, minDist: 0.15, random: () => stream.uniform() },
    distanceFn: (a, b) => {
      let [dot, aa, bb] = [0, 0, 0];
      for (let d = 0; d < a.length; d++) {
        dot += a[d]! * b[d]!;
        aa += a[d]! * a[d]!;
        bb += b[d]! * b[d]!;
      }
      return 1 - dot / (Math.sqrt(aa * bb) || 1);
    },
  });
  return matrix(n, 2, Float32Array.from(umap.fit(rows).flat()));
}

/** A group of points of the map: concepts, pictures of a category. */
export interface PointGroup {
  readonly name: string;
  /** Rows of the places. */
  readonly rows: ArrayLike<number>;
  /** Words of each point, shown on hover. */
  readonly labels?: readonly string[];
  /** Pictures of each point, shown on hover in pages and notebooks. */
  readonly pictures?: readonly (PictureSource | undefined)[];
  /** Large, labelled marks for concepts; small ones (default) for pictures. */
  readonly landmarks?: boolean;
  readonly colour?: string;
}

/**
 * Concepts and pictures as points in the plane. Hover shows a point's words and, in HTML, its picture.
 *
 * @param places n × 2, for instance from {@link placeVectors}
 * @throws InputError for rows outside the places or labels that do not fit
 */
export function embeddingMap(
  places: Matrix,
  groups: readonly PointGroup[],
  options: FigureOptions = {},
): Figure {
  const scale = scaleOf(options);
  const title = 'Concepts and pictures in the embedding space';
  const [n, two] = places.shape;
  if (two !== 2) throw new InputError('places shape', places.shape, 'n × 2');
  if (!groups.some((group) => group.rows.length))
    return emptyFigure('There is nothing to place.', options, title);
  const palette = participantColours(groups.length);
  const data = groups.map((group, g): Trace => {
    const rows = Array.from(group.rows);
    for (const row of rows) {
      if (!(row >= 0 && row < n)) throw new InputError(`row of ${group.name}`, row, `in [0, ${n})`);
    }
    for (const [what, list] of [
      ['labels', group.labels],
      ['pictures', group.pictures],
    ] as const) {
      if (list && list.length !== rows.length)
        throw new InputError(`${what} of ${group.name}`, list.length, `${rows.length}`);
    }
    const labels = group.labels?.map(plainText);
    const colour = group.colour ?? palette[g]!;
    return {
      type: 'scatter',
      mode: group.landmarks ? 'markers+text' : 'markers',
      name: plainText(group.name),
      x: packNumbers(Float32Array.from(rows, (row) => places.data[2 * row]!)),
      y: packNumbers(Float32Array.from(rows, (row) => places.data[2 * row + 1]!)),
      ...(labels && { text: labels, textposition: 'top center' }),
      marker: group.landmarks
        ? { color: colour, size: 13 * scale, symbol: 'star', line: { color: '#FFFFFF', width: scale } }
        : { color: colour, size: 6 * scale, symbol: participantSymbol(g), opacity: 0.75 },
      hovertemplate: labels
        ? `%{text}<extra>${plainText(group.name)}</extra>`
        : `${plainText(group.name)}<extra></extra>`,
      ...(group.pictures && { meta: { pictures: group.pictures.map((p) => (p ? pictureUri(p) : null)) } }),
    };
  });
  return makeFigure(
    data,
    {
      title,
      description: `Map of ${groups.map(({ name, rows }) => `${rows.length} ${name}`).join(', ')}; near points have similar embeddings.`,
      height: 560,
      margin: { l: 16, b: 16 },
      layout: {
        xaxis: { visible: false },
        yaxis: { visible: false, scaleanchor: 'x' },
        hoverlabel: { bordercolor: neutralColour },
      },
    },
    options,
  );
}
