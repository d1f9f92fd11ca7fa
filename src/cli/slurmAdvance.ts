import { continueOnSlurm } from '../workflow/slurm/runOnSlurm.js';
import type { Command } from './command.js';

export const slurmAdvance: Command = {
  name: 'slurm-advance',
  summary: 'Submits the next level of a study on Slurm; called by the jobs of "sdc run --on slurm".',
  usage: 'STUDY --submission NAME',
  options: { submission: { type: 'string' } },
  describe: { submission: 'name of the submission' },
  positionals: [1, 1],
  async run({ positionals, options, print }) {
    const submission = await continueOnSlurm(positionals[0]!, String(options['submission']));
    print(
      submission.finished ? 'nothing left to submit' : `submitted; ${submission.arrays.length} arrays so far`,
    );
    return submission;
  },
};
