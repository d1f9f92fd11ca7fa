// A process of unitPool: runs units of one study as it is told, until it is told to end or its parent is gone.
import { dependencies } from '../study/dependencies.js';
import { readStudyConfig, runUnit } from '../study/index.js';
import { isSharedConceptsError } from '../util/errors.js';
import { studyUnits } from './studyUnits.js';
import type { FromWorker, SentError, ToWorker } from './unitPool.js';

const study = process.argv[2]!;
const known = readStudyConfig(study).then(async (config) => {
  const units = await studyUnits(study, config);
  return { units: new Map(units.map((unit) => [unit.id, unit])), upstream: dependencies(units) };
});
let stop = new AbortController();

// Ctrl-C reaches every process of the terminal; the parent says when to stop.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => {
  stop.abort();
  setTimeout(() => process.exit(1), 5000).unref();
});
process.on('message', (message: ToWorker) => {
  if (message === 'stop') stop.abort();
  else if (message === 'end') process.exit(0);
  else void run(message).then((answer) => process.send?.(answer));
});

async function run({ run: id, threads, engine }: Exclude<ToWorker, string>): Promise<FromWorker> {
  stop = new AbortController();
  try {
    const { units, upstream } = await known;
    const options = { threads, engine, signal: stop.signal, upstream: upstream.get(id)! };
    return { record: await runUnit(study, units.get(id)!, options) };
  } catch (error) {
    return { error: sent(error) };
  }
}

function sent(error: unknown): SentError {
  const { message, stack } = error as Error;
  if (isSharedConceptsError(error)) return { tag: error.tag, message, what: error.what, stack };
  return { message, stack: error instanceof Error && 'code' in error ? message : stack };
}
