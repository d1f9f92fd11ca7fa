import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError, InputError } from '../util/errors.js';

/** Options of {@link findNsd}. */
export interface FindNsdOptions {
  /** Version of the betas. Defaults to `betas_fithrf_GLMdenoise_RR`, the paper's. */
  betas?: string;
  /** Functional space. Defaults to `func1pt8mm`. */
  space?: string;
  /** Which file to take where a session has both. Defaults to `hdf5`. */
  prefer?: 'hdf5' | 'nifti';
}

/** One session's betas. */
export interface NsdSessionFile {
  readonly session: number;
  readonly path: string;
  readonly format: 'hdf5' | 'nifti';
}

/** The files of one participant that lie in the given folders; what is not there is absent. */
export interface NsdFiles {
  /** The release's own name: `subj01`. */
  readonly participant: string;
  readonly responses: string;
  /** By session, ascending. */
  readonly sessions: readonly NsdSessionFile[];
  /** NSD's own noise-ceiling signal-to-noise ratio. */
  readonly ncsnr?: string;
  readonly brainMask?: string;
  /** ROI volumes by name: `prf-visualrois`, `lh.prf-visualrois`, `nsdgeneral`, … */
  readonly rois: ReadonlyMap<string, string>;
  /** Colour tables by ROI name, without hemisphere. */
  readonly colourTables: ReadonlyMap<string, string>;
  readonly stimulusInfo?: string;
  readonly design?: string;
  /** Transform files by name: `lh.func1pt8-to-layerB1.mgz`. */
  readonly transforms: ReadonlyMap<string, string>;
  /** Surfaces and vertex data by name: `lh.white`, `rh.inflated`. */
  readonly surfaces: ReadonlyMap<string, string>;
}

/**
 * Finds one participant's files in folders laid out as the NSD release is (`nsddata/…`, `nsddata_betas/…`), each file
 * in the first folder that has it.
 *
 * @param folders roots of the release, or of parts of it
 * @param participant `subj01` (or `sub-01`)
 * @throws InputError for a name that is not NSD's; FileError if responses or betas are in none of the folders
 */
export async function findNsd(
  folders: readonly string[],
  participant: string,
  options: FindNsdOptions = {},
): Promise<NsdFiles> {
  const { betas = 'betas_fithrf_GLMdenoise_RR', space = 'func1pt8mm', prefer = 'hdf5' } = options;
  const subject = nsdName(participant);
  const find = (path: string) => folders.map((folder) => join(folder, path)).find((full) => existsSync(full));
  const own = `nsddata/ppdata/${subject}`;
  const fetch = `fetch it: sdc fetch nsd --participants ${subject}`;
  const among = folders.join(', ');
  const responses = find(`${own}/behav/responses.tsv`);
  if (!responses) throw new FileError(`${own}/behav/responses.tsv`, `is missing in ${among}`, fetch);

  const betasFolder = `nsddata_betas/ppdata/${subject}/${space}/${betas}`;
  const bySession = new Map<number, NsdSessionFile>();
  for (const [name, path] of await listed(folders, betasFolder)) {
    const found = /^betas_session(\d+)\.(hdf5|nii\.gz|nii)$/.exec(name);
    if (!found) continue;
    const session = Number(found[1]);
    const format = found[2] === 'hdf5' ? 'hdf5' : 'nifti';
    if (!bySession.has(session) || format === prefer) bySession.set(session, { session, path, format });
  }
  if (bySession.size === 0) {
    throw new FileError(`${betasFolder}/betas_session01.hdf5`, `and its like are missing in ${among}`, fetch);
  }
  const volumes = await listed(folders, `${own}/${space}/roi`);
  const tables = [
    ...(await listed(folders, 'nsddata/freesurfer/fsaverage/label')),
    ...(await listed(folders, `nsddata/freesurfer/${subject}/label`)),
  ].filter(([name]) => name.endsWith('.ctab'));
  return {
    participant: subject,
    responses,
    sessions: [...bySession.values()].sort((a, b) => a.session - b.session),
    ncsnr: find(`${betasFolder}/ncsnr.nii.gz`),
    brainMask: find(`${own}/${space}/brainmask.nii.gz`),
    rois: new Map(
      volumes.flatMap(([name, path]) =>
        /\.nii(\.gz)?$/.test(name) ? [[name.replace(/\.nii(\.gz)?$/, ''), path]] : [],
      ),
    ),
    colourTables: new Map(
      tables.map(([name, path]) => [name.replace(/^[lr]h\./, '').replace(/(\.mgz)?\.ctab$/, ''), path]),
    ),
    stimulusInfo: find('nsddata/experiments/nsd/nsd_stim_info_merged.csv'),
    design: find('nsddata/experiments/nsd/nsd_expdesign.mat'),
    transforms: new Map(await listed(folders, `${own}/transforms`)),
    surfaces: new Map(await listed(folders, `nsddata/freesurfer/${subject}/surf`)),
  };
}

/** `subj01` for `subj01`, `sub-01`, `1`. */
export function nsdName(participant: string): string {
  const found = /^(?:subj|sub-)?0*([1-8])$/.exec(participant);
  if (!found) throw new InputError('participant', participant, 'subj01 … subj08, NSD’s participants');
  return `subj0${found[1]}`;
}

/** Files of a folder of the release, by name, ascending; earlier roots win. */
async function listed(folders: readonly string[], path: string): Promise<[name: string, path: string][]> {
  const files = new Map<string, string>();
  for (const folder of [...folders].reverse()) {
    const full = join(folder, path);
    if (!existsSync(full)) continue;
    for (const name of await readdir(full)) files.set(name, join(full, name));
  }
  return [...files].sort(([a], [b]) => (a < b ? -1 : 1));
}
