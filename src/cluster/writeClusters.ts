import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readNpy, writeNpy } from '../data/npy.js';
import { writeTable } from '../data/table.js';
import { writeText } from '../data/writeAtomically.js';
import { type NdArray, ndarray, type TypedArray, toMatrix } from '../util/array.js';
import { FileError, FormatError } from '../util/errors.js';
import { countByParticipant } from './numberClusters.js';
import type { Clusters } from './types.js';

/** What `clusters.json` holds beside whatever the writer adds (times, host, paths, threads). */
interface ClustersRecord {
  eps: number;
  minParticipants: number;
  nClusters: number;
  participants: string[];
}

const fileOf = (kind: string, p: number) => `${kind}-${String(p).padStart(2, '0')}.npy`;
const kinds = ['labels', 'core', 'expanded', 'nearest'] as const;

/**
 * Writes a clustering to a folder: for each participant p, in order, `labels-0p.npy` (int32, −1 noise),
 * `core-0p.npy` (uint8), `expanded-0p.npy` (uint8, nClusters × nVoxels) and `nearest-0p.npy` (float32,
 * nVoxels × nParticipants); `vectors.npy` (float32, nClusters × nDims), `clusters.tsv` and, last, the record
 * `clusters.json`, without which the folder is not whole. Other files of the folder stay.
 *
 * @param record joins the record: what made these clusters, from what, when and where
 * @param participants names for the columns of counts in `clusters.tsv`; default `participant-00` …
 */
export async function writeClusters(
  folder: string,
  clusters: Clusters,
  record: Readonly<Record<string, unknown>> = {},
  participants: readonly string[] = clusters.labels.map(
    (_, p) => `participant-${String(p).padStart(2, '0')}`,
  ),
): Promise<void> {
  await removeOld(folder);
  for (const [p, labels] of clusters.labels.entries()) {
    await writeNpy(join(folder, fileOf('labels', p)), vector(labels));
    await writeNpy(join(folder, fileOf('core', p)), vector(clusters.core[p]!));
    await writeNpy(join(folder, fileOf('expanded', p)), clusters.expanded[p]!);
    await writeNpy(join(folder, fileOf('nearest', p)), clusters.nearest[p]!);
  }
  await writeNpy(join(folder, 'vectors.npy'), clusters.vectors);
  await writeTable(join(folder, 'clusters.tsv'), clusterTable(clusters, participants));
  const { eps, minParticipants, nClusters } = clusters;
  const whole = { eps, minParticipants, nClusters, participants, ...record };
  await writeText(join(folder, 'clusters.json'), `${JSON.stringify(whole, null, 2)}\n`);
}

/** The table of clusters: number, labelled voxels, participants that have any, and each participant's count. */
export function clusterTable(
  clusters: Pick<Clusters, 'nClusters' | 'counts' | 'labels'>,
  participants: readonly string[],
): Record<string, Int32Array> {
  const { nClusters, counts } = clusters;
  const nParticipants = clusters.labels.length;
  const countsOf = (c: number) => counts.data.subarray(c * nParticipants, (c + 1) * nParticipants);
  const each = (value: (c: number) => number) => Int32Array.from({ length: nClusters }, (_, c) => value(c));
  return {
    cluster: each((c) => c),
    size: each((c) => countsOf(c).reduce((a, b) => a + b, 0)),
    participants: each((c) => countsOf(c).filter((count) => count > 0).length),
    ...Object.fromEntries(participants.map((name, p) => [name, each((c) => countsOf(c)[p]!)])),
  };
}

/**
 * Reads what {@link writeClusters} wrote.
 *
 * @throws FileError if the folder has no complete clustering; FormatError where its files disagree
 */
export async function readClusters(folder: string): Promise<Clusters> {
  const record = await readRecord(folder);
  const read = async (
    name: string,
    Kind: new (n: number) => TypedArray,
    ...shape: (number | undefined)[]
  ) => {
    const path = join(folder, name);
    const array = await readNpy(path);
    const fits =
      array.shape.length === shape.length &&
      shape.every((n, axis) => n === undefined || n === array.shape[axis]);
    if (!(array.data instanceof Kind) || !fits) {
      const expected = `${Kind.name} of shape ${shape.map((n) => n ?? 'any').join(' × ')}`;
      throw new FormatError(
        path,
        `is ${array.data.constructor.name} of ${array.shape.join(' × ')}, not ${expected}`,
      );
    }
    return array;
  };
  const nParticipants = record.participants.length;
  const { eps, minParticipants, nClusters } = record;
  const labels: Int32Array[] = [];
  const core: Uint8Array[] = [];
  const expanded: NdArray<Uint8Array>[] = [];
  const nearest = [];
  for (let p = 0; p < nParticipants; p++) {
    const own = (await read(fileOf('labels', p), Int32Array, undefined)).data as Int32Array;
    labels.push(own);
    core.push((await read(fileOf('core', p), Uint8Array, own.length)).data as Uint8Array);
    const mask = await read(fileOf('expanded', p), Uint8Array, nClusters, own.length);
    expanded.push(mask as NdArray<Uint8Array>);
    nearest.push(toMatrix(await read(fileOf('nearest', p), Float32Array, own.length, nParticipants)));
  }
  const vectors = toMatrix(await read('vectors.npy', Float32Array, nClusters, undefined));
  const counts = countByParticipant(labels, nClusters);
  return { eps, minParticipants, nClusters, labels, core, expanded, nearest, vectors, counts };
}

async function readRecord(folder: string): Promise<ClustersRecord> {
  const path = join(folder, 'clusters.json');
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new FileError(path, 'is missing', 'the clustering was not made, or not to its end', cause);
  });
  try {
    const record = JSON.parse(text) as ClustersRecord;
    if (Array.isArray(record.participants) && record.nClusters >= 0 && record.eps > 0) return record;
  } catch (cause) {
    throw new FormatError(path, 'is not JSON', undefined, cause);
  }
  throw new FormatError(path, 'is not the record of a clustering');
}

/** Takes away the record, then files of participants that an earlier clustering may have had. */
async function removeOld(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const ours = new RegExp(`^(${kinds.join('|')})-\\d{2,}\\.npy$`);
  for (const name of ['clusters.json', ...names.filter((name) => ours.test(name))]) {
    await rm(join(folder, name), { force: true });
  }
}

function vector<T extends TypedArray>(data: T): NdArray<T> {
  return ndarray(data, [data.length]);
}
