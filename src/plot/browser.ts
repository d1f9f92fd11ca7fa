import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MissingError, ResourceError } from '../util/errors.js';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'msedge'];
const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** Path of a Chromium, Chrome or Edge on this machine: `SDC_BROWSER` if set, else looked for; undefined if none. */
export function findBrowser(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const given = environment['SDC_BROWSER'];
  if (given !== undefined) return existsSync(given) ? given : undefined;
  const folders = (environment['PATH'] ?? '').split(delimiter).filter(Boolean);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const candidates = [
    ...folders.flatMap((folder) => names.map((name) => join(folder, name + suffix))),
    ...places,
  ];
  return candidates.find((path) => existsSync(path));
}

const flags = [
  ...[
    '--headless=new',
    '--disable-gpu-sandbox',
    '--hide-scrollbars',
    '--no-first-run',
    '--disable-extensions',
  ],
  ...['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
  ...[
    '--disable-background-networking',
    '--disable-sync',
    '--no-default-browser-check',
    '--disable-crash-reporter',
  ],
];

/**
 * Loads a page in a headless browser, waits until it is still, and returns what the browser prints with the given
 * switch: `--dump-dom`, `--print-to-pdf=…`. The page is a file of its own; nothing is fetched.
 *
 * @throws MissingError without a browser, or if it fails; ResourceError if it takes more than a minute
 */
export async function runBrowser(html: string, switches: readonly string[]): Promise<string> {
  const browser = findBrowser();
  if (!browser) {
    const named = process.env['SDC_BROWSER'];
    if (named !== undefined) {
      const fix = 'name a Chromium, Chrome or Edge that is, or unset it to have one looked for';
      throw new MissingError(`SDC_BROWSER ${JSON.stringify(named)}`, 'is not a file here', fix);
    }
    const fix =
      'install Chromium (Debian: "apt install chromium") or name one in SDC_BROWSER; HTML needs none';
    throw new MissingError('Chromium', 'is not here, and PNG, SVG and PDF are made with it', fix);
  }
  const folder = await mkdtemp(join(tmpdir(), 'sdc-figure-'));
  try {
    const page = join(folder, 'figure.html');
    await writeFile(page, html);
    const root = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const profile = `--user-data-dir=${join(folder, 'profile')}`;
    const budget = '--virtual-time-budget=20000';
    return await printed(browser, [
      ...flags,
      ...root,
      profile,
      budget,
      ...switches,
      pathToFileURL(page).href,
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

function printed(browser: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(browser, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    let problem = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new ResourceError('drawing the figure', 'more time', '60 s', 'draw fewer or smaller surfaces'));
    }, 60_000);
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      problem = chunk.toString().trim().split('\n').at(-1) ?? problem;
    });
    child.on('error', (cause) => {
      clearTimeout(timer);
      reject(new MissingError(browser, 'does not start', 'name another browser in SDC_BROWSER', cause));
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(Buffer.concat(out).toString());
      else
        reject(
          new MissingError(browser, `failed (${code}): ${problem}`, 'name another browser in SDC_BROWSER'),
        );
    });
  });
}
