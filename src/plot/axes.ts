import { plainText } from './figure.js';

/** Horizontal panels side by side: domains of `n` equal panels with a gap between, as fractions. */
export function panelDomains(n: number, gap = 0.06): [number, number][] {
  const width = (1 - gap * (n - 1)) / n;
  return Array.from({ length: n }, (_, i) => [i * (width + gap), i * (width + gap) + width]);
}

/** Plotly's name of the i-th axis: x, x2, x3 … */
export function axisName(letter: 'x' | 'y', i: number): string {
  return i === 0 ? letter : `${letter}${i + 1}`;
}

/** The layout key of the i-th axis: xaxis, xaxis2 … */
export function axisKey(letter: 'x' | 'y', i: number): string {
  return i === 0 ? `${letter}axis` : `${letter}axis${i + 1}`;
}

/** Shortens a name to `length` characters, the middle left out, so that both ends can be told apart. */
export function shorten(name: string, length = 28): string {
  if (name.length <= length) return name;
  const head = Math.ceil((length - 1) * 0.6);
  return `${name.slice(0, head)}…${name.slice(name.length - (length - 1 - head))}`;
}

/** Integer with groups of three: 17,883. */
export function count(n: number): string {
  return Math.round(n).toLocaleString('en-US');
}

/** The title of a colour bar, which stands over it: in lines of about 12 characters, broken at spaces. */
export function barTitle(name: string): string {
  const lines: string[] = [];
  for (const word of plainText(name).split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 12) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  // A low last line keeps the title off the topmost tick.
  return `${lines.join('<br>')}<br><span style="font-size:5px">\u00a0</span>`;
}
