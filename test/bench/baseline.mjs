// Contrastive decoder beside ridge on a participant of the phantom: `node test/bench/baseline.mjs [--size small]
// [--steps 600,5001]`. Test top-1 and top-5 with chance and 95 % intervals. Needs the build.
import { parseArgs } from 'node:util';
import { fitDecoder, fitRidge, predictEmbeddings, retrievalAccuracy } from '../../dist/decode/index.js';
import { makePhantom } from '../../dist/phantom/index.js';
import { zscoreBetas } from '../../dist/prepare/index.js';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: 'small' },
    steps: { type: 'string', default: '600,5001' },
  },
});
const { participants, embeddings } = await makePhantom({ size: values.size, nParticipants: 4 });
const { betas: source, trials } = participants[0];
const raw = { data: await source.readRows(0, source.shape[0]), shape: source.shape };
const betas = zscoreBetas(raw, trials);
const rowsOf = (split) => [...trials.split.keys()].filter((row) => trials.split[row] === split);
const [rows, validationRows, test] = ['train', 'validation', 'test'].map(rowsOf);
const data = { betas, stimulus: trials.stimulus, embeddings, rows };
console.log(`${betas.shape[1]} voxels, ${rows.length} training and ${test.length} test trials`);
console.log('decoder\ttop-1 %\t95 %\ttop-5 %\tchance %\tmedian rank');

async function line(name, decoder) {
  const predictions = await predictEmbeddings(decoder, betas, test);
  const stimulus = test.map((row) => trials.stimulus[row]);
  const { topK, medianRank } = await retrievalAccuracy(
    { predictions, stimulus, embeddings },
    { k: [1, 5], permutations: 0 },
  );
  const percent = (value) => (value * 100).toFixed(1);
  const interval = topK[0].interval.map(percent).join('–');
  const cells = [
    percent(topK[0].accuracy),
    interval,
    percent(topK[1].accuracy),
    percent(topK[0].chance),
    medianRank,
  ];
  console.log([name, ...cells].join('\t'));
}

const ridge = await fitRidge(data, { validationRows });
await line(`ridge, alpha ${ridge.alpha}`, ridge);
for (const steps of values.steps.split(',').map(Number)) {
  for (const initScale of [1, 0.02]) {
    const fit = await fitDecoder(data, { steps, initScale, seed: 1 });
    await line(`contrastive, ${steps} steps, initial scale ${initScale}`, fit);
  }
}
