import { FormatError, InputError } from '../util/errors.js';
import { countRepetitions } from './countRepetitions.js';
import { type FindNsdOptions, findNsd, type NsdFiles, type NsdSessionFile } from './findNsd.js';
import {
  type NsdResponses,
  readNsdDesign,
  readNsdResponses,
  releaseSessions,
  sharedByDesign,
} from './nsdDesign.js';
import { type SplitResult, splitTrials } from './splitTrials.js';
import type { Trials } from './types.js';

/** Options of {@link planNsd}. */
export interface PlanNsdOptions extends FindNsdOptions {
  /** Roots of the release, or of parts of it. */
  from: readonly string[];
  /** Participants of the study, in order: `subj01` or `sub-01`. */
  participants: readonly string[];
  /** Each participant's last sessions that are left out. Defaults to 3, as the paper; 0 keeps all. */
  heldOutSessions?: number;
  /** Only these sessions (before the last ones are held out). Defaults to all that are there. */
  sessions?: readonly number[];
  /** Images held out for testing; default min(1,000, ⌊n₃ / 4⌋), n₃ the images with three kept repetitions. */
  testImages?: number;
  /** Images held out for validation; default as for testing. */
  validationImages?: number;
  /** Showings that make an image whole. Defaults to 3. */
  repetitions?: number;
  /** Master seed. Defaults to 0. */
  seed?: number;
}

/** What will be prepared of one participant. */
export interface NsdParticipantPlan {
  readonly files: NsdFiles;
  /** Folder name in a study: `sub-01`. */
  readonly name: string;
  /** Sessions kept, ascending. */
  readonly sessions: readonly NsdSessionFile[];
  readonly heldOut: readonly number[];
  /** Trials kept, in the order of `responses.tsv`; `extra` has `image` (1-based, of 73,000) and `trial`. */
  readonly trials: Trials;
  readonly counts: SplitResult['counts'];
}

/** A study on NSD before any betas are read: who, which sessions, which trials, which images. */
export interface NsdPlan {
  readonly participants: readonly NsdParticipantPlan[];
  /** Every image shown in a kept trial, 1-based of 73,000, ascending: the rows of the study's stimuli. */
  readonly images: Int32Array;
  /** Images that every participant saw in full, tested on first. */
  readonly shared: Int32Array;
  /** Where `shared` comes from. */
  readonly sharedFrom: 'design' | 'participants';
}

/** What the release gives with 3 sessions held out, by number of sessions: images seen three times, training trials. */
const releaseCounts: Record<number, { repeated: number; train: number }> = {
  40: { repeated: 8420, train: 21_750 },
  32: { repeated: 5081, train: 15_750 },
  30: { repeated: 4424, train: 14_250 },
};

/**
 * Reads who saw what and when, and divides trials into training, validation and test (see splitTrials). Reads no
 * betas: it is quick, and the same for one participant as for all, as long as the design is there.
 *
 * Sessions are those that both `responses.tsv` and a file of betas have; the held-out ones are the last of these.
 * Shared images come from `nsd_expdesign.mat` where it is found (all eight participants of the release, whoever is
 * in the study), else from the participants of the study.
 *
 * @throws FileError, FormatError, InputError; FormatError too if the whole release is there and its counts are not
 *   the known ones (8,420 / 5,081 / 4,424 repeated images, 413 shared)
 */
export async function planNsd(options: PlanNsdOptions): Promise<NsdPlan> {
  const { heldOutSessions = 3, repetitions = 3, seed = 0 } = options;
  if (options.participants.length === 0) throw new InputError('participants', [], 'at least one');
  if (!Number.isInteger(heldOutSessions) || heldOutSessions < 0) {
    throw new InputError('heldOutSessions', heldOutSessions, 'an integer of at least 0');
  }
  const found = [];
  for (const participant of options.participants) {
    const files = await findNsd(options.from, participant, options);
    found.push({
      files,
      responses: await readNsdResponses(files.responses),
      ...keptSessions(files, options, heldOutSessions),
    });
  }
  const kept = found.map(({ files, responses, kept: sessions, heldOut }) => {
    const both = new Set(responses.session);
    const there = sessions.filter(({ session }) => both.has(session));
    if (there.length === 0)
      throw new FormatError(files.responses, 'has no trial of the sessions that are kept');
    return { files, sessions: there, heldOut, rows: rowsOf(responses, there), responses };
  });

  const design = found[0]!.files.design;
  const shared = design
    ? sharedByDesign(
        await readNsdDesign(design),
        releaseSessions.map((n) => Math.max(0, n - heldOutSessions)),
        750,
        repetitions,
      )
    : sharedByAll(
        kept.map(({ responses, rows }) => rows.map((row) => responses.image[row]!)),
        repetitions,
      );
  const images = Int32Array.from(
    new Set(kept.flatMap(({ responses, rows }) => Array.from(rows, (row) => responses.image[row]!))),
  ).sort();
  const rowOfImage = new Map(Array.from(images, (image, row) => [image, row]));

  const participants = kept.map(({ files, sessions, heldOut, rows, responses }): NsdParticipantPlan => {
    const name = files.participant.replace('subj', 'sub-');
    const image = rows.map((row) => responses.image[row]!);
    const { testImages, validationImages } = options;
    const { split, counts } = splitTrials(image, {
      ...{ testImages, validationImages, repetitions, shared, seed, participant: name },
    });
    const trials: Trials = {
      nTrials: rows.length,
      stimulus: image.map((id) => rowOfImage.get(id)!),
      session: rows.map((row) => responses.session[row]!),
      run: rows.map((row) => responses.run[row]!),
      repetition: countRepetitions(image),
      split,
      extra: { image: Array.from(image), trial: Array.from(rows, (row) => responses.trial[row]!) },
    };
    return { files, name, sessions, heldOut, trials, counts };
  });
  const plan: NsdPlan = { participants, images, shared, sharedFrom: design ? 'design' : 'participants' };
  if (heldOutSessions === 3 && repetitions === 3 && !options.sessions) checkReleaseCounts(plan, options);
  return plan;
}

function keptSessions(files: NsdFiles, { sessions }: PlanNsdOptions, heldOutSessions: number) {
  const missing = sessions?.find((session) => !files.sessions.some((file) => file.session === session));
  if (missing !== undefined) {
    throw new InputError(
      'session',
      missing,
      `one with betas: ${files.sessions.map((file) => file.session).join(', ')}`,
    );
  }
  const there = files.sessions.filter(({ session }) => !sessions || sessions.includes(session));
  if (there.length <= heldOutSessions) {
    throw new InputError(
      'heldOutSessions',
      heldOutSessions,
      `less than ${there.length}, the sessions of ${files.participant} that are there`,
      'hold out fewer (0 keeps all), or fetch more sessions',
    );
  }
  const kept = there.slice(0, there.length - heldOutSessions);
  return { kept, heldOut: there.slice(kept.length).map(({ session }) => session) };
}

function rowsOf(responses: NsdResponses, sessions: readonly NsdSessionFile[]): Int32Array {
  const wanted = new Set(sessions.map(({ session }) => session));
  return Int32Array.from(responses.session.keys()).filter((row) => wanted.has(responses.session[row]!));
}

function sharedByAll(images: readonly Int32Array[], repetitions: number): Int32Array {
  const full = images.map((list) => {
    const counts = new Map<number, number>();
    for (const image of list) counts.set(image, (counts.get(image) ?? 0) + 1);
    return new Set([...counts].filter(([, count]) => count === repetitions).map(([image]) => image));
  });
  // Of one participant nothing can be said about what is shared.
  if (full.length < 2) return new Int32Array();
  return Int32Array.from([...full[0]!].filter((image) => full.every((set) => set.has(image)))).sort();
}

function checkReleaseCounts(plan: NsdPlan, options: PlanNsdOptions): void {
  const isDefault = options.testImages === undefined && options.validationImages === undefined;
  for (const { files, trials, sessions, heldOut, counts } of plan.participants) {
    const nSessions = sessions.length + heldOut.length;
    const isWhole =
      nSessions === releaseSessions[Number(files.participant.slice(-1)) - 1] &&
      trials.nTrials === 750 * sessions.length;
    const known = releaseCounts[nSessions];
    if (!isWhole || !known || plan.sharedFrom !== 'design') continue;
    const differs = (what: string, value: number, expected: number) => {
      if (value === expected) return;
      throw new FormatError(
        files.responses,
        `gives ${value} ${what}; the release gives ${expected}`,
        'fetch it again',
      );
    };
    differs('images with 3 kept repetitions', counts.repeatedImages, known.repeated);
    differs('shared images with 3 kept repetitions in all participants', plan.shared.length, 413);
    if (isDefault) differs('training trials', counts.trials.train, known.train);
  }
}
