import { type StageName, stageNames } from '../study/index.js';
import { InputError, SharedConceptsError } from '../util/errors.js';
import { planStudy } from '../workflow/planStudy.js';
import { runStudy } from '../workflow/runStudy.js';
import { followOnSlurm } from '../workflow/slurm/followOnSlurm.js';
import { runOnSlurm } from '../workflow/slurm/runOnSlurm.js';
import type { Submission } from '../workflow/slurm/submission.js';
import type { Command, CommandContext, OptionValues } from './command.js';
import { wholeNumber } from './options.js';

export const run: Command = {
  name: 'run',
  summary: 'Runs or resumes the stages of a study folder; what is done already is left alone.',
  usage: 'STUDY [--from STAGE] [--to STAGE] [--force] [--jobs N] [--on slurm …]',
  options: {
    from: { type: 'string' },
    to: { type: 'string' },
    force: { type: 'boolean' },
    jobs: { type: 'string' },
    on: { type: 'string' },
    partition: { type: 'string' },
    account: { type: 'string' },
    qos: { type: 'string' },
    gres: { type: 'string' },
    'max-jobs': { type: 'string' },
    pack: { type: 'string' },
    wait: { type: 'boolean' },
  },
  describe: {
    from: `first stage to run: ${stageNames.join(', ')}`,
    to: 'last stage to run',
    force: 'run the chosen stages even where nothing changed',
    jobs: 'units side by side on this machine, as far as cores and memory go (default 1)',
    on: 'slurm: submit what is left as job arrays and return; see it with "sdc status STUDY"',
    partition: 'Slurm partition',
    account: 'Slurm account',
    qos: 'Slurm quality of service',
    gres: 'generic resources of each task: gpu:1',
    'max-jobs': 'most tasks running at once',
    wait: 'with --on slurm: stay until the end, show how far it is, mend what a crash of Slurm leaves; Ctrl-C leaves the jobs running',
    pack: 'units that share one task (default: some ten minutes of work)',
  },
  positionals: [1, 1],
  async run(context) {
    const { options, positionals, print, threads, engine, signal, onProgress } = context;
    if (options['on'] !== undefined) return submit(context);
    const summary = await runStudy(positionals[0]!, {
      ...{
        from: stageOption(options, 'from'),
        to: stageOption(options, 'to'),
        force: Boolean(options['force']),
        jobs: wholeNumber(options, 'jobs', 1),
      },
      ...{ threads, engine, signal, onProgress },
      onUnit: (unit, state, detail) => {
        if (state === 'finished') print(`${unit.id.padEnd(40)} ${detail}`);
        if (state === 'failed') print(`${unit.id.padEnd(40)} failed: ${detail}`);
      },
    });
    if (summary.ran.length === 0) print(`nothing to do: all ${summary.skipped.length} units are up to date`);
    else
      print(
        `${summary.ran.length} units ran, ${summary.skipped.length} were up to date, ${summary.seconds.toFixed(1)} s`,
      );
    for (const line of summary.table) print(line);
    return summary;
  },
};

async function submit(context: CommandContext): Promise<Submission> {
  const { options, positionals, print, engine, signal, onProgress } = context;
  if (options['on'] !== 'slurm') throw new InputError('--on', options['on'], 'slurm');
  const unused = ['from', 'to', 'force', 'jobs'].find((name) => options[name] !== undefined);
  if (unused) throw new InputError(`--${unused}`, options[unused], 'left out with --on slurm');
  const folder = positionals[0]!;
  const text = (name: string) => options[name] as string | undefined;
  const request = {
    ...{ partition: text('partition'), account: text('account'), qos: text('qos'), gres: text('gres') },
    ...{ maxJobs: wholeNumber(options, 'max-jobs', 1), pack: wholeNumber(options, 'pack', 1) },
    ...{ cpus: wholeNumber(options, 'threads', 1), engine },
  };
  const wait = Boolean(options['wait']);
  const send = () => runOnSlurm(folder, request, { join: wait, signal });
  const follow = () => followOnSlurm(folder, { signal, onProgress, say: print });
  let submitted = await send();
  if (submitted.already && submitted.finished && wait) {
    // Cancelled, or ended but for a last job: what is left goes in when that is out of the queue.
    await follow();
    submitted = await send();
  }
  for (const line of submitted.mended) print(line);
  const tasks = submitted.arrays.reduce((sum, array) => sum + array.tasks.length, 0);
  if (submitted.already) {
    if (wait) print(`submission ${submitted.name} is on Slurm already; following it`);
  } else if (tasks === 0) print('nothing to do: every unit is up to date');
  else
    print(
      `submitted ${tasks} tasks in ${submitted.arrays.length} arrays; the rest follows. sdc status ${folder}`,
    );
  if (submitted.refused)
    print(`Slurm takes no more at once, so the rest goes in later: ${submitted.refused}`);
  if (!wait || submitted.finished) return submitted;
  const ended = await follow();
  const failed = Object.entries(ended.failed);
  if (failed.length)
    throw new SharedConceptsError('resource', failed.map(([id, reason]) => `${id}: ${reason}`).join('\n'));
  const { pending } = await planStudy(folder);
  if (pending)
    throw new SharedConceptsError(
      'resource',
      `submission ${ended.name} was cancelled with ${pending} units left; to go on: sdc run ${folder} --on slurm`,
    );
  print('every unit is done');
  return ended;
}

function stageOption(options: OptionValues, name: string): StageName | undefined {
  const given = options[name] as string | undefined;
  if (given !== undefined && !stageNames.includes(given as StageName)) {
    throw new InputError(`--${name}`, given, `one of ${stageNames.join(', ')}`);
  }
  return given as StageName | undefined;
}
