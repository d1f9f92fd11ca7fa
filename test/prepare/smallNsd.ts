import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeHdf5, writeNifti, writeTable } from '../../src/data/index.js';
import { randomStream } from '../../src/util/random.js';

export const dims = [5, 4, 3] as const;
export const nVolume = 60;
export const affine = [1.8, 0, 0, -10, 0, 1.8, 0, -20, 0, 0, 1.8, -30, 0, 0, 0, 1];

/** What was written for one participant: stored integers by session, and what was seen when. */
export interface SmallParticipant {
  name: string;
  /** Stored betas, trials × volume, all sessions in order. */
  stored: Int16Array;
  session: number[];
  image: number[];
}

export interface SmallNsdOptions {
  format: 'hdf5' | 'nifti';
  participants?: string[];
  nSessions?: number;
  perSession?: number;
  /** Changes the stored betas of the trials it is true for. */
  disturb?: (image: number, session: number) => boolean;
}

/**
 * A release in small: each participant sees 20 images, half of them everybody's, three times over 6 sessions of 10
 * trials. Voxels of the first half of the volume answer to the image, the others are noise; voxel 7 is constant.
 */
export async function writeSmallNsd(root: string, options: SmallNsdOptions): Promise<SmallParticipant[]> {
  const { format, participants = ['subj01', 'subj02'], nSessions = 6, perSession = 10 } = options;
  const made: SmallParticipant[] = [];
  for (const [p, name] of participants.entries()) {
    const random = randomStream(7, 'small-nsd', name);
    const pictures = Array.from({ length: 20 }, (_, i) => (i < 10 ? 101 + 7 * i : 1000 * (p + 1) + i));
    const image = random.shuffle([...pictures, ...pictures, ...pictures]).slice(0, nSessions * perSession);
    const tuning = random.normals(new Float32Array(nVolume * 20));
    const stored = new Int16Array(image.length * nVolume);
    image.forEach((id, t) => {
      const session = 1 + Math.floor(t / perSession);
      for (let v = 0; v < nVolume; v++) {
        const signal = v < nVolume / 2 ? 1.5 * tuning[v * 20 + pictures.indexOf(id)]! : 0;
        const noise = random.normal();
        const drift = 0.5 * session;
        stored[t * nVolume + v] = v === 7 ? 300 : Math.round(300 * (signal + noise + drift));
        if (v !== 7 && options.disturb?.(id, session)) stored[t * nVolume + v]! += 1000 + 37 * v + t;
      }
    });
    const session = image.map((_, t) => 1 + Math.floor(t / perSession));
    made.push({ name, stored, session, image });

    const own = join(root, 'nsddata/ppdata', name);
    mkdirSync(join(own, 'behav'), { recursive: true });
    mkdirSync(join(own, 'func1pt8mm/roi'), { recursive: true });
    await writeTable(join(own, 'behav/responses.tsv'), {
      ...{ SUBJECT: image.map(() => p + 1), SESSION: session },
      RUN: image.map((_, t) => 1 + Math.floor((t % perSession) / 5)),
      TRIAL: image.map((_, t) => 1 + (t % 5)),
      '73KID': image,
      RT: image.map((_, t) => (t % 4 ? 700.5 + t : Number.NaN)),
    });
    const betas = join(root, 'nsddata_betas/ppdata', name, 'func1pt8mm/betas_fithrf_GLMdenoise_RR');
    for (let s = 0; s < nSessions; s++) {
      const block = stored.slice(s * perSession * nVolume, (s + 1) * perSession * nVolume);
      const file = join(betas, `betas_session${String(s + 1).padStart(2, '0')}`);
      const [nx, ny, nz] = dims;
      if (format === 'hdf5')
        await writeHdf5(`${file}.hdf5`, block, { name: 'betas', shape: [perSession, nz, ny, nx] });
      else await writeNifti(`${file}.nii.gz`, block, { dims: [...dims, perSession], affine });
    }
    const volume = (of: (v: number) => number) => Float32Array.from({ length: nVolume }, (_, v) => of(v));
    const write = (path: string, of: (v: number) => number) => writeNifti(path, volume(of), { dims, affine });
    await write(join(betas, 'ncsnr.nii.gz'), (v) => (v < 30 ? 1 + v / 100 : Number.NaN));
    await write(join(own, 'func1pt8mm/brainmask.nii.gz'), (v) => (v % 2 ? 1 : 0));
    await write(join(own, 'func1pt8mm/roi/prf-visualrois.nii.gz'), (v) =>
      v < 4 ? 1 : v < 9 ? 2 : v < 20 ? 0 : -1,
    );
    await write(join(own, 'func1pt8mm/roi/lh.streams.nii.gz'), (v) => (v < 10 ? 5 : v < 30 ? 0 : -1));
    await write(join(own, 'func1pt8mm/roi/rh.streams.nii.gz'), (v) => (v < 30 ? -1 : v < 40 ? 3 : 0));
    await write(join(own, 'func1pt8mm/roi/nsdgeneral.nii.gz'), (v) => (v < 12 ? 1 : -1));
    const label = join(root, 'nsddata/freesurfer', name, 'label');
    mkdirSync(label, { recursive: true });
    writeFileSync(
      join(label, 'prf-visualrois.mgz.ctab'),
      '0 Unknown 0 0 0 0\n1 V1v 255 0 0 0\n2 V1d 0 255 0 0\n',
    );
  }
  const experiment = join(root, 'nsddata/experiments/nsd');
  mkdirSync(experiment, { recursive: true });
  const ids = Array.from({ length: 3000 }, (_, i) => i);
  await writeTable(join(experiment, 'nsd_stim_info_merged.csv'), {
    ...{
      '': ids,
      cocoId: ids.map((i) => 500_000 + i),
      cocoSplit: ids.map((i) => (i % 2 ? 'train2017' : 'val2017')),
    },
    ...{ nsdId: ids, shared1000: ids.map((i) => (i < 200 ? 'True' : 'False')) },
  });
  return made;
}
