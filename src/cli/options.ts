import { InputError } from '../util/errors.js';
import type { OptionValues } from './command.js';

/** Reads an option that must be a whole number of at least `least`; undefined if not given. */
export function wholeNumber(values: OptionValues, option: string, least: number): number | undefined {
  const given = values[option];
  if (given === undefined) return undefined;
  const value = Number(given);
  if (!Number.isSafeInteger(value) || value < least || given === '') {
    throw new InputError(`--${option}`, given, `a whole number of at least ${least}`);
  }
  return value;
}

/** Reads an option that must be a finite number; undefined if not given. */
export function realNumber(values: OptionValues, option: string): number | undefined {
  const given = values[option];
  if (given === undefined) return undefined;
  const value = Number(given);
  if (!Number.isFinite(value) || given === '') throw new InputError(`--${option}`, given, 'a number');
  return value;
}
