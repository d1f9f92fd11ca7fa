import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectMat, type MatValue, readMat } from '../../src/data/index.js';
import { FormatError, randomStream, sizeOf } from '../../src/util/index.js';
import { temporaryFolder } from './folder.js';

/** A value as test/golden/mat.py writes SciPy's. */
interface Golden {
  kind: MatValue['kind'];
  shape?: number[];
  type?: string;
  data?: string[];
  imaginary?: string[];
  rows?: string[];
  cells?: Golden[];
  fields?: string[];
  elements?: Record<string, Golden>[];
  className?: string;
  content?: Golden;
}
const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/mat.json'), 'utf8')) as {
  files: Record<string, { error?: string; variables?: Record<string, Golden> }>;
};
const shared = join(import.meta.dirname, '../../../shared/data');
const folder = join(shared, 'readers/scipy_mat');
const absent = existsSync(folder) ? undefined : `${folder} is absent`;

const numbers = (values?: string[]) => values?.map((text) => Number(text.replace('inf', 'Infinity')));
const asNumbers = (values?: ArrayLike<number | bigint>) => values && Array.from(values, Number);

function compare(ours: MatValue, theirs: Golden, where: string): void {
  expect(ours.kind, where).toBe(theirs.kind);
  if (theirs.shape && 'shape' in ours) expect(ours.shape, where).toEqual(theirs.shape);
  if (ours.kind === 'numeric' || ours.kind === 'logical') {
    expect(asNumbers(ours.data), where).toEqual(numbers(theirs.data));
    if (theirs.type)
      expect(ours.data.constructor.name.replace('Big', '').toLowerCase()).toBe(`${theirs.type}array`);
  }
  if (ours.kind === 'numeric') expect(asNumbers(ours.imaginary), where).toEqual(numbers(theirs.imaginary));
  if (ours.kind === 'char') {
    // SciPy gives no row for an empty one; here a 1 × 0 text is one empty row.
    expect(ours.rows.join('') === '' ? [] : ours.rows, where).toEqual(
      theirs.rows!.filter((row) => row !== ''),
    );
  }
  if (ours.kind === 'cell') {
    expect(ours.cells.length).toBe(theirs.cells!.length);
    ours.cells.forEach((cell, i) => void compare(cell, theirs.cells![i]!, `${where}{${i}}`));
  }
  if (ours.kind === 'struct') {
    expect(ours.fields, where).toEqual(theirs.fields);
    expect(ours.className).toBe(theirs.className);
    ours.elements.forEach((element, i) => {
      expect([...element.keys()]).toEqual(theirs.fields);
      for (const [name, value] of element)
        compare(value, theirs.elements![i]![name]!, `${where}(${i}).${name}`);
    });
  }
  if (ours.kind === 'sparse') {
    const full = [new Array(sizeOf(ours.shape)).fill(0), new Array(sizeOf(ours.shape)).fill(0)];
    ours.data.forEach((value, k) => {
      const at = ours.rows[k]! * ours.shape[1]! + ours.columns[k]!;
      full[0]![at] += value;
      full[1]![at] += ours.imaginary?.[k] ?? 0;
    });
    expect(full[0], where).toEqual(numbers(theirs.data));
    expect(ours.imaginary && full[1], where).toEqual(numbers(theirs.imaginary));
  }
  if (ours.kind === 'function') compare(ours.content, theirs.content!, `${where}.content`);
  if (ours.kind === 'object') expect(ours.className, where).toBe(theirs.className);
}

describe('readMat', () => {
  for (const [name, theirs] of Object.entries(golden.files)) {
    const title = theirs.error ? `refuses what SciPy refuses: ${name}` : `reads what SciPy reads: ${name}`;
    it(title, async (ctx) => {
      if (absent) ctx.skip(absent);
      const path = join(folder, name);
      if (theirs.error) {
        const error = await readMat(path).catch((e: Error) => e);
        expect(error, theirs.error).toBeInstanceOf(FormatError);
        expect((error as Error).message).toContain(name);
        return;
      }
      const ours = await readMat(path);
      const named = [...ours].filter(([, value]) => value.kind !== 'object' || value.className !== 'string');
      expect(named.map(([variable]) => variable)).toEqual(Object.keys(theirs.variables!));
      for (const [variable, value] of named) compare(value, theirs.variables![variable]!, variable);
    });
  }

  it('has a golden value for every file of the folder', (ctx) => {
    if (absent) ctx.skip(absent);
    expect(readdirSync(folder).sort()).toEqual(Object.keys(golden.files).sort());
  });

  it('reads only the variables asked for', async (ctx) => {
    if (absent) ctx.skip(absent);
    for (const name of ['testmulti_7.4_GLNX86.mat', 'testmulti_4.2c_SOL2.mat']) {
      expect([...(await readMat(join(folder, name), { variables: ['theta', 'no'] })).keys()]).toEqual([
        'theta',
      ]);
    }
  });

  it('reads the seven participants of the 7T finger data', async (ctx) => {
    const path = join(shared, 'pcm_finger7T/data_recipe_finger7T.mat');
    if (!existsSync(path)) ctx.skip(`${path} is absent`);
    const file = await readMat(path);
    const shapes = expectMat(file.get('Y'), 'cell', 'Y').cells.map(
      (cell) => expectMat(cell, 'numeric', 'Y').shape,
    );
    expect(shapes.length).toBe(7);
    for (const [nTrials, nVoxels] of shapes) {
      expect([35, 40]).toContain(nTrials);
      expect(nVoxels).toBeGreaterThanOrEqual(1589);
      expect(nVoxels).toBeLessThanOrEqual(1946);
    }
    const conditions = expectMat(
      expectMat(file.get('condVec'), 'cell', 'condVec').cells[0],
      'numeric',
      'condVec',
    );
    expect(new Set(conditions.data as Float64Array)).toEqual(new Set([1, 2, 3, 4, 5]));
  });

  it('gives values or a FormatError, soon, for any cut or change of bytes', async (ctx) => {
    if (absent) ctx.skip(absent);
    const random = randomStream(5, 'mat');
    const names = readdirSync(folder).filter((name) => !/skip_variable|hdf5/.test(name));
    const path = join(temporaryFolder(), 'changed.mat');
    const outcomes = { read: 0, refused: 0 };
    for (let trial = 0; trial < 1500; trial++) {
      const whole = readFileSync(join(folder, names[trial % names.length]!));
      const bytes = trial % 3 ? whole : whole.subarray(0, random.integer(whole.length));
      const changes = trial % 3 ? 1 + random.integer(4) : 0;
      // Most changes go where sizes and types are, past the free text of the header.
      for (let i = 0; i < changes; i++)
        bytes[(124 + random.integer(120)) % bytes.length] = random.integer(256);
      writeFileSync(path, bytes);
      const error = await readMat(path).catch((e: Error) => e);
      if (error instanceof Error)
        expect(error, `${names[trial % names.length]}: ${error.stack}`).toBeInstanceOf(FormatError);
      outcomes[error instanceof Error ? 'refused' : 'read']++;
    }
    expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(120);
  });

  it('refuses what is no MAT file', async () => {
    const path = join(temporaryFolder(), 'no.mat');
    for (const text of ['', 'short', 'x'.repeat(500)]) {
      writeFileSync(path, text);
      await expect(readMat(path)).rejects.toThrow('no.mat: is not a MAT file');
    }
    await expect(readMat(`${path}-no`)).rejects.toThrow('is missing');
  });
});

describe('expectMat', () => {
  it('names what is missing or of another kind', () => {
    const text: MatValue = { kind: 'char', shape: [1, 1], rows: ['x'] };
    expect(expectMat(text, 'char', 'name').rows).toEqual(['x']);
    expect(() => expectMat(text, 'cell', 'Y')).toThrow('kind of Y is "char"; must be cell');
    expect(() => expectMat(undefined, 'cell', 'Y')).toThrow('kind of Y is "missing"; must be cell');
  });
});
