/** Formats the code of every cell; the cells that were not formatted. */
export function formatNotebooks(options: { write: boolean }): string[];
