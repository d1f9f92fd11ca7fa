import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * The folder where fetched data are kept: `SDC_CACHE` if set, else `shared-concepts` in the user's cache folder
 * (`XDG_CACHE_HOME` or `~/.cache`; `~/Library/Caches` on macOS; `%LOCALAPPDATA%` on Windows). It need not exist.
 */
export function cacheFolder(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
): string {
  if (environment['SDC_CACHE']) return resolve(environment['SDC_CACHE']);
  const home = environment['HOME'] || homedir();
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'shared-concepts');
  if (platform === 'win32') {
    return join(
      environment['LOCALAPPDATA'] || join(homedir(), 'AppData', 'Local'),
      'shared-concepts',
      'Cache',
    );
  }
  // The XDG specification has relative paths ignored.
  const xdg = environment['XDG_CACHE_HOME'];
  return join(xdg?.startsWith('/') ? xdg : join(home, '.cache'), 'shared-concepts');
}
