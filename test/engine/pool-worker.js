import { serveJobs, Transferred } from '../../dist/engine/pool.js';
import { InputError } from '../../dist/util/errors.js';

let held = 0;

serveJobs({
  double: (numbers) =>
    new Transferred(
      numbers.map((value) => value * 2),
      [numbers.buffer],
    ),
  wait: (ms) => new Promise((resolve) => setTimeout(() => resolve(ms), ms)),
  hold: (value) => {
    held = value;
  },
  held: () => held,
  refuse: () => {
    throw new InputError('eps', -1, 'in (0, 2)');
  },
  crash: () => {
    setTimeout(() => process.exit(3), 20);
  },
  closure: () => () => {},
});
