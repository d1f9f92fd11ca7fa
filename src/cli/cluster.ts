import { hostname } from 'node:os';
import { clusterConcepts } from '../cluster/clusterConcepts.js';
import { describeMemory } from '../cluster/openPool.js';
import { readVectors } from '../cluster/readVectors.js';
import type { Border, Weighting } from '../cluster/types.js';
import { clusterTable, writeClusters } from '../cluster/writeClusters.js';
import { InputError } from '../util/errors.js';
import type { Command, OptionValues } from './command.js';
import { realNumber, wholeNumber } from './options.js';

/** `sdc cluster`: shared clusters of one file of voxel vectors a participant. */
export const cluster: Command = {
  name: 'cluster',
  summary: 'clusters of voxels shared across participants (the DBSCAN variant)',
  usage: '--weights FILE… --eps X [--min-participants N] [--border nearest|last] --out DIR',
  options: {
    weights: { type: 'string', multiple: true },
    eps: { type: 'string' },
    'min-participants': { type: 'string' },
    border: { type: 'string' },
    'eps-expansion': { type: 'string' },
    'min-size': { type: 'string' },
    'min-cluster-participants': { type: 'string' },
    weighting: { type: 'string' },
    'memory-gb': { type: 'string' },
    out: { type: 'string' },
  },
  describe: {
    weights: 'vectors, one file a participant, in order (.npy, or .safetensors with a tensor "weight")',
    eps: 'cosine distance below which voxels are neighbours (0.6 for weights, 0.2 for patterns, 0.12 for tuning)',
    'min-participants': 'other participants that must be near a core voxel (default 3)',
    border: 'cluster of a border voxel: its "nearest" core voxel\'s (default), or the "last" that reaches it',
    'eps-expansion': 'reach of the expanded masks (default min(eps + 0.05, 0.65))',
    'min-size': 'fewest labelled voxels of a cluster (default 1)',
    'min-cluster-participants': 'fewest participants in a cluster (default 1)',
    weighting: 'concept vectors as means over "voxels" (default) or "participants"',
    'memory-gb': "work that would need more than this is refused (default 0.8 of the machine's memory)",
    out: 'folder for the results',
  },
  positionals: [0, Number.POSITIVE_INFINITY],
  async run(context) {
    const { options, engine, threads, signal, onProgress } = context;
    const files = filesOf(options, context.positionals);
    const eps = realNumber(options, 'eps');
    if (eps === undefined) throw new InputError('--eps', 'not given', 'in (0, 2)', 'see sdc cluster --help');
    const out = options['out'] as string | undefined;
    if (!out) throw new InputError('--out', out ?? 'not given', 'a folder for the results');
    const started = new Date();
    const vectors = [];
    for (const file of files) {
      vectors.push(await readVectors(file));
      const [width, expected] = [vectors.at(-1)!.shape[1], vectors[0]!.shape[1]];
      if (width !== expected) {
        throw new InputError(`number of dimensions of ${file}`, width, `${expected}, as in ${files[0]}`);
      }
    }
    const parameters = {
      eps,
      minParticipants: wholeNumber(options, 'min-participants', 1),
      border: options['border'] as Border | undefined,
      epsExpansion: realNumber(options, 'eps-expansion'),
      minSize: wholeNumber(options, 'min-size', 1),
      minClusterParticipants: wholeNumber(options, 'min-cluster-participants', 1),
      weighting: options['weighting'] as Weighting | undefined,
    };
    const memory = realNumber(options, 'memory-gb');
    const memoryBytes = memory === undefined ? undefined : memory * 1e9;
    context.print(describeMemory(vectors, threads));
    const work = { engine, threads, memoryBytes, signal, onProgress };
    const clusters = await clusterConcepts(vectors, { ...parameters, ...work });
    const seconds = (Date.now() - started.getTime()) / 1000;
    const where = { weights: files, started: started.toISOString(), seconds, host: hostname(), threads };
    const given = Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
    await writeClusters(out, clusters, { ...given, ...where });
    const table = clusterTable(
      clusters,
      files.map((_, p) => String(p).padStart(2, '0')),
    );
    const names = Object.keys(table);
    context.print(names.join('\t'));
    for (let c = 0; c < clusters.nClusters; c++)
      context.print(names.map((name) => table[name]![c]).join('\t'));
    context.print(`${clusters.nClusters} clusters in ${out}`);
    const columns = Object.fromEntries(names.map((name) => [name, Array.from(table[name]! as Int32Array)]));
    return {
      eps,
      minParticipants: clusters.minParticipants,
      nClusters: clusters.nClusters,
      out,
      clusters: columns,
    };
  },
};

/** Files after one `--weights`, or after one each; mixed, their order would be lost. */
function filesOf(options: OptionValues, positionals: readonly string[]): string[] {
  const named = (options['weights'] ?? []) as string[];
  if (!named.length) throw new InputError('--weights', 'not given', 'one file of vectors a participant');
  if (named.length > 1 && positionals.length) {
    throw new InputError(
      'files of --weights',
      [...named, ...positionals],
      'all after one --weights, or one after each',
    );
  }
  return [...named, ...positionals];
}
