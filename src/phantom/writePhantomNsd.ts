import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeHdf5, writeNifti, writeTable } from '../data/index.js';
import { InputError, throwIfAborted } from '../util/errors.js';
import type { WorkOptions } from '../util/progress.js';
import type { Phantom, PhantomParticipant } from './types.js';

/** Options of {@link writePhantomNsd}. */
export interface PhantomNsdOptions extends WorkOptions {
  /** Format of the sessions' betas. Default `hdf5`. */
  betas?: 'hdf5' | 'nifti' | 'both';
  /** Trials made and written at a time. Default 25. */
  blockTrials?: number;
}

/**
 * Writes a phantom in the layout of the NSD release, for `prepareNsd` and `sdc init nsd` to read: betas by session
 * as int16 (300 · percent; HDF5 dataset `betas`, trials × Z × Y × X, and/or `.nii.gz`, X × Y × Z × trials),
 * `responses.tsv` (73KID is the picture's row + 1), `nsd_stim_info_merged.csv`, brain mask, ROI volumes of both and
 * of each hemisphere (−1 outside it) with their colour tables. There is no `nsd_expdesign.mat`.
 *
 * Voxels outside the ribbon are 0. One session of ribbon voxels and `blockTrials` volumes are in memory.
 *
 * @throws InputError for more than 8 participants, the names that NSD has
 */
export async function writePhantomNsd(
  folder: string,
  phantom: Phantom,
  options: PhantomNsdOptions = {},
): Promise<void> {
  if (phantom.participants.length > 8) {
    throw new InputError('nParticipants', phantom.participants.length, 'at most 8 in NSD’s layout');
  }
  const { stimuli, participants } = phantom;
  const experiment = join(folder, 'nsddata/experiments/nsd');
  await mkdir(experiment, { recursive: true });
  const seen = participants.map(({ trials }) => new Set(trials.stimulus));
  const shared = stimuli.map((_, row) => seen.every((rows) => rows.has(row)));
  await writeTable(join(experiment, 'nsd_stim_info_merged.csv'), {
    cocoId: Int32Array.from(stimuli, (_, row) => 100_000 + row),
    cocoSplit: stimuli.map(() => 'train2017'),
    nsdId: Int32Array.from(stimuli.keys()),
    shared1000: shared.map((is) => (is ? 'True' : 'False')),
  });
  for (const [index, participant] of participants.entries()) {
    const subject = `subj${String(index + 1).padStart(2, '0')}`;
    const own = join(folder, 'nsddata/ppdata', subject);
    await writeResponses(join(own, 'behav/responses.tsv'), participant, index);
    await writeRegions(folder, join(own, 'func1pt8mm'), subject, participant);
    const betas = join(folder, 'nsddata_betas/ppdata', subject, 'func1pt8mm/betas_fithrf_GLMdenoise_RR');
    await writeSessions(betas, participant, options);
    options.onProgress?.({ label: 'writing NSD layout', done: index + 1, total: participants.length });
  }
}

async function writeSessions(
  folder: string,
  participant: PhantomParticipant,
  options: PhantomNsdOptions,
): Promise<void> {
  const { betas = 'hdf5', blockTrials = 25, signal } = options;
  const { session } = participant.trials;
  const [nx, ny, nz] = participant.volume.shape;
  for (const number of [...new Set(session)]) {
    throwIfAborted(signal, 'writing NSD layout');
    const start = session.indexOf(number);
    const end = session.lastIndexOf(number) + 1;
    const path = join(folder, `betas_session${String(number).padStart(2, '0')}`);
    const volumes = () => volumesOf(participant, start, end, blockTrials);
    if (betas !== 'nifti') {
      await writeHdf5(`${path}.hdf5`, volumes(), { name: 'betas', shape: [end - start, nz, ny, nx] });
    }
    if (betas !== 'hdf5') {
      const dims = [nx, ny, nz, end - start];
      await writeNifti(`${path}.nii.gz`, volumes(), {
        dims,
        affine: participant.volume.affine,
        type: 'int16',
      });
    }
  }
}

/** Trials as volumes, x fastest, some at a time: C order of (trial, z, y, x). */
async function* volumesOf(
  participant: PhantomParticipant,
  start: number,
  end: number,
  step: number,
): AsyncGenerator<Int16Array> {
  const { betas, volume } = participant;
  const places = placesOf(participant);
  const nVolume = volume.shape[0] * volume.shape[1] * volume.shape[2];
  for (let row = start; row < end; row += step) {
    const last = Math.min(end, row + step);
    const values = await betas.readRows(row, last);
    const out = new Int16Array((last - row) * nVolume);
    for (let t = 0; t < last - row; t++) {
      for (let v = 0; v < places.length; v++) {
        out[t * nVolume + places[v]!] = Math.round(300 * values[t * places.length + v]!);
      }
    }
    yield out;
  }
}

/** Place of each voxel in its volume, x fastest. */
function placesOf({ voxels, volume }: PhantomParticipant): Int32Array {
  const [nx, ny] = volume.shape;
  const ijk = voxels.ijk!;
  return Int32Array.from(
    { length: voxels.nVoxels },
    (_, v) => ijk[3 * v]! + nx * (ijk[3 * v + 1]! + ny * ijk[3 * v + 2]!),
  );
}

async function writeResponses(path: string, { trials }: PhantomParticipant, index: number): Promise<void> {
  const { nTrials, session, run, stimulus, repetition } = trials;
  const own = new Map([...new Set(stimulus)].sort((a, b) => a - b).map((row, place) => [row, place + 1]));
  let [lastRun, trial] = [0, 0];
  const place = Int32Array.from(session, (number, t) => {
    trial = number * 100 + run[t]! === lastRun ? trial + 1 : 1;
    lastRun = number * 100 + run[t]!;
    return trial;
  });
  const unknown = new Array<null>(nTrials).fill(null);
  await writeTable(path, {
    SUBJECT: new Int32Array(nTrials).fill(index + 1),
    SESSION: session,
    RUN: run,
    TRIAL: place,
    '73KID': stimulus.map((row) => row + 1),
    '10KID': stimulus.map((row) => own.get(row)!),
    TIME: unknown,
    ISOLD: repetition.map((earlier) => (earlier > 0 ? 1 : 0)),
    ISCORRECT: unknown,
    RT: unknown,
    CHANGEMIND: unknown,
    MEMORYRECENT: unknown,
    MEMORYFIRST: unknown,
    ISOLDCURRENT: unknown,
    ISCORRECTCURRENT: unknown,
    TOTAL1: unknown,
    TOTAL2: unknown,
    BUTTON: unknown,
    MISSINGDATA: new Int32Array(nTrials),
  });
}

async function writeRegions(
  folder: string,
  space: string,
  subject: string,
  participant: PhantomParticipant,
): Promise<void> {
  const { volume, voxels } = participant;
  const places = placesOf(participant);
  const [nx, ny, nz] = volume.shape;
  const write = (name: string, keyOf: (v: number) => number, outside = 0) => {
    const data = new Int16Array(nx * ny * nz).fill(outside);
    places.forEach((place, v) => {
      data[place] = keyOf(v);
    });
    return writeNifti(join(space, `${name}.nii.gz`), data, { dims: [nx, ny, nz], affine: volume.affine });
  };
  await write('brainmask', () => 1);
  await write('roi/nsdgeneral', () => 1);
  for (const [system, regions] of Object.entries(voxels.rois)) {
    const { names } = participant.surfaces.left.regions[system]!;
    const keys = new Map([...names].map(([key, name]) => [name, key]));
    const keyOf = (v: number) => keys.get(regions[v]!) ?? 0;
    await write(`roi/${system}`, keyOf);
    for (const side of ['left', 'right'] as const) {
      await write(
        `roi/${side === 'left' ? 'lh' : 'rh'}.${system}`,
        (v) => (voxels.hemisphere![v] === side ? keyOf(v) : -1),
        -1,
      );
    }
    const table = join(folder, 'nsddata/freesurfer', subject, 'label', `${system}.mgz.ctab`);
    await mkdir(join(table, '..'), { recursive: true });
    const lines = ['0 Unknown', ...[...names].map(([key, name]) => `${key} ${name}`)];
    await writeFile(table, `${lines.join('\n')}\n`);
  }
}
