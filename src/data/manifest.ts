import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ValidateFunction } from 'ajv';
import { FormatError, InputError } from '../util/errors.js';
import { explainSchemaError } from '../util/explainSchemaError.js';
import { readBytes } from './file.js';

/** One file of a manifest, or one for each participant and session where its path has `{participant}`, `{session}`. */
export interface ManifestFile {
  readonly path: string;
  readonly url?: string;
  readonly size?: number;
  readonly sha256?: string;
  readonly holds: string;
  readonly licence?: string;
  readonly extra?: string;
}

/** The files of a public data set; `manifest.schema.json` says what each part means. */
export interface Manifest {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly licence: string;
  readonly citation: readonly string[];
  readonly terms?: { readonly text: string; readonly url: string };
  readonly base: string;
  readonly participants?: Readonly<Record<string, { readonly sessions?: number }>>;
  readonly files: readonly ManifestFile[];
}

const folder = fileURLToPath(new URL('../../data-manifests/', import.meta.url));
let validate: ValidateFunction | undefined;

/** Names of the manifests that come with the toolkit, sorted. */
export async function listManifests(): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  return names.map((name) => basename(name, '.json')).sort();
}

/**
 * Loads a manifest and checks it against the published schema (`manifest.schema.json`).
 *
 * @param name of a manifest that comes with the toolkit (`finger7t`), or the path of a `.json` file of one's own
 * @throws InputError if there is none of that name; FileError, FormatError for a file that is missing or not valid
 */
export async function loadManifest(name: string): Promise<Manifest> {
  const isPath = name.endsWith('.json');
  if (!isPath) {
    const names = await listManifests();
    if (!names.includes(name))
      throw new InputError('manifest', name, `one of ${names.join(', ')}, or a .json file`);
  }
  const path = isPath ? name : join(folder, `${name}.json`);
  const text = new TextDecoder().decode(await readBytes(path));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new FormatError(path, `is not JSON (${(cause as Error).message})`, 'mend the syntax', cause);
  }
  return checkManifest(value, path);
}

/** Checks parsed JSON against the manifest schema, and what the schema cannot say; `path` is named in errors. */
export async function checkManifest(value: unknown, path: string): Promise<Manifest> {
  if (!validate) {
    const { Ajv } = await import('ajv');
    const schema = await readFile(new URL('./manifest.schema.json', import.meta.url), 'utf8');
    validate = new Ajv({ verbose: true }).compile(JSON.parse(schema));
  }
  if (!validate(value))
    throw new FormatError(path, explainSchemaError(validate.errors![0]!), 'see manifest.schema.json');
  const manifest = value as Manifest;
  const paths = manifest.files.map((file) => file.path.toLowerCase());
  const twice = paths.find((each, index) => paths.indexOf(each) !== index);
  if (twice !== undefined) throw new FormatError(path, `lists ${twice} twice`);
  for (const file of manifest.files) {
    const tokens = [...file.path.matchAll(/\{([^}]*)\}/g)].map(([, token]) => token!);
    const unknown = tokens.find((token) => !/^(participant|session(:0\d)?)$/.test(token));
    if (unknown)
      throw new FormatError(path, `${file.path} has {${unknown}}; {participant} and {session} are known`);
    if (tokens.length && !tokens.includes('participant'))
      throw new FormatError(path, `${file.path} lacks {participant}`);
    if (tokens.length && !manifest.participants)
      throw new FormatError(path, `lists no participants for ${file.path}`);
    if (tokens.length && (file.sha256 || file.size !== undefined)) {
      throw new FormatError(path, `${file.path} stands for many files and cannot have one size or sha256`);
    }
  }
  return manifest;
}
