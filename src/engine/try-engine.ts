import { engineOf } from './engines.js';
import { runTrial } from './tryEngine.js';

runTrial(engineOf(process.argv[2]!)).then((trial) => {
  process.stdout.write(`${JSON.stringify(trial)}\n`, () => process.exit());
});
