import {
  InputError,
  type Matrix,
  matrix,
  nextTurn,
  throwIfAborted,
  type WorkOptions,
} from '../util/index.js';
import { defaultModel, type ModelOptions, openTextModel, runModel } from './clipModel.js';

export interface EmbedTextsOptions extends ModelOptions, WorkOptions {
  /** Sentence into which each text is put at `{}`: `a photo of a {}`. Default `{}`, the text alone. */
  template?: string;
  /** Texts that go through the model together; default 64. */
  batch?: number;
  /** Cut texts that are longer than the model reads (77 tokens for CLIP); else they are an error. Default false. */
  truncate?: boolean;
}

/**
 * CLIP embeddings of texts: the text tower's projected output, not normalised, in the same space as `embedImages`.
 *
 * @returns nTexts × nDims
 * @throws MissingError if the optional package or the model cannot be loaded; InputError for no text, a template
 *   without `{}`, or a text that is too long; AbortedError
 * @example
 * const words = await embedTexts(['dog', 'pizza'], { template: 'a photo of a {}' });
 */
export async function embedTexts(texts: readonly string[], options: EmbedTextsOptions = {}): Promise<Matrix> {
  const { template = '{}', batch = 64, truncate = false, model = defaultModel } = options;
  if (texts.length === 0) throw new InputError('number of texts', 0, 'at least 1');
  if (!template.includes('{}')) throw new InputError('template', template, 'text with {} for the word');
  if (!(Number.isInteger(batch) && batch > 0)) throw new InputError('batch', batch, 'a positive integer');
  const sentences = texts.map((text) => template.replaceAll('{}', () => text));
  const { tokenizer, network } = await openTextModel(options);
  let out: Matrix | undefined;
  try {
    const longest = tokenizer.model_max_length;
    for (const [i, sentence] of truncate ? [] : sentences.entries()) {
      const { length } = tokenizer.encode(sentence);
      if (length <= longest) continue;
      throw new InputError(
        `tokens of text ${i}`,
        length,
        `at most ${longest}`,
        'shorten it, or pass truncate: true',
      );
    }
    for (let start = 0; start < texts.length; start += batch) {
      throwIfAborted(options.signal, 'embedding texts');
      options.onProgress?.({ label: 'embedding texts', done: start, total: texts.length });
      const inputs = tokenizer(sentences.slice(start, start + batch), { padding: true, truncation: true });
      const { data, nDims } = await runModel(network, inputs, 'text_embeds', model);
      out ??= matrix(texts.length, nDims);
      out.data.set(data, start * nDims);
      await nextTurn();
    }
  } finally {
    await network.dispose();
  }
  options.onProgress?.({ label: 'embedding texts', done: texts.length, total: texts.length });
  return out!;
}
