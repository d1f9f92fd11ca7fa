import type { Table } from 'arquero';
import { MissingError } from '../util/errors.js';
import type { Column } from './table.js';

/**
 * What is used most of a danfojs DataFrame. Its own types are not named here: they would bring all of TensorFlow.js
 * into every notebook's type check.
 */
export interface DataFrameView {
  readonly columns: string[];
  readonly shape: number[];
  readonly values: unknown[];
  // biome-ignore lint/suspicious/noExplicitAny: the rest of danfojs, untyped
  [member: string]: any;
}

/**
 * A table as a danfojs DataFrame, for those who come from pandas: to look at, and to hand on to TensorFlow.js. It is
 * a copy. danfojs is an optional peer and its statistics are not all right (missing values count as 0 in group
 * means, `concat` changes its input): take numbers that matter from the arquero table.
 *
 * @throws MissingError if danfojs-node is not installed
 * @example (await toDataFrame(await readTable('trials.tsv'))).head(5).print();
 */
export async function toDataFrame(table: Table | Readonly<Record<string, Column>>): Promise<DataFrameView> {
  const columns = isTable(table)
    ? Object.fromEntries(table.columnNames().map((name) => [name, Array.from(table.array(name))]))
    : Object.fromEntries(
        Object.entries(table).map(([name, column]) => [name, Array.from(column as ArrayLike<unknown>)]),
      );
  const danfo = await import('danfojs-node').catch((cause) => {
    throw new MissingError('danfojs-node', 'is not installed', 'npm install danfojs-node@1.2.0', cause);
  });
  const DataFrameClass = danfo.DataFrame ?? (danfo as unknown as { default: typeof danfo }).default.DataFrame;
  return new DataFrameClass(columns) as unknown as DataFrameView;
}

function isTable(table: Table | Readonly<Record<string, Column>>): table is Table {
  return typeof (table as Table).columnNames === 'function' && typeof (table as Table).numRows === 'function';
}
