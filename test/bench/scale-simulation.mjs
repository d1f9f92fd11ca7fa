// How a study behaves on clusters that are not here: the units, their dependencies, costs and packing are the product's
// own (dist/); the cluster is simulated. Prints a table; with --json, one line of JSON.
//
//   node test/bench/scale-simulation.mjs [--json] [--size paper] [--seconds 226] [--start 1.2]
//
// Of the times, two are measured: one training of 5,001 steps at NSD's size on two cores (docs/engines.md: 45.1 ms a
// step) and the start of one task (this script, now, on this machine). Units of other kinds take what `sdc plan`
// estimates, which is generous. Assumed: nodes of 16 cores, 8 tasks of 2 cores each, 10 % spread between tasks, one in a
// hundred three times as slow, one in five hundred killed once, and a controller that looks every 5 s and starts
// 50 tasks a second.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const dist = join(dirname(fileURLToPath(import.meta.url)), '../../dist');
const { initStudy, planStudy, randomStream } = await import(join(dist, 'index.js'));
const { dependencies } = await import(join(dist, 'study/dependencies.js'));
const { packUnits } = await import(join(dist, 'workflow/slurm/packUnits.js'));

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    size: { type: 'string', default: 'paper' },
    seconds: { type: 'string' },
    start: { type: 'string' },
  },
});
const runSeconds = Number(values.seconds ?? (45.1e-3 * 5001).toFixed(0));
const startSeconds = Number(values.start ?? measureStart());
const cpus = 2;
const tasksPerNode = 8;
const startsPerSecond = 50;
const cycleSeconds = 5;
const sbatchSeconds = 0.05;
const maxArraySize = 1001;

/** Median time of a process that loads the study's units and finds its unit unknown: a task without its work. */
function measureStart() {
  const folder = mkdtempSync(join(tmpdir(), 'sdc-start-'));
  execFileSync(process.execPath, [join(dist, 'cli.js'), 'init', 'phantom', folder], { stdio: 'ignore' });
  const times = Array.from({ length: 5 }, () => {
    const began = performance.now();
    try {
      execFileSync(process.execPath, [join(dist, 'cli.js'), 'unit', folder, 'none'], { stdio: 'ignore' });
    } catch {
      // exits 2, as it must
    }
    return (performance.now() - began) / 1000;
  });
  rmSync(folder, { recursive: true });
  return times.sort((a, b) => a - b)[2].toFixed(2);
}

/** The units of a study of that size with that many trainings, and how long planning them takes. */
async function unitsOf(nTrainings) {
  const folder = mkdtempSync(join(tmpdir(), 'sdc-simulated-'));
  await initStudy('phantom', folder, { size: values.size });
  const path = join(folder, 'study.json');
  const { readFileSync, writeFileSync } = await import('node:fs');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  config.decode.runs = nTrainings / 8;
  writeFileSync(path, JSON.stringify(config));
  const began = performance.now();
  const { units } = await planStudy(folder);
  const planSeconds = (performance.now() - began) / 1000;
  rmSync(folder, { recursive: true });
  return { units: units.map(({ unit }) => unit), planSeconds };
}

const isTraining = (id) => /\/run-\d+$/.test(id);

function simulate({ units, planSeconds }, nNodes, stream) {
  const upstream = dependencies(units);
  const byId = new Map(units.map((unit) => [unit.id, unit]));
  const done = new Set();
  const uniform = () => stream.uniform();
  const normal = () => stream.normal();
  const expectedSeconds = (id) => {
    if (isTraining(id)) return runSeconds;
    const { cost } = byId.get(id);
    return cost ? cost.cpuSeconds / Math.min(cpus, cost.maxThreads) : 10;
  };
  const workSeconds = (id) => {
    const base = expectedSeconds(id);
    return base * Math.exp(0.1 * normal()) * (uniform() < 0.01 ? 3 : 1);
  };
  const chain = new Map();
  for (const { id } of units) {
    const before = Math.max(0, ...upstream.get(id).map((other) => chain.get(other.id)));
    chain.set(id, before + expectedSeconds(id));
  }
  const slots = new SlotHeap(new Float64Array(nNodes * tasksPerNode));
  const totals = { arrays: 0, tasks: 0, again: 0, submissions: 0, followers: 0, work: 0, files: 0 };
  const submitted = new Set();
  let [clock, inQueue, mostTasks] = [0, 0, 0];
  /** Ends of arrays, or of all short ones of one moment, as one follower waits for them. */
  const events = [{ time: 0, finished: [], killed: [] }];
  const start = (tasks, mayDie) => {
    let end = clock;
    const killed = [];
    for (const [index, task] of tasks.entries()) {
      const free = Math.max(slots.least(), clock + index / startsPerSecond);
      let seconds = startSeconds;
      for (const id of task) seconds += workSeconds(id);
      const dies = mayDie && uniform() < 1 / 500;
      if (dies) killed.push(task);
      const until = free + seconds * (dies ? uniform() : 1);
      totals.work += until - free;
      slots.replaceLeast(until);
      end = Math.max(end, until);
    }
    totals.tasks += tasks.length;
    // A log and an exit code a task; a script and a list an array.
    totals.files += 2 * tasks.length + 2;
    totals.arrays++;
    inQueue += tasks.length;
    mostTasks = Math.max(mostTasks, inQueue);
    const lost = new Set(killed.flat());
    const finished = tasks.flat().filter((id) => !lost.has(id));
    return { time: end, finished, killed: [...lost], nTasks: tasks.length };
  };
  let last = 0;
  while (events.length) {
    events.sort((a, b) => b.time - a.time);
    const { time, finished, killed, nTasks = 0 } = events.pop();
    last = Math.max(last, time);
    inQueue -= nTasks;
    for (const id of finished) {
      done.add(id);
      totals.files += byId.get(id).outputs.length + 1;
    }
    const ready = units.filter(
      ({ id }) => !submitted.has(id) && upstream.get(id).every((other) => done.has(other.id)),
    );
    if (ready.length === 0 && killed.length === 0) continue;
    for (const { id } of ready) submitted.add(id);
    const arrays = packUnits(ready, { cpus, maxTasks: maxArraySize });
    clock = time + startSeconds + planSeconds + sbatchSeconds * (arrays.length + 1) + cycleSeconds / 2;
    const ends = arrays.map(({ tasks, long }) => ({ ...start(tasks, true), long }));
    // What was killed goes in again, one unit a task.
    if (killed.length)
      ends.push({
        ...start(
          killed.map((id) => [id]),
          false,
        ),
        long: true,
      });
    totals.again += killed.length;
    events.push(...ends.filter(({ long }) => long));
    const short = ends.filter(({ long }) => !long);
    if (short.length) {
      events.push({
        time: Math.max(...short.map((each) => each.time)),
        finished: short.flatMap((each) => each.finished),
        killed: short.flatMap((each) => each.killed),
        nTasks: short.reduce((sum, each) => sum + each.nTasks, 0),
      });
    }
    const followers = ends.filter(({ long }) => long).length + (short.length ? 1 : 0);
    totals.followers += followers;
    totals.submissions += ends.length + followers;
  }
  if (done.size !== units.length) throw new Error(`${units.length - done.size} units never ran`);
  return {
    ...totals,
    units: units.length,
    trainings: units.filter(({ id }) => isTraining(id)).length,
    nodes: nNodes,
    hours: last / 3600,
    chainHours: Math.max(...chain.values()) / 3600,
    busy: totals.work / (last * nNodes * tasksPerNode),
    mostTasks,
    submissionsPerMinute: totals.submissions / (last / 60),
  };
}

/** The earliest free of many slots: a binary heap. */
class SlotHeap {
  constructor(slots) {
    this.slots = slots;
  }
  least() {
    return this.slots[0];
  }
  replaceLeast(value) {
    const { slots } = this;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= slots.length) break;
      if (child + 1 < slots.length && slots[child + 1] < slots[child]) child++;
      if (slots[child] >= value) break;
      slots[at] = slots[child];
      at = child;
    }
    slots[at] = value;
  }
}

const rows = [];
for (const nTrainings of [400, 20_000]) {
  const study = await unitsOf(nTrainings);
  for (const nNodes of [10, 100, 1000])
    rows.push(simulate(study, nNodes, randomStream(0, 'scale', nTrainings, nNodes)));
}
if (values.json) console.log(JSON.stringify({ runSeconds, startSeconds, rows }));
else {
  console.log(`a training ${runSeconds} s (2 cores), the start of a task ${startSeconds} s\n`);
  console.log(
    '| trainings | units | nodes | hours | longest chain, h | cores busy | arrays | tasks (again) | most tasks queued | sbatch calls (a minute) | files |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|---|');
  for (const r of rows) {
    const cells = [
      ...[r.trainings, r.units, r.nodes, r.hours.toFixed(2), r.chainHours.toFixed(2)],
      ...[`${Math.round(100 * r.busy)} %`, r.arrays],
      ...[`${r.tasks} (${r.again})`, r.mostTasks],
      ...[`${r.submissions} (${r.submissionsPerMinute.toFixed(2)})`, r.files],
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}
