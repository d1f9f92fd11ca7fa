import { FileError, FormatError } from '../util/errors.js';

/** Something that another try may mend. */
export class Transient extends Error {
  constructor(
    message: string,
    readonly waitMs?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export function checkStatus(url: string, { status, headers }: Response, start: number): void {
  if (status === 200 || (status === 206 && start > 0)) return;
  if (status === 416 && start > 0) return;
  if (status === 404 || status === 410) {
    throw new FileError(
      url,
      `is not there (HTTP ${status})`,
      'the data set may have moved: update the manifest',
    );
  }
  if (status === 401 || status === 403) {
    throw new FileError(url, `is not given to everyone (HTTP ${status})`, 'ask its owners for access');
  }
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const seconds = Number(headers.get('retry-after') ?? Number.NaN);
    throw new Transient(
      `answers HTTP ${status}`,
      seconds >= 0 && seconds <= 120 ? seconds * 1000 : undefined,
    );
  }
  throw new FileError(url, `answers HTTP ${status}`);
}

/** First byte and whole length of a partial answer; of a refused range (`bytes *\/9`) the length alone. */
export function rangeOf(response: Response): { start?: number; total?: number } | undefined {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (!match) return undefined;
  const [start, total] = [match[1], match[2]].map((digits) =>
    /^\d+$/.test(digits ?? '') ? Number(digits) : undefined,
  );
  return { start, total };
}

/** System and network errors of a transfer: what another try may mend becomes {@link Transient}. */
export function networkError(error: unknown, stalled: boolean): unknown {
  if (stalled) return new Transient('sends nothing any more', undefined, { cause: error });
  const { name, cause, code } = error as Error & { cause?: NodeJS.ErrnoException; code?: string };
  // fetch reports what the network did as a TypeError with a cause; one without is a defect of ours.
  if ((name === 'TypeError' && cause) || cause?.code?.startsWith('UND_ERR')) {
    const reason = cause?.code ?? cause?.message ?? 'no reason given';
    const offline = ['ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'ECONNREFUSED', 'EHOSTUNREACH', 'ETIMEDOUT'];
    const problem = offline.includes(reason) ? `cannot be reached (${reason})` : `breaks off (${reason})`;
    return new Transient(problem, undefined, { cause: error });
  }
  if (code === 'ECONNRESET') return new Transient('breaks off (ECONNRESET)', undefined, { cause: error });
  return error;
}

export const wrongSize = (url: string, size: number, expected: number) =>
  new FormatError(
    url,
    `has ${size} bytes or more; must have ${expected}`,
    'the file there has changed: update the manifest',
  );

export function wrongHash(url: string, sha256: string, expected: string, path: string): Error {
  const problem = `arrives with SHA-256 ${sha256}; must be ${expected}`;
  return new FormatError(
    url,
    problem,
    `the file there has changed or is damaged; what came is in ${path}.part`,
  );
}
