/** Rows of one concept (column `vector` or `concept`) and side of a ranked table, in rank order. */
export function rowsOf(
  table: Record<string, ArrayLike<unknown>> | undefined,
  vector: number,
  side: string,
): number[] {
  if (!table) return [];
  const concepts = (table['vector'] ?? table['concept'])!;
  return Array.from(concepts, (_, row) => row).filter(
    (row) => Number(concepts[row]) === vector && table['side']![row] === side,
  );
}

/** Columns of a table as a list of rows. */
export function rowsOfColumns(
  columns: Readonly<Record<string, ArrayLike<unknown>>>,
): Record<string, string | number>[] {
  const names = Object.keys(columns);
  return Array.from({ length: columns[names[0]!]!.length }, (_, row) =>
    Object.fromEntries(names.map((name) => [name, columns[name]![row] as string | number])),
  );
}
