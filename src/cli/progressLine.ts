import type { ProgressListener } from '../util/progress.js';

/** The one progress line that moves, on a terminal's stderr; silent where stderr is not a terminal. */
export function progressLine(): { show: ProgressListener; clear: () => void } {
  const terminal = process.stderr;
  let shown = false;
  let last = 0;
  return {
    show({ label, done, total, detail }) {
      const now = performance.now();
      if (!terminal.isTTY || (now - last < 80 && done !== total)) return;
      last = now;
      const share = total ? Math.min(1, done / total) : 0;
      const bar = total
        ? `${'━'.repeat(Math.round(share * 20)).padEnd(20, '╌')} ${Math.round(share * 100)} % `
        : '';
      const text = `${bar}${label}${detail ? ` · ${detail}` : ''}`;
      terminal.write(`\r\x1b[2K${text.slice(0, (terminal.columns || 80) - 1)}`);
      shown = true;
    },
    clear() {
      if (shown) terminal.write('\r\x1b[2K');
      shown = false;
    },
  };
}
