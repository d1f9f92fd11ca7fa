import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from '../../src/cli/main.js';
import { registry } from '../../src/cli/registry.js';
import { codeBlocks, docsPages, inlineCode, root } from './pages.js';

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** Words of a line of shell: quotes kept together, variables before the command left out. */
function wordsOf(command: string): string[] {
  const words = (command.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^["']|["']$/g, ''));
  return words.slice(words.findIndex((word) => !/^[A-Z_]+=/.test(word)));
}

const commandsOf = (shell: string) =>
  shell
    .replace(/\\\n/g, ' ')
    .replace(/(^|\s)#.*$/gm, '')
    .split(/\n|&&|\|\|?|;/)
    .map(wordsOf)
    .filter((words) => words.length > 0);

/** What is wrong with a command, or nothing. */
async function problemOf(words: readonly string[]): Promise<string | undefined> {
  const [first, ...rest] = words as [string, ...string[]];
  if (first === 'npx') return problemOf(rest);
  if (first === 'sdc') return problemOfSdc(rest);
  if (first === 'npm' && rest[0] === 'run') return problemOfScript(rest.slice(1));
  if (['node', 'python3'].includes(first) || (first === 'vitest' && rest[0] === 'run')) {
    const file = rest.find((word) => /[\w-]\/[\w-]/.test(word));
    return !file || existsSync(join(root, file)) ? undefined : `${file} is not there`;
  }
  const known = [
    'npm',
    'pip',
    'cd',
    'git',
    'sudo',
    'snakemake',
    'jupyter',
    'conda',
    'parallel',
    'mkdir',
    'code',
  ];
  return known.includes(first) ? undefined : `${first} is no command that the docs may use`;
}

async function problemOfSdc([name, ...rest]: readonly string[]): Promise<string | undefined> {
  if (name === undefined || /^(--help|--version|COMMAND|…)$/.test(name)) return undefined;
  if (!Object.hasOwn(registry, name)) return `sdc has no command ${name}`;
  const command = await registry[name]!.load();
  const given = rest.filter((word) => word !== '…' && !/^\[.*\]$/.test(word));
  try {
    const { positionals, values } = parse(command, given);
    const [fewest, most] = command.positionals;
    const isWhole = !rest.includes('…') && rest.length > 0 && !values['help'];
    if (positionals.length > most || (isWhole && positionals.length < fewest))
      return `${positionals.length} words, not ${fewest} to ${most}`;
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function problemOfScript([name, dashes, ...rest]: readonly string[]):
  | Promise<string | undefined>
  | string
  | undefined {
  const script = scripts[name ?? ''];
  if (!script) return `package.json has no script ${name}`;
  const sdc = /^node dist\/cli\.js (.+)$/.exec(script);
  if (!sdc) return undefined;
  return problemOfSdc([...sdc[1]!.split(' '), ...(dashes === '--' ? rest : [])]);
}

it.each(docsPages())('every command that $path shows can be given', async (page) => {
  const shown = codeBlocks(page, 'sh', 'bash', 'shell').flatMap(commandsOf);
  const isCommand = /^(npx |npm run |sdc [a-z]|node [a-z./]+\/|python3 )/;
  const inText = inlineCode(page)
    .filter((code) => isCommand.test(code))
    .flatMap(commandsOf);
  const problems = [];
  for (const words of [...shown, ...inText]) {
    const problem = await problemOf(words);
    if (problem) problems.push(`${words.join(' ')}: ${problem}`);
  }
  expect(problems).toEqual([]);
});

it('every command that a message of the toolkit tells the user to run exists, with its options', async () => {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  const problems = [];
  let nChecked = 0;
  for (const path of files) {
    const text = readFileSync(join(root, 'src', path), 'utf8');
    for (const [found, command] of text.matchAll(
      /\b(sdc (?:[a-z-]+)(?: (?:\$\{[^}]*\}|[\w./=-]+|"[^"]*"))*)/g,
    )) {
      const words = wordsOf(command!.replace(/\$\{[^}]*\}/g, 'X'));
      // Prose such as "sdc is" is no command.
      const problem = await problemOfSdc([...words.slice(1), '…']);
      if (problem && !/ (words|no command (is|and|has|runs|here|for))/.test(problem))
        problems.push(`${path}: ${found}: ${problem}`);
      nChecked++;
    }
  }
  expect(problems).toEqual([]);
  expect(nChecked).toBeGreaterThan(20);
});

it('commands that cannot be given are noticed', async () => {
  const of = (line: string) => problemOf(commandsOf(line)[0]!);
  expect(await of('npx sdc embed --help')).toBe('sdc has no command embed');
  expect(await of('sdc run study --fast')).toContain('--fast');
  expect(await of('sdc plan')).toBeUndefined();
  expect(await of('sdc plan study more')).toBe('2 words, not 1 to 1');
  expect(await of('npm run nothing')).toBe('package.json has no script nothing');
  expect(await of('npm run jupyter -- --chekc')).toContain('--chekc');
  expect(await of('SDC_TEST=1 npx vitest run test/none   # why')).toBe('test/none is not there');
  expect(await of('npx sdc plan study --all # every unit')).toBeUndefined();
});
