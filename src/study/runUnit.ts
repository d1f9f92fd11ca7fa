import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { availableParallelism, hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { FileError, FormatError } from '../util/errors.js';
import type { WorkOptions } from '../util/progress.js';
import { isAlive } from './lock.js';
import { type FileStamp, readRecord, stampFile, type UnitRecord } from './record.js';
import type { Unit } from './unit.js';
import { parametersHash } from './unitState.js';
import { packageVersion } from './version.js';

export interface RunUnitOptions extends WorkOptions {
  /** Default: all cores. */
  threads?: number;
  /** Where the arithmetic runs; default the fastest that works here (`SDC_ENGINE` overrides). */
  engine?: string;
  /** Units that make this one's inputs: an input that is no longer what its unit wrote is refused. Default none. */
  upstream?: readonly Unit[];
}

/**
 * Runs one unit whatever its state, and writes its outputs and record: in a staging folder first, under their names
 * only when all are complete, the record last. Inputs are read once more to be hashed.
 *
 * @throws FileError if an input is missing; FormatError if an input is not, byte for byte, what the unit of `upstream`
 *   that made it recorded (changed, cut or damaged since); whatever the unit throws
 */
export async function runUnit(folder: string, unit: Unit, options: RunUnitOptions = {}): Promise<UnitRecord> {
  const started = new Date();
  const clock = performance.now();
  const staging = join(folder, '.staging', stagingName(unit));
  const scratch = join(folder, '.scratch', `${unit.id.replaceAll('/', '_')}-${parametersHash(unit)}`);
  const threads = options.threads ?? availableParallelism();
  const inputs = await stampInputs(folder, unit);
  for (const maker of options.upstream ?? []) await checkOutputsOf(folder, maker, inputs);
  await rm(staging, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  try {
    for (const path of [...unit.outputs, unit.record])
      await mkdir(dirname(join(staging, path)), { recursive: true });
    const result = await unit.run({
      input: (path) => resolve(folder, path),
      output: (path) => join(staging, path),
      scratch: (name) => join(scratch, name),
      ...{ threads, engine: options.engine, signal: options.signal, onProgress: options.onProgress },
    });
    await rm(join(folder, unit.record), { force: true });
    for (const path of unit.outputs) await moveInto(join(staging, path), join(folder, path), unit);
    const outputs: Record<string, FileStamp> = {};
    for (const path of unit.outputs) outputs[path] = (await stampFile(join(folder, path)))!;
    const record: UnitRecord = {
      ...{ unit: unit.id, parameters: unit.parameters, inputs, outputs },
      ...(result ? { result } : {}),
      versions: { 'shared-concepts': await packageVersion(), node: process.versions.node },
      started: started.toISOString(),
      seconds: (performance.now() - clock) / 1000,
      ...{ threads, host: hostname() },
    };
    await writeFile(join(staging, unit.record), `${JSON.stringify(record, null, 2)}\n`);
    await rename(join(staging, unit.record), join(folder, unit.record));
    await rm(scratch, { recursive: true, force: true });
    return record;
  } finally {
    await rm(staging, { recursive: true, force: true });
    await rmdirIfEmpty(scratch);
    for (const name of ['.staging', '.scratch']) await rmdirIfEmpty(join(folder, name));
  }
}

async function stampInputs(folder: string, unit: Unit): Promise<Record<string, FileStamp>> {
  const inputs: Record<string, FileStamp> = {};
  for (const path of unit.inputs) {
    const stamp = await stampFile(resolve(folder, path));
    if (!stamp) {
      const problem = `is missing and ${unit.id} needs it`;
      throw new FileError(resolve(folder, path), problem, 'run the earlier stages');
    }
    inputs[path] = stamp;
  }
  return inputs;
}

async function checkOutputsOf(folder: string, maker: Unit, inputs: Record<string, FileStamp>): Promise<void> {
  const record = await readRecord(join(folder, maker.record));
  for (const [path, { sha256 }] of Object.entries(record?.outputs ?? {})) {
    const found = inputs[path];
    if (found && found.sha256 !== sha256)
      throw new FormatError(resolve(folder, path), `is not what ${maker.id} wrote`, 'run that unit again');
  }
}

async function moveInto(from: string, to: string, unit: Unit): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  if (!existsSync(from)) throw new FormatError(unit.id, `did not write ${to}`);
  await rm(to, { recursive: true, force: true });
  await rename(from, to);
}

function stagingName(unit: Unit): string {
  return `${process.pid}@${hostname()}@${encodeURIComponent(unit.id)}`;
}

/**
 * Removes the staging folders of this host's processes that are gone; and, whatever the host, those of units that the
 * caller knows to run nowhere.
 */
export async function removeDeadStaging(
  folder: string,
  runsNowhere: (unit: string) => boolean = () => false,
): Promise<void> {
  const staging = join(folder, '.staging');
  for (const name of await readdir(staging).catch(() => [])) {
    const [pid, host, unit] = name.split('@');
    const dead =
      (host === hostname() && !isAlive(Number(pid))) || runsNowhere(decodeURIComponent(unit ?? ''));
    if (dead) await rm(join(staging, name), { recursive: true, force: true });
  }
  await rmdirIfEmpty(staging);
}

async function rmdirIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(() => undefined);
}
