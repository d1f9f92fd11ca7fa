// Clustering beside scikit-learn's DBSCAN, both on the same vectors and cores, in alternation, each run in a process of
// its own so that peak memory is its own, reading of the files included. Ours: nearest voxels of every participant and
// the spanning tree, which hold the clusters of all eps, of one file of vectors a participant; theirs: one eps, with its
// default n_jobs and the threads given to BLAS, its faster way, of one file of all voxels.
//
//   npm run bench:cluster -- [--sizes 20000,60000] [--runs 3] [--threads 2] [--alone 120000] [--json]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { conceptHierarchy, readVectors, writeNpy } from '../../dist/index.js';
import { benchVectors, pooled } from './cluster-data.mjs';

const nParticipants = 8;
const eps = 0.5;
const here = fileURLToPath(import.meta.url);

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '20000,60000' },
    alone: { type: 'string', default: '120000' },
    runs: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    json: { type: 'boolean', default: false },
    child: { type: 'string' },
    make: { type: 'string' },
    voxels: { type: 'string' },
  },
});

const participantFile = (path, p) => path.replace(/\.npy$/, `-${p}.npy`);

async function make(path, nVoxels) {
  const vectors = benchVectors(nVoxels, 512, nParticipants);
  for (const [p, own] of vectors.entries()) await writeNpy(participantFile(path, p), own);
  await writeNpy(path, pooled(vectors));
}

async function child(path, threads) {
  const vectors = [];
  for (let p = 0; p < nParticipants; p++) vectors.push(await readVectors(participantFile(path, p)));
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  let middle = start;
  const onProgress = ({ label }) => {
    if (label === 'nearest voxels') middle = performance.now();
  };
  const hierarchy = await conceptHierarchy(vectors, { threads, onProgress });
  const end = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  return {
    seconds: (end - start) / 1000,
    nearestSeconds: (middle - start) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakMB: process.resourceUsage().maxRSS / 1e3,
    clusters: hierarchy.nClusters,
  };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const summary = (runs) =>
  Object.fromEntries(
    ['seconds', 'nearestSeconds', 'cpuSeconds', 'peakMB', 'clusters']
      .filter((key) => key in runs[0])
      .map((key) => [key, Number(median(runs.map((run) => run[key])).toPrecision(4))]),
  );
const run = (command, args) =>
  JSON.parse(
    execFileSync(command, args, { maxBuffer: 1 << 26 })
      .toString()
      .trim()
      .split('\n')
      .at(-1),
  );

function main() {
  const folder = mkdtempSync(join(tmpdir(), 'bench-cluster-'));
  const say = (line) => (values.json ? console.error(line) : console.log(line));
  const nRuns = Number(values.runs);
  const results = [];
  let version;
  try {
    const sizes = values.sizes.split(',').filter(Boolean).map(Number);
    const alone = values.alone.split(',').filter(Boolean).map(Number);
    for (const n of [...sizes, ...alone]) {
      const path = join(folder, `${n}.npy`);
      execFileSync(process.execPath, [here, '--make', path, '--voxels', String(n)]);
      const [ours, theirs] = [[], []];
      for (let k = 0; k < (sizes.includes(n) ? nRuns : 1); k++) {
        ours.push(run(process.execPath, [here, '--child', path, '--threads', values.threads]));
        if (!sizes.includes(n)) continue;
        theirs.push(
          run(process.env.PYTHON ?? '/usr/bin/python3', [
            join(here, '../cluster-peer.py'),
            path,
            String(eps),
            values.threads,
          ]),
        );
        version = theirs[0].version;
      }
      const result = { voxels: n, ours: summary(ours) };
      if (theirs.length) {
        result.peer = summary(theirs);
        result.ratio = Number((result.ours.seconds / result.peer.seconds).toPrecision(3));
        result.cpuRatio = Number((result.ours.cpuSeconds / result.peer.cpuSeconds).toPrecision(3));
      }
      results.push(result);
      for (const name of readdirSync(folder)) rmSync(join(folder, name));
      say(`${n} voxels × 512: ${JSON.stringify(result)}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const compared = results.filter((result) => result.ratio);
  const largest = compared.at(-1);
  const beyond = results.find((result) => !result.ratio);
  const growth =
    beyond && largest ? Number((beyond.ours.seconds / largest.ours.seconds).toPrecision(3)) : undefined;
  const line = {
    ratio: largest?.ratio,
    growth,
    peer: `scikit-learn ${version}`,
    threads: Number(values.threads),
    results,
  };
  console.log(
    values.json ? JSON.stringify(line) : `ratio ${line.ratio} at ${largest?.voxels} voxels, growth ${growth}`,
  );
}

if (values.child) console.log(JSON.stringify(await child(values.child, Number(values.threads))));
else if (values.make) await make(values.make, Number(values.voxels));
else main();
