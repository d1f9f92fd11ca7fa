import type { ParseArgsConfig } from 'node:util';
import type { WorkOptions } from '../util/progress.js';

/** Values of a command's options, as node:util's parseArgs gives them (strings, booleans, lists). */
export type OptionValues = Record<string, string | boolean | (string | boolean)[] | undefined>;

/** What a command is given: its words, and where to print. */
export interface CommandContext extends WorkOptions {
  options: OptionValues;
  positionals: string[];
  /** Prints one line to stdout, unless --quiet or --json. */
  print(line: string): void;
  threads: number;
  engine?: string;
  seed?: number;
}

/** One sub-command of sdc: a thin wrapper over public functions. */
export interface Command {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** Words after the name in the usage line: `STUDY [--from STAGE]`. */
  usage: string;
  /** Own options (the common ones --help --json --quiet --engine --threads --seed are added). */
  options: NonNullable<ParseArgsConfig['options']>;
  /** Help text of each option. */
  describe: Record<string, string>;
  /** Fewest and most positional words. */
  positionals: [number, number];
  /** Does the work; what it returns is what --json prints. Throws SharedConceptsError for bad input (exit 2). */
  run(context: CommandContext): Promise<unknown>;
}
