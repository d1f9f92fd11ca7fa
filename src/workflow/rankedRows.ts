/** Rows of one concept and side of a ranked table, in rank order. */
export function rowsOf(
  table: Record<string, ArrayLike<unknown>> | undefined,
  vector: number,
  side: string,
): number[] {
  if (!table) return [];
  return Array.from(table['vector']!, (_, row) => row).filter(
    (row) => Number(table['vector']![row]) === vector && table['side']![row] === side,
  );
}
