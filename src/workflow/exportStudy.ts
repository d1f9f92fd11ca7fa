import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { dependencies } from '../study/dependencies.js';
import { readStudyConfig, sortUnits, type Unit } from '../study/index.js';
import { studyUnits } from './studyUnits.js';
import { cliCommand, shellQuote } from './unitCommand.js';

/**
 * Writes the study's units as a Snakefile: one rule a unit, with its inputs, outputs, threads, memory and minutes, each
 * calling this installation by absolute path. It runs from any folder: `snakemake -s STUDY/Snakefile -j 8`.
 *
 * A unit's output for Snakemake is its record, which is written last, so that a unit that was killed is run again.
 * The parameters stand in the rule: export again after changing study.json, and Snakemake re-runs what they touch.
 */
export async function exportSnakefile(folder: string): Promise<string> {
  const study = resolve(folder);
  const units = sortUnits(await studyUnits(study, await readStudyConfig(study)));
  const upstream = dependencies(units);
  const text = [
    `# Units of ${study}; written by "sdc export --snakemake". Run: snakemake -s ${join(study, 'Snakefile')} -j CORES`,
    `workdir: ${JSON.stringify(study)}`,
    '',
    'rule all:',
    '    input:',
    ...units.map(({ record }) => `        ${JSON.stringify(record)},`),
    ...units.flatMap((unit, index) => rule(unit, index, upstream.get(unit.id)!, study)),
    '',
  ].join('\n');
  const path = join(study, 'Snakefile');
  await writeFile(path, text);
  return path;
}

function rule(unit: Unit, index: number, before: Unit[], study: string): string[] {
  const threads = unit.cost?.maxThreads ?? 1;
  const megabytes = Math.ceil((unit.cost?.memoryBytes ?? 2 ** 30) / 2 ** 20 + 256);
  const minutes = Math.ceil(((unit.cost?.cpuSeconds ?? 60) * 3) / 60 + 5);
  const name = `u${index}_${unit.id.replace(/[^A-Za-z0-9]/g, '_')}`;
  return [
    ...['', `rule ${name}:`],
    ...(before.length
      ? ['    input:', ...before.map(({ record }) => `        ancient(${JSON.stringify(record)}),`)]
      : []),
    `    output: ${JSON.stringify(unit.record)}`,
    `    params: made_with=${JSON.stringify(hashOf(unit.parameters))}`,
    `    threads: ${Math.min(threads, 8)}`,
    `    resources: mem_mb=${megabytes}, runtime=${minutes}`,
    `    shell: ${JSON.stringify(`${literal(`${cliCommand()} unit ${shellQuote(study)} ${shellQuote(unit.id)}`)} --threads {threads} --quiet`)}`,
  ];
}

/** Braces are Snakemake's own in a command. */
const literal = (command: string) => command.replaceAll('{', '{{').replaceAll('}', '}}');

function hashOf(parameters: Unit['parameters']): string {
  return createHash('sha256').update(JSON.stringify(parameters)).digest('hex').slice(0, 16);
}

/**
 * The study's units as shell lines, in levels separated by blank lines: the lines of one level may run in any order
 * or at once (`parallel`, a queue of one's own), those of the next level after them.
 */
export async function listUnitCommands(folder: string): Promise<string[][]> {
  const study = resolve(folder);
  const units = sortUnits(await studyUnits(study, await readStudyConfig(study)));
  const upstream = dependencies(units);
  const level = new Map<string, number>();
  const levels: string[][] = [];
  for (const { id } of units) {
    const own = 1 + Math.max(-1, ...upstream.get(id)!.map((other) => level.get(other.id)!));
    level.set(id, own);
    (levels[own] ??= []).push(`${cliCommand()} unit ${shellQuote(study)} ${shellQuote(id)} --quiet`);
  }
  return levels;
}
