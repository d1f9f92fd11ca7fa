import type { NdArray, TypedArray } from '../util/array.js';
import { InputError } from '../util/errors.js';

/** Shape of a MATLAB array: at least two axes. Data, cells and elements are in C order, whatever the file's. */
type MatShape = readonly number[];

/** Numbers of any class; for complex numbers `data` holds the real parts. */
export interface MatNumeric extends NdArray<TypedArray> {
  readonly kind: 'numeric';
  readonly imaginary?: TypedArray;
}

/** Logical values, 0 or 1. */
export interface MatLogical extends NdArray<Uint8Array> {
  readonly kind: 'logical';
}

/** Text: the character array's rows (along its last axis), trailing spaces kept. */
export interface MatChar {
  readonly kind: 'char';
  readonly shape: MatShape;
  readonly rows: readonly string[];
}

/** A cell array of a MAT file. */
export interface MatCell {
  readonly kind: 'cell';
  readonly shape: MatShape;
  readonly cells: readonly MatValue[];
}

/** A struct array: one record per element, one element in most files. An old-style object has its class's name. */
export interface MatStruct {
  readonly kind: 'struct';
  readonly shape: MatShape;
  readonly fields: readonly string[];
  readonly elements: readonly ReadonlyMap<string, MatValue>[];
  readonly className?: string;
}

/** A sparse matrix as its stored elements: column by column, rows and columns 0-based. */
export interface MatSparse {
  readonly kind: 'sparse';
  readonly shape: MatShape;
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly data: Float64Array;
  readonly imaginary?: Float64Array;
  readonly isLogical: boolean;
}

/** What has no meaning outside MATLAB: a function handle, or an object of a newer class, with its raw content. */
export interface MatOpaque {
  readonly kind: 'function' | 'object';
  readonly className: string;
  readonly content: MatValue;
}

/** One value of a MAT file, told apart by `kind`. */
export type MatValue = MatNumeric | MatLogical | MatChar | MatCell | MatStruct | MatSparse | MatOpaque;

/**
 * A MAT value known to be of one kind.
 *
 * @throws InputError naming `what` if it is missing or of another kind
 * @example
 * const betas = expectMat(file.get('Y'), 'cell', 'Y').cells.map((cell) => toMatrix(expectMat(cell, 'numeric', 'Y{…}')));
 */
export function expectMat<Kind extends MatValue['kind']>(
  value: MatValue | undefined,
  kind: Kind,
  what: string,
): Extract<MatValue, { kind: Kind }> {
  if (value?.kind !== kind) throw new InputError(`kind of ${what}`, value?.kind ?? 'missing', kind);
  return value as Extract<MatValue, { kind: Kind }>;
}
