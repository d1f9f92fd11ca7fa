import { cancelOnSlurm } from '../workflow/slurm/runOnSlurm.js';
import type { Command } from './command.js';

export const cancel: Command = {
  name: 'cancel',
  summary: "Cancels a study's jobs on Slurm, by their ids; what is complete stays.",
  usage: 'STUDY',
  options: {},
  describe: {},
  positionals: [1, 1],
  async run({ positionals, print }) {
    const jobs = await cancelOnSlurm(positionals[0]!);
    print(jobs.length ? `cancelled ${jobs.join(', ')}` : 'nothing of this study is in the queue');
    return { jobs };
  },
};
