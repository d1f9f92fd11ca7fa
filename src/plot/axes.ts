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
