import { resolve } from 'node:path';
import { type RunSummary, type RunUnitsOptions, readStudyConfig, runUnits } from '../study/index.js';
import { studySummary } from './studySummary.js';
import { studyUnits } from './studyUnits.js';
import { unitPool } from './unitPool.js';

/** What a run of a study did, and its short table. */
export interface StudyRun extends RunSummary {
  /** A few lines: what was found, for the terminal. */
  table: string[];
}

/**
 * Runs or resumes a study: every unit whose record does not match its inputs and parameters, in order. With `jobs` > 1
 * units run side by side in processes of their own; the bytes are the same.
 *
 * @param folder with a study.json
 * @throws FileError, FormatError for a missing or wrong study.json; whatever a stage throws, with what was complete kept
 */
export async function runStudy(folder: string, options: RunUnitsOptions = {}): Promise<StudyRun> {
  const study = resolve(folder);
  const config = await readStudyConfig(study);
  const units = await studyUnits(study, config);
  const pool = (options.jobs ?? 1) > 1 && !options.execute ? unitPool(study) : undefined;
  try {
    const summary = await runUnits(study, units, { ...(pool && { execute: pool.execute }), ...options });
    return { ...summary, table: await studySummary(study, config) };
  } finally {
    await pool?.close();
  }
}
