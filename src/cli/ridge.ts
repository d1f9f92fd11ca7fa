import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { writeText } from '../data/writeAtomically.js';
import { writeDecoder } from '../decode/decoderFile.js';
import { fitRidge } from '../decode/fitRidge.js';
import { writeMetrics } from '../decode/metrics.js';
import { InputError } from '../util/errors.js';
import type { Command } from './command.js';
import { decodeOptions, describeDecode, needed, openDecodeInputs } from './decodeInputs.js';
import { printMetrics, scoreDecoder } from './scoreDecoder.js';

/** `sdc ridge`: the baseline that the contrastive decoder is compared with. */
export const ridge: Command = {
  name: 'ridge',
  summary: 'the ridge baseline for one participant',
  usage: '--betas B.npy --trials T.tsv --embeddings E.npy --out DIR [--alphas 1,10,100]',
  options: { ...decodeOptions, alphas: { type: 'string' }, 'choose-by': { type: 'string' } },
  describe: {
    ...describeDecode,
    out: 'folder for ridge.safetensors and metrics.tsv (rows of other decoders there are kept)',
    alphas: 'penalties to try, separated by commas (default 0.1,1,10,100,1000,10000,100000)',
    'choose-by': '"top1" on the validation trials (default where there are any) or "gcv"',
  },
  positionals: [0, 0],
  async run(context) {
    const { options, engine, signal, onProgress } = context;
    const out = needed(options, 'out', 'a folder for the results');
    const alphas = (options['alphas'] as string | undefined)?.split(',').map((text) => {
      if (!(Number(text) > 0)) throw new InputError('--alphas', text, 'numbers above 0, separated by commas');
      return Number(text);
    });
    const chooseBy = options['choose-by'] as 'top1' | 'gcv' | undefined;
    if (chooseBy !== undefined && chooseBy !== 'top1' && chooseBy !== 'gcv') {
      throw new InputError('--choose-by', chooseBy, 'top1 or gcv');
    }
    const started = new Date();
    const inputs = await openDecodeInputs(options);
    try {
      const validationRows = inputs.rowsOf('validation');
      const fit = await inputs.naming(() =>
        fitRidge(inputs.data, { alphas, chooseBy, validationRows, engine, signal, onProgress }),
      );
      const metrics = await scoreDecoder(fit, { decoder: 'ridge', run: 'mean' }, inputs, context);
      await mkdir(out, { recursive: true });
      const said = { decoder: 'ridge', alpha: String(fit.alpha), chosenBy: fit.chosenBy };
      await writeDecoder(join(out, 'ridge.safetensors'), fit, said);
      if (metrics.length) await writeMetrics(join(out, 'metrics.tsv'), metrics);
      const { alpha, chosenBy, path, warnings } = fit;
      const seconds = (Date.now() - started.getTime()) / 1000;
      const files = { betas: options['betas'], trials: options['trials'], embeddings: options['embeddings'] };
      const where = { started: started.toISOString(), seconds, host: hostname() };
      const record = { command: 'ridge', files, alpha, chosenBy, path, warnings, ...where };
      const text = `${JSON.stringify(record, null, 2)}\n`;
      await writeText(join(out, 'ridge.json'), text);
      for (const warning of warnings) context.print(`note: ${warning}`);
      printMetrics(metrics, context.print);
      context.print(`alpha ${alpha} (chosen by ${chosenBy}) in ${out}`);
      return { alpha, chosenBy, path, warnings, metrics };
    } finally {
      await inputs.close();
    }
  },
};
