import type { ThreadTask } from './cpu.js';
import { serveJobs } from './pool.js';
import { productsOf } from './products.js';
import { ShardGroup } from './shards.js';
import type { TrainingState } from './training.js';

let group: ShardGroup;
let opened: ThreadTask;

function publish(sums: readonly Float32Array[]): void {
  for (const [i, sum] of sums.entries()) opened.shared.parts[opened.task.from + i]!.set(sum);
}

serveJobs({
  async open(task: ThreadTask) {
    opened = task;
    group = new ShardGroup(task.task, await productsOf(task.products));
  },
  load: (state: TrainingState) => group.load(state),
  save: (state: TrainingState) => group.save(state),
  prepare: (step: number) => group.prepare(step, opened.shared.betas[step & 1]!),
  forward: async (step: number) => publish(await group.forward(step)),
  update: async ({ step, ahead }: { step: number; ahead: boolean }) =>
    publish(await group.update(step, opened.shared.errors, ahead)),
});
