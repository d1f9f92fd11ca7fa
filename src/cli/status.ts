import { planStudy } from '../workflow/planStudy.js';
import { slurmStatus } from '../workflow/slurm/runOnSlurm.js';
import type { Command } from './command.js';

export const status: Command = {
  name: 'status',
  summary:
    'How far a study has come, on this machine or on Slurm: units done, jobs queued, what failed and its log.',
  usage: 'STUDY',
  options: {},
  describe: {},
  positionals: [1, 1],
  async run({ positionals, print }) {
    const folder = positionals[0]!;
    const { done, pending } = await planStudy(folder);
    const cluster = await slurmStatus(folder);
    print(`${done} units done, ${pending} left`);
    if (cluster) {
      const { submission, queue, stuck } = cluster;
      const states = Object.entries(queue).map(([state, count]) => `${count} ${state.toLowerCase()}`);
      print(`submission ${submission.name} on Slurm: ${states.join(', ') || 'no job left in the queue'}`);
      if (stuck)
        print(
          `stuck after a crash of Slurm's controller; to set it right: sdc run ${folder} --on slurm --wait`,
        );
      if (submission.refused) print(`Slurm took no more at once: ${submission.refused}`);
      for (const [id, reason] of Object.entries(submission.failed)) print(`✗ ${id}: ${reason}`);
      if (pending && states.length === 0) print(`to go on: sdc run ${folder} --on slurm`);
    }
    return { done, pending, slurm: cluster };
  },
};
