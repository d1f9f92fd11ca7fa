import { join } from 'node:path';
import { defaultThreads } from '../engine/index.js';
import type { RecoveryScore } from '../phantom/index.js';
import { type RunUnitsOptions, readStudyConfig } from '../study/index.js';
import { initStudy } from './initStudy.js';
import { readJson } from './readJson.js';
import { recoveryFile } from './recoveryUnits.js';
import { runStudy } from './runStudy.js';

export interface DemoOptions extends RunUnitsOptions {
  /** Default small. */
  size?: 'small' | 'workshop' | 'paper';
  /** Default 0. */
  seed?: number;
  /** Units side by side; the bytes are the same for any number. Default: the machine's cores, at most 4. */
  jobs?: number;
}

/** What the demonstration made. */
export interface Demo {
  folder: string;
  report: string;
  /** Planted against found, by kind of voxel vector. */
  recovery: Record<string, RecoveryScore>;
  seconds: number;
}

/**
 * Makes the phantom study in a folder, runs every stage, and compares what was found with what was planted. A second
 * call on the same folder goes on where the first stopped.
 *
 * @throws FileError if the folder holds another study
 */
export async function demo(folder: string, options: DemoOptions = {}): Promise<Demo> {
  const { size = 'small', seed = 0, jobs = Math.min(4, defaultThreads()), ...work } = options;
  await initStudy('phantom', folder, { size, seed });
  const { seconds } = await runStudy(folder, { ...work, jobs });
  const config = await readStudyConfig(folder);
  const recovery: Record<string, RecoveryScore> = {};
  for (const [index, { vectors }] of config.cluster.entries()) {
    recovery[vectors] ??= await readJson<RecoveryScore>(join(folder, recoveryFile(config, index)));
  }
  return { folder, report: join(folder, 'report.html'), recovery, seconds };
}
