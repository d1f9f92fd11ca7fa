// Phantoms in which nothing is shared: how many of them give a significant cluster? Each has reliable responses that no
// embedding explains; its most reliable voxels are clustered by tuning, and tested by permuted stimuli, as any study's.
//
//   node test/bench/cluster-null.mjs [--phantoms 100] [--first 0] [--participants 4] [--voxels 120] [--draws 19] [--json]
import { parseArgs } from 'node:util';
import {
  clusterSignificance,
  conceptHierarchy,
  makePhantom,
  matrix,
  noiseCeiling,
  nullTuning,
  takeColumns,
  voxelVectors,
  zscoreBetas,
} from '../../dist/index.js';

const { values } = parseArgs({
  options: {
    phantoms: { type: 'string', default: '100' },
    first: { type: 'string', default: '0' },
    participants: { type: 'string', default: '4' },
    voxels: { type: 'string', default: '120' },
    draws: { type: 'string', default: '19' },
    json: { type: 'boolean', default: false },
  },
});
const [nPhantoms, first, nParticipants, nVoxels, nDraws] = [
  'phantoms',
  'first',
  'participants',
  'voxels',
  'draws',
].map((name) => Number(values[name]));

/** The most reliable voxels of each participant, z-scored, on training trials. */
async function reliableVoxels({ participants, embeddings }) {
  const data = [];
  for (const { betas, trials } of participants) {
    const [nTrials, width] = betas.shape;
    const scaled = zscoreBetas(matrix(nTrials, width, (await betas.readRows(0, nTrials)).slice()), trials);
    const { percent } = noiseCeiling(scaled, trials);
    const best = [...percent.keys()].sort((a, b) => percent[b] - percent[a]).slice(0, nVoxels);
    const rows = trials.split.flatMap((split, t) => (split === 'train' ? [t] : []));
    data.push({ betas: takeColumns(scaled, best), stimulus: trials.stimulus, embeddings, rows });
  }
  return data;
}

// The pictures and their embeddings are the same for every seed: made once.
const { embeddings: pictures, words } = await makePhantom({ size: 'tiny', nParticipants: 1 });
const counts = { phantoms: 0, withClusters: 0, bySize: 0, byPersistence: 0 };
for (let seed = first; seed < first + nPhantoms; seed++) {
  const embeddings = { pictures, words };
  const phantom = await makePhantom({ size: 'tiny', seed, nParticipants, planted: false, embeddings });
  const data = await reliableVoxels(phantom);
  const vectors = [];
  for (const own of data) vectors.push(await voxelVectors('tuning', own));
  // No persistence limit: the test itself must hold back what chance gives.
  const hierarchy = await conceptHierarchy(vectors, { minPersistence: 0 });
  const p = await clusterSignificance(hierarchy, nullTuning(data, { seed }), { nDraws });
  counts.phantoms++;
  if (hierarchy.nClusters > 0) counts.withClusters++;
  if (p.size.some((value) => value <= 0.05)) counts.bySize++;
  if (p.persistence.some((value) => value <= 0.05)) counts.byPersistence++;
  if (!values.json) console.log(`seed ${seed}: ${hierarchy.nClusters} clusters, ${JSON.stringify(counts)}`);
}
console.log(values.json ? JSON.stringify({ ...counts, nParticipants, nVoxels, nDraws }) : 'done');
