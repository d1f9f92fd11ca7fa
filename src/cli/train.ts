import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { writeText } from '../data/writeAtomically.js';
import { writeDecoder } from '../decode/decoderFile.js';
import { fitReruns, runFile } from '../decode/fitReruns.js';
import { type MetricRow, writeMetrics } from '../decode/metrics.js';
import { InputError } from '../util/errors.js';
import type { Command } from './command.js';
import { decodeOptions, describeDecode, needed, openDecodeInputs } from './decodeInputs.js';
import { realNumber, wholeNumber } from './options.js';
import { printMetrics, scoreDecoder } from './scoreDecoder.js';

/** `sdc train`: one participant's contrastive decoders. */
export const train: Command = {
  name: 'train',
  summary: "one participant's contrastive decoders",
  usage: '--betas B.npy --trials T.tsv --embeddings E.npy --out DIR [--runs N] [--steps N] …',
  options: {
    ...decodeOptions,
    runs: { type: 'string' },
    run: { type: 'string' },
    steps: { type: 'string' },
    batch: { type: 'string' },
    lr: { type: 'string' },
    temperature: { type: 'string' },
    'noise-sd': { type: 'string' },
    'init-scale': { type: 'string' },
    'validate-every': { type: 'string' },
    patience: { type: 'string' },
  },
  describe: {
    ...describeDecode,
    out: 'folder for run-NNN.safetensors, mean.safetensors and metrics.tsv; finished runs there are kept',
    runs: 'runs to average, with seeds SEED … SEED + N − 1 (default 1; the paper has 50)',
    run: 'do only this run (0-based), without the mean: for schedulers',
    steps: 'updates (default 5001)',
    batch: 'trials a step (default 128)',
    lr: "Adam's learning rate (default 1e-4)",
    temperature: 'divisor of the cosines in the loss (default 0.03)',
    'noise-sd': 'noise added to the betas at each step (default 1)',
    'init-scale': 'factor on the initial weights (default 1)',
    'validate-every': 'steps between two looks at the validation trials (with --patience; default 250)',
    patience: 'stop after this many looks without a lower validation loss (default: never)',
  },
  positionals: [0, 0],
  async run(context) {
    const { options, threads, engine, signal, onProgress } = context;
    const out = needed(options, 'out', 'a folder for the results');
    const runs = wholeNumber(options, 'runs', 1) ?? 1;
    const only = wholeNumber(options, 'run', 0);
    if (only !== undefined && only >= runs)
      throw new InputError('--run', only, `in [0, ${runs}), as --runs says`);
    const parameters = {
      steps: wholeNumber(options, 'steps', 1),
      batchSize: wholeNumber(options, 'batch', 2),
      learningRate: realNumber(options, 'lr'),
      temperature: realNumber(options, 'temperature'),
      noiseSd: realNumber(options, 'noise-sd'),
      initScale: realNumber(options, 'init-scale'),
      patience: wholeNumber(options, 'patience', 1),
      validateEvery: wholeNumber(options, 'validate-every', 1),
      seed: context.seed ?? 1,
    };
    const started = new Date();
    const inputs = await openDecodeInputs(options);
    try {
      const validationRows = parameters.patience ? inputs.rowsOf('validation') : undefined;
      const metrics: MetricRow[] = [];
      const result = await inputs.naming(() =>
        fitReruns(inputs.data, {
          ...parameters,
          ...{ runs, only: only === undefined ? undefined : [only], folder: out, validationRows },
          ...{ threads, engine, signal, onProgress },
          onRun: async (run, decoder) => {
            metrics.push(
              ...(await scoreDecoder(decoder, { decoder: 'contrastive', run: String(run) }, inputs, context)),
            );
          },
        }),
      );
      const { fitted, engineReason, warnings } = result;
      const summary = { runs, fitted, engine: result.engine, engineReason, warnings, metrics };
      for (const warning of warnings) context.print(`note: ${warning}`);
      if (only === undefined) {
        if (runs > 1) {
          metrics.push(
            ...(await scoreDecoder(result, { decoder: 'contrastive', run: 'mean' }, inputs, context)),
          );
        }
        const mean = join(out, 'mean.safetensors');
        if (fitted.length > 0 || !existsSync(mean)) {
          await writeDecoder(mean, result, { decoder: 'contrastive', runs: String(runs) });
        }
        if (metrics.length) await writeMetrics(join(out, 'metrics.tsv'), metrics);
      }
      if (fitted.length > 0) {
        const seconds = (Date.now() - started.getTime()) / 1000;
        const files = {
          betas: options['betas'],
          trials: options['trials'],
          embeddings: options['embeddings'],
        };
        const where = { started: started.toISOString(), seconds, host: hostname(), threads };
        const { metrics: _, ...did } = summary;
        const record = JSON.stringify({ command: 'train', parameters, files, ...did, ...where }, null, 2);
        const name = only === undefined ? 'train.json' : runFile(only).replace('.safetensors', '.json');
        await writeText(join(out, name), `${record}\n`);
      }
      printMetrics(metrics, context.print);
      const did = fitted.length
        ? `${fitted.length} fitted on ${result.engine} (${engineReason})`
        : 'nothing to do';
      context.print(
        `${only === undefined ? `${runs} ${runs > 1 ? 'runs' : 'run'}` : `run ${only}`} in ${out}: ${did}`,
      );
      return summary;
    } finally {
      await inputs.close();
    }
  },
};
