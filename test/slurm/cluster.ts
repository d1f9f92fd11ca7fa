import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNpy } from '../../src/data/index.js';
import { matrix } from '../../src/util/array.js';
import { randomStream } from '../../src/util/random.js';

/** Why Slurm cannot be tested here; undefined if it can. */
export function slurmLack(): string | undefined {
  if (process.getuid?.() !== 0) return 'starting a Slurm of its own needs root';
  const missing = ['slurmctld', 'slurmd', 'munged'].filter((command) => !isInstalled(command));
  return missing.length
    ? `${missing.join(', ')} not installed (Debian: apt-get install slurm-wlm munge)`
    : undefined;
}

function isInstalled(command: string): boolean {
  try {
    execFileSync('which', [command], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const tail = (text: string, lines: number) => text.trimEnd().split('\n').slice(-lines).join('\n');

/** A Slurm of the tests' own, on loopback. */
export class Cluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'sdc-slurm-'));
  readonly env: NodeJS.ProcessEnv;
  /** What sdc said of late, by call: told when something waited for does not come. */
  readonly #said: string[] = [];

  constructor(nodes: number, settings: Record<string, string> = {}) {
    const port = 17_000 + (process.pid % 400) * 50;
    this.env = {
      ...process.env,
      ...{ SLURM_TEST_PORT: String(port), SLURM_CONF: join(this.folder, 'slurm.conf') },
      ...settings,
    };
    execFileSync('test/slurm/start-slurm.sh', [this.folder, String(nodes)], { env: this.env, stdio: 'pipe' });
  }

  /** Runs one of Slurm's commands. */
  call(command: string, ...words: string[]): string {
    return execFileSync(command, words, { env: this.env, encoding: 'utf8', stdio: 'pipe' }).trim();
  }

  /** Runs sdc; returns its output, or throws with what it said. */
  sdc(...words: string[]): string {
    const done = spawnSync(process.execPath, ['dist/cli.js', ...words], {
      env: this.env,
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    });
    this.#note(words, done.status, done.stdout + done.stderr);
    if (done.status !== 0) throw new Error(done.stderr.trim());
    return done.stdout;
  }

  /** Runs sdc beside others; exit code and what it said. */
  sdcBeside(...words: string[]): Promise<{ code: number | null; said: string }> {
    const child = spawn(process.execPath, ['dist/cli.js', ...words], { env: this.env });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
    return new Promise((done) =>
      child.on('close', (code) => {
        this.#note(words, code, said);
        done({ code, said });
      }),
    );
  }

  #note(words: readonly string[], code: number | null, said: string): void {
    this.#said.push(`${new Date().toISOString()} sdc ${words.join(' ')} → ${code}\n${tail(said, 10)}`);
  }

  /** Queue, nodes, the ends of the daemons' logs and of what sdc said: what a failure is understood by. */
  describe(): string {
    const tried = (...words: [string, ...string[]]) => {
      try {
        return this.call(...words);
      } catch (error) {
        return String(error);
      }
    };
    const logs = readdirSync(this.folder).filter((name) => name.endsWith('.log'));
    return [
      ...['', '--- squeue', tried('squeue', '--array', '--format=%i %T %j %R %S %o')],
      ...['--- sinfo', tried('sinfo', '--Node', '--format=%N %T %E')],
      ...logs.flatMap((name) => [`--- ${name}`, tail(readFileSync(join(this.folder, name), 'utf8'), 40)]),
      ...['--- sdc', ...this.#said.slice(-6)],
    ].join('\n');
  }

  /** Waits until nothing is queued or running any more. */
  async drained(seconds = 240): Promise<void> {
    const end = performance.now() + seconds * 1000;
    for (let quiet = 0; quiet < 2; ) {
      if (performance.now() > end)
        throw new Error(`jobs were still in the queue after ${seconds} s${this.describe()}`);
      await new Promise((done) => setTimeout(done, 300));
      quiet = this.call('squeue', '--noheader') === '' ? quiet + 1 : 0;
    }
  }

  /** Waits until `found` is true; `what` says in words what that is. */
  async until(what: string, found: () => boolean, seconds = 120): Promise<void> {
    const end = performance.now() + seconds * 1000;
    while (!found()) {
      if (performance.now() > end) throw new Error(`${what}: not within ${seconds} s${this.describe()}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** Kills the controller and starts it again. */
  async restartController(): Promise<void> {
    process.kill(Number(readFileSync(join(this.folder, 'slurmctld.pid'), 'utf8')), 'SIGKILL');
    await new Promise((done) => setTimeout(done, 500));
    spawn('slurmctld', [], { env: this.env, stdio: 'ignore', detached: true }).unref();
    await this.until('the controller answers', () => {
      try {
        return this.call('scontrol', 'ping').includes('UP');
      } catch {
        return false;
      }
    });
  }

  /** Brings nodes back that are drained: Slurm refuses it for those that are not. */
  resumeNodes(): void {
    const drained = this.call('sinfo', '--noheader', '--Node', '--states=drain', '--format=%N');
    for (const node of new Set(drained.split('\n').filter(Boolean)))
      this.call('scontrol', 'update', `nodename=${node}`, 'state=resume');
  }

  /** Starts the daemons of drained nodes again and brings the nodes back. */
  async restartDrainedNodes(): Promise<void> {
    const drained = this.call('sinfo', '--noheader', '--Node', '--states=drained', '--format=%N');
    for (const node of new Set(drained.split('\n').filter(Boolean))) {
      process.kill(Number(readFileSync(join(this.folder, `slurmd-${node}.pid`), 'utf8')), 'SIGKILL');
      await new Promise((done) => setTimeout(done, 200));
      execFileSync('slurmd', ['-N', node], { env: this.env, stdio: 'ignore' });
    }
    this.resumeNodes();
  }

  stop(): void {
    execFileSync('test/slurm/stop-slurm.sh', [this.folder], { env: this.env, stdio: 'ignore' });
    try {
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 });
    } catch {
      // A task that ends just now may still write there; it is a temporary folder.
    }
  }
}

/** Writes small data of one's own: 4 participants, 60 trials of 12 stimuli, 40 voxels, 8 dimensions. */
export async function writeSmallData(folder: string, broken?: string): Promise<void> {
  const [nTrials, nVoxels, nStimuli, nDims] = [60, 40, 12, 8];
  const stream = randomStream(0, 'small data');
  const embeddings = matrix(nStimuli, nDims);
  stream.child('embeddings').normals(embeddings.data);
  await mkdir(folder, { recursive: true });
  await writeNpy(join(folder, 'embeddings.npy'), embeddings);
  const mix = stream.child('mix').normals(new Float32Array(nDims * nVoxels));
  for (const participant of ['sub-01', 'sub-02', 'sub-03', 'sub-04']) {
    const betas = matrix(nTrials, nVoxels);
    stream.child(participant).normals(betas.data);
    const lines = ['stimulus\tsession\tsplit'];
    for (let trial = 0; trial < nTrials; trial++) {
      const stimulus = trial % nStimuli;
      lines.push(`${stimulus}\t${trial < 30 ? 1 : 2}\t${trial < 48 ? 'train' : 'test'}`);
      for (let v = 0; v < nVoxels; v++) {
        let signal = 0;
        for (let d = 0; d < nDims; d++)
          signal += embeddings.data[stimulus * nDims + d]! * mix[d * nVoxels + v]!;
        betas.data[trial * nVoxels + v]! += signal;
      }
    }
    if (participant === broken) betas.data[5] = Number.NaN;
    await mkdir(join(folder, participant), { recursive: true });
    await writeNpy(join(folder, participant, 'betas.npy'), betas);
    await writeFile(join(folder, participant, 'trials.tsv'), `${lines.join('\n')}\n`);
  }
}

/** Changes study.json: few steps, draws and permutations, so that there are many short units; one clustering. */
export async function shorten(study: string, decode: Record<string, unknown>): Promise<void> {
  const path = join(study, 'study.json');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  Object.assign(config.decode, decode);
  config.cluster.length = 1;
  config.concepts.permutations = 20;
  config.significance.draws = Math.min(2, config.significance.draws);
  config.stability.reruns = Math.min(2, config.stability.reruns);
  await writeFile(path, `${JSON.stringify(config, null, 2)}\n`);
}

/** Content of every result file (not records, which hold times) by path. */
export function results(study: string, at = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(join(study, at)).sort()) {
    const path = at ? `${at}/${name}` : name;
    if (name.startsWith('.') || (name.endsWith('.json') && name !== 'clusters.json')) continue;
    if (statSync(join(study, path)).isDirectory())
      for (const [key, value] of results(study, path)) found.set(key, value);
    else found.set(path, readFileSync(join(study, path), 'base64'));
  }
  return found;
}
