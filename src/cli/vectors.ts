import { hostname } from 'node:os';
import { writeNpy } from '../data/npy.js';
import { writeText } from '../data/writeAtomically.js';
import { readDecoder } from '../decode/decoderFile.js';
import type { VectorKind } from '../decode/types.js';
import { voxelVectors } from '../decode/voxelVectors.js';
import { InputError } from '../util/errors.js';
import type { Command } from './command.js';
import { decodeOptions, describeDecode, needed, openDecodeInputs } from './decodeInputs.js';

/** `sdc vectors`: what stands for each voxel when voxels are clustered. */
export const vectors: Command = {
  name: 'vectors',
  summary: "one participant's voxel vectors: weights, patterns or tuning",
  usage:
    '--kind weights|patterns|tuning --betas B.npy --trials T.tsv --embeddings E.npy [--weights FILE] --out FILE.npy',
  options: { ...decodeOptions, kind: { type: 'string' }, weights: { type: 'string' } },
  describe: {
    ...describeDecode,
    kind: '"weights" of a decoder, its "patterns" Cov(x, x W + b), or "tuning" Cov(x, y), over the train rows',
    weights: 'the decoder (.safetensors), for weights and patterns',
    out: 'file for the vectors, nVoxels × nDims (.npy)',
  },
  positionals: [0, 0],
  async run(context) {
    const { options, engine, signal, onProgress } = context;
    const kind = needed(options, 'kind', 'weights, patterns or tuning') as VectorKind;
    if (!['weights', 'patterns', 'tuning'].includes(kind)) {
      throw new InputError('--kind', kind, 'weights, patterns or tuning');
    }
    const out = needed(options, 'out', 'a .npy file for the result');
    if (!out.endsWith('.npy')) throw new InputError('--out', out, 'a name that ends in .npy');
    const decoder =
      kind === 'tuning'
        ? undefined
        : await readDecoder(needed(options, 'weights', `a decoder (.safetensors) for kind "${kind}"`));
    const started = new Date();
    const inputs = await openDecodeInputs(options);
    try {
      const result = await inputs.naming(() =>
        voxelVectors(kind, inputs.data, decoder, { engine, signal, onProgress }),
      );
      await writeNpy(out, result);
      const [nVoxels, nDims] = result.shape;
      const { betas, trials, embeddings, weights } = options;
      const seconds = (Date.now() - started.getTime()) / 1000;
      const files = { betas, trials, embeddings, weights };
      const record = { command: 'vectors', kind, nVoxels, nDims, files, host: hostname() };
      const text = JSON.stringify({ ...record, started: started.toISOString(), seconds }, null, 2);
      await writeText(out.replace(/\.npy$/, '.json'), `${text}\n`);
      context.print(`${nVoxels} × ${nDims} ${kind} in ${out}`);
      return { kind, nVoxels, nDims, out };
    } finally {
      await inputs.close();
    }
  },
};
