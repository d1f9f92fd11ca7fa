// Memory and time of writing a large phantom: `node test/bench/phantom-paper.mjs --out FOLDER [--size paper]
// [--participants 1]` makes all eight participants, writes the first of them as a study's source into a new folder,
// and prints trials, voxels, bytes, CPU seconds and the peak resident memory of the process. One participant of size
// `paper` is 4 GB. Needs the build.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makePhantom, writePhantomStudy } from '../../dist/phantom/index.js';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    size: { type: 'string', default: 'paper' },
    participants: { type: 'string', default: '1' },
  },
});
if (!values.out) throw new Error('--out: the folder to write');
const cpu = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
const peak = () => `peak ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`;

const phantom = await makePhantom({ size: values.size });
console.log(`made: ${cpu().toFixed(0)} CPU s, ${peak()}`);
const count = Number(values.participants);
const { truth } = phantom;
const concepts = truth.concepts.map((concept) => ({
  ...concept,
  participants: concept.participants.filter((p) => p < count),
}));
const participants = phantom.participants.slice(0, count);
await writePhantomStudy(values.out, { ...phantom, participants, truth: { ...truth, concepts } });
for (const { name, betas, trials } of participants) {
  const { size } = await stat(join(values.out, name, 'betas.npy'));
  const images = new Set(trials.stimulus).size;
  const [nTrials, nVoxels] = betas.shape;
  console.log(
    `${name}: ${nTrials} trials of ${images} images, ${nVoxels} voxels, ${(size / 1e9).toFixed(2)} GB`,
  );
}
console.log(`written: ${cpu().toFixed(0)} CPU s, ${peak()}`);
