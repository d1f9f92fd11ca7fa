import { inspect, stripVTControlCharacters } from 'node:util';
import type { Diagnostic } from 'tslab/dist/converter.js';
import { isSharedConceptsError } from '../../util/errors.js';

/** An error as the Jupyter protocol carries it. */
export interface ErrorContent extends Record<string, unknown> {
  ename: string;
  evalue: string;
  traceback: string[];
}

const red = (text: string) => `\x1b[31m${text}\x1b[0m`;
const grey = (text: string) => `\x1b[90m${text}\x1b[0m`;

/**
 * An error as a cell shows it. Errors that the toolkit throws on purpose are their message and nothing else; others
 * also show where in the cell and in the user's files they came from, never the frames of Node or of packages.
 *
 * @param cellLine finds the cell's own line, and its text, for a place in the code that was run
 */
export function describeError(error: unknown, cellLine?: CellLine): ErrorContent {
  if (!(error instanceof Error) && !isErrorLike(error)) {
    const evalue = typeof error === 'string' ? error : stripVTControlCharacters(inspect(error));
    return { ename: 'Error', evalue, traceback: [`${red('Thrown')}: ${evalue}`] };
  }
  const { name, message } = error;
  const traceback = [`${red(name)}: ${message}`];
  const place = placeInCell(error.stack ?? '', cellLine);
  if (place) traceback.push(grey(place));
  if (!isSharedConceptsError(error)) traceback.push(...ownFrames(error.stack ?? '').map(grey));
  for (let cause = error.cause, depth = 0; cause instanceof Error && depth < 3; cause = cause.cause, depth++)
    traceback.push(grey(`  because: ${cause.message}`));
  return { ename: name, evalue: message, traceback };
}

/**
 * Type and syntax errors of a cell, each with its line and a mark under the place. Of several messages about one place
 * TypeScript's last is the most particular: it comes first, the others follow in grey.
 */
export function describeDiagnostics(diagnostics: readonly Diagnostic[], code: string): ErrorContent {
  const lines = code.split('\n');
  const places = byPlace(diagnostics);
  const traceback = places.flatMap((messages) => {
    const { start, end, messageText, fileName } = messages.at(-1)!;
    const where = `${fileName ? `${fileName}, ` : ''}line ${start.line + 1}, column ${start.character + 1}`;
    const head = `${red('TypeScript')}: ${where}: ${messageText}`;
    const others = messages.slice(0, -1).map((outer) => grey(`  in: ${outer.messageText}`));
    const text = fileName ? undefined : lines[start.line];
    if (text === undefined) return [head, ...others];
    const length = end.line === start.line ? end.character - start.character : text.length - start.character;
    const mark = `  ${' '.repeat(start.character)}${red('^'.repeat(Math.max(1, length)))}`;
    return [head, `  ${text}`, mark, ...others];
  });
  const first = places[0]!.at(-1)!;
  return {
    ename: 'TypeScriptError',
    evalue: `line ${first.start.line + 1}: ${first.messageText}`,
    traceback,
  };
}

/** Neighbouring diagnostics of the same place together. */
function byPlace(diagnostics: readonly Diagnostic[]): Diagnostic[][] {
  const placeOf = ({ start, end, fileName }: Diagnostic) => JSON.stringify([fileName, start, end]);
  const places: Diagnostic[][] = [];
  for (const diagnostic of diagnostics) {
    const last = places.at(-1);
    if (last && placeOf(last[0]!) === placeOf(diagnostic)) last.push(diagnostic);
    else places.push([diagnostic]);
  }
  return places;
}

/** The cell's own line, 1-based, and its text, for a line of the code that was run. */
export type CellLine = (line: number) => { line: number; text: string } | undefined;

/** Errors thrown in another realm (a vm context, a worker) are not instances of this realm's Error. */
function isErrorLike(error: unknown): error is Error {
  return typeof error === 'object' && error !== null && 'message' in error && 'stack' in error;
}

function placeInCell(stack: string, cellLine: CellLine | undefined): string | undefined {
  const frame = /evalmachine\.<anonymous>:(\d+)/.exec(stack);
  const place = frame && cellLine?.(Number(frame[1]));
  return place ? `  line ${place.line}: ${place.text.trim()}` : undefined;
}

/** Frames in the user's own files: neither the cell, nor Node, nor packages, nor the toolkit itself. */
function ownFrames(stack: string): string[] {
  const toolkit = new URL('../..', import.meta.url).pathname;
  return stack
    .split('\n')
    .filter((line) => /^\s+at .*[\\/]/.test(line))
    .filter((line) => !/node:|node_modules|evalmachine/.test(line) && !line.includes(toolkit))
    .slice(0, 8);
}
