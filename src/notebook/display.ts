import { createRequire } from 'node:module';

/** One output of a cell: the same thing in several MIME types; the front end shows the richest it knows. */
export type MimeBundle = Record<string, unknown>;

interface DisplayData {
  data: MimeBundle;
  metadata: Record<string, unknown>;
  transient: { display_id?: string };
}

type WriteDisplayData = (data: DisplayData, update: boolean) => void;

/**
 * The running kernel's way to write an output, or undefined outside a notebook. tslab keeps it in a module of its
 * own; it is looked for among the modules already loaded, so that nothing is loaded where no kernel runs.
 */
function kernelDisplay(): WriteDisplayData | undefined {
  const loaded = createRequire(import.meta.url).cache ?? {};
  for (const [path, module] of Object.entries(loaded)) {
    if (!/[\\/]tslab[\\/]dist[\\/]jupyter\.js$/.test(path)) continue;
    const write = (module?.exports as { lastWriteDisplayData?: WriteDisplayData } | undefined)
      ?.lastWriteDisplayData;
    if (write) return write;
  }
  return undefined;
}

/** Whether code runs in a notebook's cell. */
export function inNotebook(): boolean {
  return kernelDisplay() !== undefined;
}

/**
 * Writes one output to the current cell; with an id, an output that later calls with `update` replace. Outside a
 * notebook the text version is printed instead (first writes only).
 */
export function writeOutput(bundle: MimeBundle, displayId?: string, update = false): void {
  const write = kernelDisplay();
  if (write)
    write({ data: bundle, metadata: {}, transient: displayId ? { display_id: displayId } : {} }, update);
  else if (!update) process.stdout.write(`${String(bundle['text/plain'] ?? '')}\n`);
}
