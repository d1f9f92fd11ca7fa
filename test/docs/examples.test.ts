import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import * as toolkit from '../../src/index.js';
import { root } from './pages.js';

/** What names stand for that examples use without saying where they come from; others may be anything. */
const usual: Record<string, string> = {
  affine: 'T.Affine',
  betas: 'T.Matrix',
  ceiling: 'T.NoiseCeiling',
  clusters: 'T.Clusters',
  dissociation: 'T.Dissociation',
  embeddings: 'T.Matrix',
  fit: 'T.DecoderFit',
  geometry: 'T.MapGeometry',
  hierarchy: 'T.ConceptHierarchy',
  ids: 'Int32Array',
  names: 'readonly string[]',
  paths: 'readonly string[]',
  patterns: 'readonly T.Matrix[]',
  phantom: 'T.Phantom',
  pooled: 'T.Matrix',
  predictions: 'T.Matrix',
  recovery: 'T.Recovery',
  trials: 'T.Trials',
  words: 'T.Matrix',
};

interface Example {
  file: string;
  code: string;
}

/** The examples of the doc comments of all files under src. */
function readExamples(): Example[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .flatMap((file) => {
      const comments = readFileSync(join(root, 'src', file), 'utf8').matchAll(/\/\*\*([\s\S]*?)\*\//g);
      return [...comments].flatMap(([, comment]) => examplesOf(comment!).map((code) => ({ file, code })));
    });
}

function examplesOf(comment: string): string[] {
  const text = comment.replace(/^\s*\* ?/gm, '');
  return text
    .split(/^(?=@\w)/m)
    .filter((tag) => tag.startsWith('@example'))
    .map((tag) => tag.slice('@example'.length).trim());
}

/** An example as a module; a lone "…" in it stands for what the reader would write there. */
function moduleOf({ code }: Example, names: Iterable<string>): string {
  const lines = [`import type * as T from '../../src/index.js';`];
  for (const name of names)
    lines.push(
      name in toolkit
        ? `import { ${name} } from '../../src/index.js';`
        : `declare const ${name}: ${usual[name] ?? 'any'};`,
    );
  return `${lines.join('\n')}\n${code.replace(/(^| )…$/gm, '$1{}')}\nexport {};\n`;
}

const options: ts.CompilerOptions = {
  ...ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    root,
  ).options,
  // A notebook's cells are checked like this too.
  ...{ noUncheckedIndexedAccess: false, noUnusedLocals: false, noEmit: true, rootDir: root },
};

/** What the compiler says of each module. */
function compile(modules: readonly string[], before?: ts.Program) {
  const texts = new Map(modules.map((text, k) => [join(root, `test/docs/example-${k}.ts`), text]));
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  host.getSourceFile = (path, ...rest) =>
    texts.has(path)
      ? ts.createSourceFile(path, texts.get(path)!, ts.ScriptTarget.ES2022)
      : (before?.getSourceFile(path) ?? getSourceFile(path, ...rest));
  const program = ts.createProgram([...texts.keys()], options, host, before);
  const said = [...texts.keys()].map((path) => {
    const file = program.getSourceFile(path)!;
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  });
  return { program, said };
}

/** "Cannot find name", also in its forms with advice, and "No value exists in scope for the shorthand property". */
const unknownName = new Set([2304, 2552, 2582, 2584, 18004]);

it('the examples of the doc comments compile', { timeout: 300_000 }, () => {
  const examples = readExamples();
  expect(examples.length).toBeGreaterThan(70);
  const bare = compile(examples.map((example) => moduleOf(example, [])));
  const modules = examples.map((example, k) => {
    const unknown = bare.said[k]!.filter(({ code }) => unknownName.has(code));
    return moduleOf(
      example,
      new Set(unknown.map(({ file, start, length }) => file!.text.substr(start!, length!))),
    );
  });
  const { said } = compile(modules, bare.program);
  const wrong = said.flatMap((diagnostics, k) =>
    diagnostics.map(({ messageText }) => {
      const { file, code } = examples[k]!;
      return `${file}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}\n  in: ${code}`;
    }),
  );
  expect(wrong).toEqual([]);
});
