import { availableParallelism } from 'node:os';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { InputError, isSharedConceptsError } from '../util/errors.js';
import type { Command, OptionValues } from './command.js';
import { wholeNumber } from './options.js';
import { progressLine } from './progressLine.js';
import { registry } from './registry.js';

const common = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
  engine: { type: 'string' },
  threads: { type: 'string' },
  seed: { type: 'string' },
} satisfies ParseArgsConfig['options'];

const describeCommon: Record<string, string> = {
  help: 'this text',
  json: 'print the result as JSON and nothing else',
  quiet: 'print nothing but errors',
  engine: 'where the arithmetic runs (auto, cpu, wasm, tfjs, …; default auto)',
  threads: 'threads to use (default: all cores)',
  seed: 'master seed (default 0)',
};

/**
 * Runs `sdc` with the given words and returns its exit code: 0, 2 for bad input (one line on stderr), 130 when
 * stopped by Ctrl-C, 1 for a defect of ours (with its stack).
 */
export async function runCli(words: string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === '--version' || name === '-v') return printVersion();
  if (!name || name === 'help' || name === '--help' || name === '-h') return printHelp();
  const stop = new AbortController();
  const onInterrupt = () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  process.on('SIGINT', onInterrupt);
  const line = progressLine();
  try {
    if (!Object.hasOwn(registry, name)) {
      throw new InputError('command', name, `one of ${Object.keys(registry).join(', ')}`, 'see sdc --help');
    }
    const command = await registry[name]!.load();
    const { values, positionals } = parse(command, rest);
    if (values['help']) return printUsage(command);
    const [fewest, most] = command.positionals;
    if (positionals.length < fewest || positionals.length > most) {
      const expected = fewest === most ? `${fewest}` : `${fewest} to ${most}`;
      throw new InputError(
        'number of words',
        positionals.length,
        expected,
        `usage: sdc ${name} ${command.usage}`,
      );
    }
    const silent = Boolean(values['json'] || values['quiet']);
    const result = await command.run({
      options: values,
      positionals,
      print: (text) => {
        line.clear();
        if (!silent) console.log(text);
      },
      threads: wholeNumber(values, 'threads', 1) ?? availableParallelism(),
      engine: values['engine'] as string | undefined,
      seed: wholeNumber(values, 'seed', 0),
      signal: stop.signal,
      onProgress: silent ? undefined : line.show,
    });
    line.clear();
    if (values['json']) console.log(JSON.stringify(result ?? null));
    return 0;
  } catch (error) {
    line.clear();
    if (!isSharedConceptsError(error)) throw error;
    console.error(`sdc ${name}: ${error.message}`);
    return error.tag === 'aborted' ? 130 : 2;
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

/** Reads the words after a command’s name; throws InputError for an option that it does not have. */
export function parse(command: Command, words: string[]): { values: OptionValues; positionals: string[] } {
  try {
    const options = { ...common, ...command.options };
    return parseArgs({ args: words, options, allowPositionals: true, strict: true }) as {
      values: OptionValues;
      positionals: string[];
    };
  } catch (cause) {
    const message = (cause as Error).message.split('. ')[0];
    throw new InputError('option', message, 'one that is listed', `see sdc ${command.name} --help`, cause);
  }
}

async function printVersion(): Promise<number> {
  const { packageVersion } = await import('../study/version.js');
  console.log(await packageVersion());
  return 0;
}

function printHelp(): number {
  const width = Math.max(...Object.keys(registry).map((name) => name.length));
  console.log('sdc: shared decodable concepts, from fMRI betas to brain maps\n\nusage: sdc COMMAND …\n');
  for (const [name, { summary }] of Object.entries(registry))
    console.log(`  ${name.padEnd(width)}  ${summary}`);
  console.log('\nsdc COMMAND --help says more about one.');
  return 0;
}

function printUsage(command: Command): number {
  console.log(`usage: sdc ${command.name} ${command.usage}\n\n${command.summary}\n`);
  const rows = [
    ...Object.keys(command.options).map((name) => [name, command.describe[name] ?? ''] as const),
    ...Object.keys(common).map((name) => [name, describeCommon[name]!] as const),
  ];
  const options: NonNullable<ParseArgsConfig['options']> = { ...common, ...command.options };
  const shown = rows.map(([name, text]) => [
    `--${name}${options[name]!.type === 'string' ? ` ${name.toUpperCase().replaceAll('-', '_')}` : ''}`,
    text,
  ]);
  const width = Math.max(...shown.map(([left]) => left!.length));
  for (const [left, text] of shown) console.log(`  ${left!.padEnd(width)}  ${text}`);
  return 0;
}
