import { readMat } from '../data/mat.js';
import { type Column, readColumns } from '../data/table.js';
import { FormatError } from '../util/errors.js';

/** The trials of one participant as `responses.tsv` has them, in its order. */
export interface NsdResponses {
  readonly session: Int32Array;
  readonly run: Int32Array;
  readonly trial: Int32Array;
  /** 1-based number of the image among the 73,000. */
  readonly image: Int32Array;
}

/** Sessions of each participant in the full release. */
export const releaseSessions = [40, 40, 32, 30, 40, 32, 40, 30] as const;

/** Reads `behav/responses.tsv`; its rows must be in order of session. */
export async function readNsdResponses(path: string): Promise<NsdResponses> {
  const columns = await readColumns(path);
  const integers = (name: string, least: number): Int32Array => {
    const column = columns[name];
    if (!column) throw new FormatError(path, `has no column ${name}`);
    for (let row = 0; row < column.length; row++) {
      const value = column[row];
      if (typeof value !== 'number' || !Number.isInteger(value) || value < least) {
        throw new FormatError(
          path,
          `${name} of row ${row + 1} is ${JSON.stringify(value)}`,
          `it must be an integer from ${least}`,
        );
      }
    }
    return Int32Array.from(column as ArrayLike<number>);
  };
  const session = integers('SESSION', 1);
  const back = session.findIndex((value, row) => row > 0 && value < session[row - 1]!);
  if (back >= 0) throw new FormatError(path, `row ${back + 1} goes back to session ${session[back]}`);
  return { session, run: integers('RUN', 1), trial: integers('TRIAL', 1), image: integers('73KID', 1) };
}

/** The experiment's design, from `nsd_expdesign.mat`. */
export interface NsdDesign {
  /** For each trial of the full experiment, the 1-based place of its image in the participant's list of images. */
  readonly order: Int32Array;
  /** Participants × images: 1-based number among the 73,000 of each place in each participant's list. */
  readonly images: readonly Int32Array[];
  /** The images all participants were to see, 1-based among the 73,000. */
  readonly shared: Int32Array;
}

/** Reads `nsd_expdesign.mat`: variables `masterordering`, `subjectim`, `sharedix`. */
export async function readNsdDesign(path: string): Promise<NsdDesign> {
  const variables = await readMat(path, { variables: ['masterordering', 'subjectim', 'sharedix'] });
  const numbers = (name: string) => {
    const value = variables.get(name);
    if (value?.kind !== 'numeric') throw new FormatError(path, `has no array ${name}`);
    return { data: Int32Array.from(value.data as Float64Array, Number), shape: value.shape };
  };
  const { data, shape } = numbers('subjectim');
  const nImages = shape[1]!;
  const images = Array.from({ length: shape[0]! }, (_, p) => data.slice(p * nImages, (p + 1) * nImages));
  const order = numbers('masterordering').data;
  const outside = order.findIndex((place) => place < 1 || place > nImages);
  if (outside >= 0)
    throw new FormatError(
      path,
      `masterordering ${outside + 1} is ${order[outside]}; there are ${nImages} images`,
    );
  return { order, images, shared: numbers('sharedix').data };
}

/**
 * The shared images that every participant of the release has seen in full, from the design alone: those with
 * `repetitions` showings among the first `sessions[p]` · 750 trials of each participant p.
 */
export function sharedByDesign(
  design: NsdDesign,
  sessions: readonly number[],
  trialsPerSession: number,
  repetitions: number,
): Int32Array {
  const isShared = new Set(design.shared);
  let inAll: Set<number> | undefined;
  for (const [participant, images] of design.images.entries()) {
    const counts = new Map<number, number>();
    const nTrials = Math.min(design.order.length, sessions[participant]! * trialsPerSession);
    for (let t = 0; t < nTrials; t++) {
      const image = images[design.order[t]! - 1]!;
      if (isShared.has(image)) counts.set(image, (counts.get(image) ?? 0) + 1);
    }
    const full = [...counts].filter(([, count]) => count === repetitions).map(([image]) => image);
    inAll = new Set(inAll ? full.filter((image) => inAll!.has(image)) : full);
  }
  return Int32Array.from(inAll ?? []).sort();
}

/** The images of the experiment and what they are in COCO. */
export interface NsdStimuli {
  /** 1-based number among the 73,000, ascending. */
  readonly image: Int32Array;
  readonly cocoId: Int32Array;
  readonly cocoSplit: readonly string[];
  /** Whether the image is one of the shared 1,000. */
  readonly isShared: Uint8Array;
}

/**
 * Reads `nsd_stim_info_merged.csv`, which numbers images from 0 (`nsdId`); here they are numbered from 1, as
 * `responses.tsv` does.
 */
export async function readNsdStimuli(path: string): Promise<NsdStimuli> {
  const columns = await readColumns(path);
  const column = (name: string): Column => {
    const found = columns[name];
    if (!found) throw new FormatError(path, `has no column ${name}`);
    return found;
  };
  const ids = Int32Array.from(column('nsdId') as ArrayLike<number>, (id) => id + 1);
  const wrong = ids.findIndex((id, row) => !(id > (ids[row - 1] ?? 0)));
  if (wrong >= 0) throw new FormatError(path, `nsdId of row ${wrong + 1} does not follow the one before`);
  return {
    image: ids,
    cocoId: Int32Array.from(column('cocoId') as ArrayLike<number>),
    cocoSplit: Array.from(column('cocoSplit'), String),
    isShared: Uint8Array.from(column('shared1000') as ArrayLike<unknown>, (value) =>
      /^(true|1)$/i.test(String(value)) ? 1 : 0,
    ),
  };
}
