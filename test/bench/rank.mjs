// Ranking NSD's 73,000 pictures, and a vocabulary of 20,000 words, against 50 concepts: the 20 most and least associated
// of each, beside numpy doing the same. One process each, rounds alternate, medians are compared; both on the same
// cores. Random embeddings: the time does not depend on the values.
//
//   npm run bench:rank -- [--json] [--runs 5] [--pictures 73000] [--words 20000] [--concepts 50]
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { labelConcept, matrix, randomStream, rankImages } from '../../dist/index.js';

const text = { type: 'string' };
const { values: options } = parseArgs({
  options: { json: { type: 'boolean' }, runs: text, pictures: text, words: text, concepts: text },
});
const nRuns = Number(options.runs ?? 5);
const nPictures = Number(options.pictures ?? 73_000);
const nWords = Number(options.words ?? 20_000);
const nConcepts = Number(options.concepts ?? 50);
const [nDims, top] = [512, 20];

const peerScript = `
import sys, time, json, numpy as np
random = np.random.default_rng(0)
make = lambda n: (random.standard_normal((n, ${nDims})) + 0.5).astype('f4')
concepts = make(${nConcepts})

def rank(vectors, rows):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = (unit @ rows.T) / np.linalg.norm(rows, axis=1)
    found = []
    for sign in (1, -1):
        part = np.argpartition(-sign * scores, ${top}, axis=1)[:, :${top}]
        values = np.take_along_axis(scores, part, 1)
        order = np.argsort(-sign * values, axis=1)
        found.append((np.take_along_axis(part, order, 1), np.take_along_axis(values, order, 1)))
    return found, scores.mean(1), scores.std(1)

def label(vectors, rows):
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    mean = rows.mean(0)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    axis = mean / np.linalg.norm(mean)
    return rank(unit - np.outer(unit @ axis, axis), rows - mean)

pictures, words = make(${nPictures}), make(${nWords})
print(json.dumps({'version': np.__version__}), flush=True)
for line in sys.stdin:
    start, cpu = time.perf_counter(), time.process_time()
    (rank if line.strip() == 'pictures' else label)(concepts, pictures if line.strip() == 'pictures' else words)
    print(json.dumps({'seconds': time.perf_counter() - start, 'cpu': time.process_time() - cpu}), flush=True)
`;

/** numpy in a process that keeps its arrays, or nothing where it is missing. */
async function startPeer() {
  const child = spawn(process.env.PYTHON ?? '/usr/bin/python3', ['-c', peerScript], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value } = await lines.next();
    return value === undefined ? undefined : JSON.parse(value);
  };
  const ready = await next();
  if (!ready) return undefined;
  const time = (what) => {
    child.stdin.write(`${what}\n`);
    return next();
  };
  return { version: ready.version, time, end: () => child.stdin.end() };
}

const make = (n, name) => {
  const { data, shape } = matrix(n, nDims);
  return {
    data: randomStream(0, name)
      .normals(data)
      .map((value) => value + 0.5),
    shape,
  };
};
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

const concepts = make(nConcepts, 'concepts');
const pictures = make(nPictures, 'pictures');
const words = {
  names: Array.from({ length: nWords }, (_, i) => `word ${i}`),
  embeddings: make(nWords, 'words'),
};
const ours = {
  pictures: () => rankImages(concepts, pictures, { top }),
  words: () => labelConcept(concepts, words, { top }),
};
const peer = await startPeer();
const times = { pictures: { ours: [], peer: [] }, words: { ours: [], peer: [] } };
for (let round = 0; round <= nRuns; round++) {
  for (const what of ['pictures', 'words']) {
    const [start, cpu] = [process.hrtime.bigint(), process.cpuUsage()];
    await ours[what]();
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    const { user, system } = process.cpuUsage(cpu);
    const theirs = await peer?.time(what);
    if (round === 0) continue; // the first round only warms up
    times[what].ours.push({ seconds, cpu: (user + system) / 1e6 });
    if (theirs) times[what].peer.push(theirs);
  }
}
peer?.end();
const summary = (runs) => ({
  seconds: median(runs.map(({ seconds }) => seconds)),
  cpu: median(runs.map(({ cpu }) => cpu)),
});
const result = { peer: peer && `numpy ${peer.version}`, runs: nRuns, nPictures, nWords, nConcepts };
for (const what of ['pictures', 'words']) {
  const own = summary(times[what].ours);
  const theirs = peer && summary(times[what].peer);
  result[what] = {
    ...own,
    ...(theirs && {
      peerSeconds: theirs.seconds,
      peerCpu: theirs.cpu,
      ratio: own.seconds / theirs.seconds,
      cpuRatio: own.cpu / theirs.cpu,
    }),
  };
  const n = what === 'pictures' ? nPictures : nWords;
  if (options.json) continue;
  console.log(
    `${n} ${what} × ${nDims} against ${nConcepts} concepts: ${own.seconds.toFixed(2)} s (${own.cpu.toFixed(2)} s of CPU)` +
      (theirs
        ? `, numpy ${peer.version} ${theirs.seconds.toFixed(2)} s (${theirs.cpu.toFixed(2)}); ratio ${(own.seconds / theirs.seconds).toFixed(2)}, of CPU ${(own.cpu / theirs.cpu).toFixed(2)}`
        : '; numpy is not here to be compared with'),
  );
}
if (options.json) console.log(JSON.stringify(result));
