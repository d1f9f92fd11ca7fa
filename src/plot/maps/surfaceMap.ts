import type { Surface } from '../../data/surface.js';
import { InputError } from '../../util/errors.js';
import { type Figure, type FigureOptions, makeFigure, scaleOf, type Trace } from '../figure.js';
import { packTyped } from '../pack.js';
import { hexOf, overlapColour } from '../theme.js';
import type { MapLayer } from './conceptMap.js';
import { joinHemispheres, type MapGeometry, surfacesOf, vertexCounts } from './geometry.js';
import { layerCodes } from './layerCodes.js';
import { layerLegend } from './layerLegend.js';
import { sideBySide } from './mapSheet.js';

export interface SurfaceMapOptions extends FigureOptions {
  /** `inflated` by default. */
  surface?: 'inflated' | 'pial' | 'sphere';
  /** Where the eye starts: `behind` by default. */
  from?: keyof typeof cameras;
}

const eye = (x: number, y: number, z: number, up = { x: 0, y: 0, z: 1 }) => ({
  ...{ eye: { x, y, z }, up, center: { x: 0, y: 0, z: 0 } },
  projection: { type: 'orthographic' },
});
const forward = { x: 0, y: 1, z: 0 };
const cameras = {
  behind: eye(0, -1.6, 0.25),
  left: eye(-1.6, 0, 0),
  right: eye(1.6, 0, 0),
  above: eye(0, -0.001, 1.6, forward),
  below: eye(0, -0.001, -1.6, forward),
  front: eye(0, 1.6, 0.1),
};

const nGreys = 24;
const greys = Array.from({ length: nGreys }, (_, i) => Math.round(196 - (70 * i) / (nGreys - 1))).map(
  (grey) => hexOf([grey, grey, grey]),
);

/**
 * Masks on a surface to be turned by hand, both hemispheres in one scene, with buttons for the standard views.
 * From below and from the front the left hemisphere is on the right. Colours as in {@link conceptMap}; a face has
 * the colour of most of its corners.
 *
 * Cost: 0.5 MB for 20,484 vertices, coordinates to 0.01 mm; pages write the surface once for all their figures.
 *
 * @throws InputError for masks that do not fit the surface, or a surface that the geometry lacks, more
 *   than 100 layers
 * @example surfaceMap(layers, geometry, { surface: 'inflated', title: 'food' })
 */
export function surfaceMap(
  layers: readonly MapLayer[],
  geometry: MapGeometry,
  options: SurfaceMapOptions = {},
): Figure {
  // Plotly keeps 256 shades of a mesh's colours, and each of ours takes two stops of them.
  if (layers.length > 100) throw new InputError('layers', layers.length, 'at most 100 on a mesh');
  const name = options.surface ?? 'inflated';
  const camera = cameras[options.from ?? 'behind'];
  if (!camera) throw new InputError('from', options.from, Object.keys(cameras).join(', '));
  const surfaces = surfacesOf(geometry, name);
  const shifts = sideBySide(surfaces);
  const masks = layers.map(({ mask, name }) =>
    joinHemispheres(mask, geometry, (n) => new Uint8Array(n), `mask of ${name}`),
  );
  const counts = vertexCounts(geometry);
  const { codes, combos } = layerCodes(masks, counts.left + counts.right);
  const sizes = layers.map(
    ({ nVoxels }, i) => nVoxels ?? masks[i]!.reduce((sum, inside) => sum + (inside ? 1 : 0), 0),
  );
  const unit = layers.every(({ nVoxels }) => nVoxels !== undefined) ? 'voxels' : 'vertices';
  const { legend, palette, layout, words } = layerLegend(
    layers,
    sizes,
    { combos },
    { unit, scale: scaleOf(options) },
  );
  // A mesh has few colours to tell apart, so one white stands for every overlap.
  const steps = [...greys, ...palette.slice(0, layers.length), overlapColour];
  const stepOf = (code: number) => nGreys + Math.min(code - 1, layers.length);
  const scale = steps.flatMap((colour, i) => [
    [i / steps.length, colour],
    [(i + 1) / steps.length, colour],
  ]);
  const meshes = surfaces.map(({ hemisphere, surface }): Trace => {
    const first = hemisphere === 'left' ? 0 : counts.left;
    const curvature = geometry[hemisphere]?.curvature;
    const shades = Uint8Array.from({ length: counts[hemisphere] }, (_, v) => {
      const code = codes[first + v]!;
      if (code) return stepOf(code);
      return Math.round((0.5 + 0.5 * Math.tanh((curvature?.[v] ?? 0) * 9)) * (nGreys - 1));
    });
    return {
      type: 'mesh3d',
      name: hemisphere,
      ...packSurface(surface, shifts[hemisphere]),
      intensity: packTyped(faceCodes(surface.faces, shades)),
      intensitymode: 'cell',
      cmin: -0.5,
      cmax: steps.length - 0.5,
      colorscale: scale,
      showscale: false,
      hoverinfo: 'skip',
      flatshading: false,
      lighting: { ambient: 0.93, diffuse: 0.42, specular: 0.03, roughness: 0.9, fresnel: 0.02 },
      lightposition: { x: 0, y: -40_000, z: 60_000 },
    };
  });
  return makeFigure(
    [...meshes, ...legend],
    {
      title: '',
      description: `Masks on the ${name} surface: ${words}.`,
      height: 460,
      margin: { l: 0, r: 150, t: 4, b: 44 },
      layout: {
        xaxis: { visible: false },
        yaxis: { visible: false },
        scene: {
          aspectmode: 'manual',
          aspectratio: aspect(surfaces, shifts),
          camera,
          dragmode: 'orbit',
          domain: { x: [0, 1], y: [0, 1] },
        },
        ...{ ...layout, legend: { ...(layout['legend'] as object), x: 1.01, y: 1 } },
        updatemenus: [
          {
            ...{
              type: 'buttons',
              direction: 'right',
              showactive: false,
              x: 0.5,
              xanchor: 'center',
              y: -0.01,
            },
            ...{
              yanchor: 'top',
              pad: { t: 4 },
              bgcolor: 'rgba(128,136,148,0.14)',
              borderwidth: 0,
              font: { size: 11 * scaleOf(options) },
            },
            buttons: Object.entries(cameras).map(([label, view]) => ({
              ...{ label, method: 'relayout', args: [{ 'scene.camera': view }] },
            })),
          },
        ],
      },
    },
    options,
  );
}

/** The surfaces' own proportions, as large as a scene seen from outside holds. */
function aspect(surfaces: ReturnType<typeof surfacesOf>, shifts: Record<'left' | 'right', number>) {
  const extent = [0, 1, 2].map((axis) => {
    let [low, high] = [Infinity, -Infinity];
    for (const { hemisphere, surface } of surfaces) {
      for (let i = axis; i < surface.vertices.length; i += 3) {
        const value = surface.vertices[i]! + (axis === 0 ? shifts[hemisphere] : 0);
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    return high - low || 1;
  });
  const scale = 2.1 / Math.max(...extent);
  return { x: extent[0]! * scale, y: extent[1]! * scale, z: extent[2]! * scale };
}

/** Coordinates as 16-bit hundredths of a millimetre, corners as the smallest integers that hold them. */
function packSurface({ vertices, faces }: Surface, shiftX: number): Record<string, unknown> {
  const nVertices = vertices.length / 3;
  const axis = (k: number) =>
    packTyped(
      Int16Array.from({ length: nVertices }, (_, v) =>
        Math.round(100 * (vertices[3 * v + k]! + (k ? 0 : shiftX))),
      ),
    );
  const corner = (k: number) => {
    const list = Int32Array.from({ length: faces.length / 3 }, (_, f) => faces[3 * f + k]!);
    return packTyped(nVertices <= 65_536 ? Uint16Array.from(list) : list);
  };
  return { x: axis(0), y: axis(1), z: axis(2), i: corner(0), j: corner(1), k: corner(2) };
}

/** Of each face's three corners the code that two share, else the first's. */
function faceCodes(faces: Int32Array, codes: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: faces.length / 3 }, (_, f) => {
    const [a, b, c] = [codes[faces[3 * f]!]!, codes[faces[3 * f + 1]!]!, codes[faces[3 * f + 2]!]!];
    return b === c ? b : a;
  });
}
