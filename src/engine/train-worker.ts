import type { ThreadTask } from './cpu.js';
import { serveJobs } from './pool.js';
import { productsOf } from './products.js';
import { ShardGroup } from './shards.js';
import type { TrainingState } from './training.js';

let group: ShardGroup;
let opened: ThreadTask;

serveJobs({
  async open(task: ThreadTask) {
    opened = task;
    group = new ShardGroup(task.task, await productsOf(task.products));
  },
  load: (state: TrainingState) => group.load(state),
  save: (state: TrainingState) => group.save(state),
  prepare: (step: number) => group.prepare(step, opened.shared.betas[step & 1]!),
  async forward(step: number) {
    await group.forward(step);
    group.publish(opened.shared.parts);
  },
  async update({ step, ahead }: { step: number; ahead: boolean }) {
    await group.update(step, opened.shared.errors, ahead);
    group.publish(opened.shared.parts);
  },
});
