import type { ErrorObject } from 'ajv';

/** The first thing that is wrong with JSON, in one line: its place, its value, what is allowed. Needs ajv's `verbose`. */
export function explainSchemaError(error: ErrorObject): string {
  const place = error.instancePath.replace(/^\//, '').replace(/\//g, '.') || 'the file';
  const value = JSON.stringify(error.data);
  const short = value !== undefined && value.length > 60 ? `${value.slice(0, 57)}…` : value;
  if (error.keyword === 'additionalProperties') {
    return `${place} has an unknown key "${error.params.additionalProperty}"`;
  }
  if (error.keyword === 'required') return `${place} lacks "${error.params.missingProperty}"`;
  const allowed =
    error.keyword === 'enum' ? `one of ${JSON.stringify(error.params.allowedValues)}` : error.message;
  return `${place} is ${short}; ${error.keyword === 'enum' ? 'must be ' : ''}${allowed}`;
}
