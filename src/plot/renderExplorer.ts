import { writeText } from '../data/writeAtomically.js';
import { InputError } from '../util/errors.js';
import { asset } from './assets.js';
import { type CardLike, conceptCardHtml } from './conceptCardHtml.js';
import { escapeHtml, inlineHtml, scriptJson } from './html.js';
import {
  hemispheres,
  joinHemispheres,
  type MapGeometry,
  type SurfaceMask,
  vertexCounts,
} from './maps/geometry.js';
import { labelPlaces } from './maps/labelPlaces.js';
import { cortexImage, outlineImage } from './maps/layers.js';
import { mapSheet } from './maps/mapSheet.js';
import { base64Of } from './pack.js';
import { type PictureSource, pictureUri } from './pictures.js';
import { overlapColour, participantColours } from './theme.js';

/** One concept of the explorer. */
export interface ExplorerConcept {
  /** Name, size, words, regions, measures: what `conceptCard` gathers. */
  readonly card: CardLike;
  /** Mask on the surface and voxels of each participant, in order; a participant without the concept has none. */
  readonly masks: readonly (SurfaceMask | undefined)[];
  readonly nVoxels: readonly number[];
  /** Pictures under headings, by index into the explorer's pictures. */
  readonly pictures?: readonly { readonly heading: string; readonly pictures: readonly number[] }[];
}

/** What {@link renderExplorer} makes a page of. */
export interface Explorer {
  readonly title: string;
  readonly lead?: string;
  readonly participants: readonly string[];
  readonly geometry: MapGeometry;
  readonly concepts: readonly ExplorerConcept[];
  /** Thumbnails, each written once however often it is shown; only those shown are written. */
  readonly pictures?: readonly PictureSource[];
  /** What the pictures show. */
  readonly pictureNames?: readonly string[];
  /** 1 where any participant has data. */
  readonly analysed?: SurfaceMask;
  /** What the masks are, and so what `nVoxels` counts, as a line under the participants: `the clusters' own voxels`. */
  readonly masksAre?: string;
  /** For each participant the picture its voxels are most associated with, by vertex; −1 for none. */
  readonly best?: readonly { readonly left?: Int32Array; readonly right?: Int32Array }[];
}

/**
 * A whole study in one HTML file that needs nothing else and works from `file://`: a list of concepts; the chosen
 * one's card, pictures and words; its map on the flat or the inflated cortex, participants on and off; and what lies
 * under the pointer. Usable by keyboard and by screen readers.
 *
 * Cost: some 3 MB for the cortex at 20,000 vertices, and the thumbnails.
 *
 * @throws InputError for masks or lists that do not fit participants, pictures or surfaces
 */
export function renderExplorer(explorer: Explorer): string {
  const { participants, geometry, concepts, pictures = [] } = explorer;
  const counts = vertexCounts(geometry);
  const views = (['flat', 'inflated'] as const).filter(
    (view) => geometry.left?.[view] ?? geometry.right?.[view],
  );
  if (views.length === 0)
    throw new InputError('geometry', 'without surfaces', 'with a flat or an inflated surface');
  const used = new Map<number, number>();
  const use = (picture: number): number => {
    if (!pictures[picture]) throw new InputError('picture', picture, `in [0, ${pictures.length})`);
    if (!used.has(picture)) used.set(picture, used.size);
    return used.get(picture)!;
  };
  const analysed =
    explorer.analysed && joinHemispheres(explorer.analysed, geometry, (n) => new Uint8Array(n), 'analysed');
  const rois = hemispheres.some((side) => geometry[side]?.rois) ? regionKeys(geometry) : undefined;
  const data = {
    participants,
    colours: participantColours(participants.length),
    overlap: overlapColour,
    masksAre: explorer.masksAre,
    nLeft: counts.left,
    views: views.map((view) => {
      const sheet = mapSheet(geometry, view, 1200);
      return {
        ...{ name: view, width: sheet.width, height: sheet.height, cortex: cortexImage(sheet, analysed) },
        vertex: base64Of(sheet.vertex.map((v) => v + 1)),
        panels: view === 'flat' ? [] : sheet.panels,
        ...(rois && {
          outlines: outlineImage(sheet, rois.keys),
          labels: labelPlaces(sheet, rois.keys, rois.names),
        }),
      };
    }),
    ...(rois && { regions: { keys: base64Of(Uint16Array.from(rois.keys)), names: [...rois.names] } }),
    concepts: concepts.map((concept, c) => {
      for (const [what, list] of [
        ['masks', concept.masks],
        ['nVoxels', concept.nVoxels],
      ] as const) {
        if (list.length !== participants.length) {
          throw new InputError(
            `${what} of concept ${c}`,
            list.length,
            `one a participant, ${participants.length}`,
          );
        }
      }
      return {
        card: searchable(concept.card),
        html: conceptCardHtml(concept.card, { level: 2, pictures: '<div class="pictures"></div>' }),
        nVoxels: concept.nVoxels,
        vertices: concept.masks.map((mask) => base64Of(insideOf(mask, geometry, concept.card.name))),
        pictures: (concept.pictures ?? []).map((row) => ({ ...row, pictures: row.pictures.map(use) })),
      };
    }),
    best: explorer.best?.map((own) =>
      base64Of(
        joinHemispheres(own, geometry, (n) => new Int32Array(n).fill(-1), 'best').map((p) =>
          p < 0 ? 0 : use(p) + 1,
        ),
      ),
    ),
    pictures: [] as string[],
    pictureNames: [] as string[],
  };
  data.pictures = [...used.keys()].map((picture) => pictureUri(pictures[picture]!));
  data.pictureNames = [...used.keys()].map(
    (picture) => explorer.pictureNames?.[picture] ?? `picture ${picture}`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(explorer.title)}</title>
<link rel="icon" href="data:,">
<style>${asset('page.css')}${asset('content.css')}${asset('explorer.css')}</style>
</head>
<body class="explorer">
<header>
<div><h1>${escapeHtml(explorer.title)}</h1>${explorer.lead ? `<p class="lead">${inlineHtml(explorer.lead)}</p>` : ''}</div>
<button type="button" id="theme" aria-pressed="false">Dark</button>
</header>
<main>
<nav aria-label="Concepts">
<label for="search" class="visually-hidden">Search concepts, words and regions</label>
<input id="search" type="search" placeholder="Search concepts, words, regions" autocomplete="off">
<ul id="concepts" role="listbox" aria-label="Concepts" tabindex="0"></ul>
</nav>
<section id="stage" aria-label="Map">
<div class="bar"><div id="views" role="radiogroup" aria-label="Surface"></div>
<fieldset id="participants"><legend class="visually-hidden">Participants</legend></fieldset></div>
<div class="map"><canvas id="map" tabindex="0" role="img"></canvas><div id="tip" hidden></div></div>
<p id="under" aria-live="polite"></p>
</section>
<section id="card" aria-label="Concept" aria-live="polite"></section>
</main>
<footer>Choose a concept with the arrow keys in the list; on the map, arrow keys move the pointer. Keys 1–9 turn participants on and off, <kbd>s</kbd> changes the surface.</footer>
<script type="application/json" id="study">${scriptJson(data)}</script>
<script>${asset('explorer.client.js')}</script>
</body>
</html>
`;
}

/**
 * Writes {@link renderExplorer}'s page to a file.
 *
 * @example await writeExplorer('explorer.html', { title, participants, geometry, concepts })
 */
export async function writeExplorer(path: string, explorer: Explorer): Promise<void> {
  const html = renderExplorer(explorer);
  await writeText(path, html);
}

/** What the list of concepts shows and searches: the card itself is in the page as HTML. */
function searchable({ name, nVoxels, nParticipants, words, oppositeWords, captions, regions }: CardLike) {
  const list = (entries: readonly object[] | undefined, column: string) =>
    entries?.map((entry) => (entry as Record<string, unknown>)[column]);
  const lists = [words, oppositeWords, captions].map((entries) => list(entries, 'word'));
  return { name, nVoxels, nParticipants, words: lists, regions: list(regions, 'region') };
}

/** Vertices inside a mask, of both hemispheres, left first. */
function insideOf(mask: SurfaceMask | undefined, geometry: MapGeometry, name: string): Uint32Array {
  const joined = joinHemispheres(mask ?? {}, geometry, (n) => new Uint8Array(n), `mask of ${name}`);
  const inside: number[] = [];
  joined.forEach((value, v) => {
    if (value) inside.push(v);
  });
  return Uint32Array.from(inside);
}

function regionKeys(geometry: MapGeometry): { keys: Int32Array; names: ReadonlyMap<number, string> } {
  const names = new Map([...(geometry.left?.rois?.names ?? []), ...(geometry.right?.rois?.names ?? [])]);
  const of = (side: 'left' | 'right') => geometry[side]?.rois?.keys.map((key) => (names.has(key) ? key : 0));
  const keys = joinHemispheres(
    { left: of('left'), right: of('right') },
    geometry,
    (n) => new Int32Array(n),
    'rois',
  );
  return { keys, names };
}
