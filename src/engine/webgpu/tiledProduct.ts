/** How a workgroup multiplies: its tile of the result, and each thread's share of it. */
export interface Tile {
  /** Rows and columns of the result a workgroup makes. */
  rows: number;
  columns: number;
  /** Steps of the inner dimension held in workgroup memory at a time. */
  depth: number;
  /** Rows and columns of the result a thread keeps in registers: 4 or 8. */
  perRow: 4 | 8;
  perColumn: 4 | 8;
}

/** Threads of a workgroup. */
export const threadsOf = ({ rows, columns, perRow, perColumn }: Tile) =>
  (rows / perRow) * (columns / perColumn);

/** WGSL that multiplies a tile: Σₖ left[k][row] · right[k][column], both with the inner dimension first. */
export interface TiledProduct {
  /** Module-scope declarations. */
  shared: string;
  /** Statements that come first, once: a thread's place across and down; they use t. */
  place: string;
  /** Statements; they use t, kFirst, kEnd, row0 and column0, and leave the sums in `sum{r}_{g}`. */
  loop: string;
  /** Of each sum: row within the tile, and column as a vec4's place within the tile, as WGSL. */
  sums: { name: string; row: string; column4: string }[];
}

/**
 * Writes the loop of a tiled product with its sums in named registers: an array of them, indexed in a loop, may end in
 * slow memory. The next slice is fetched from global memory while this one is multiplied. A thread's rows and columns
 * come in runs of 4, spread so that neighbours read neighbouring words of workgroup memory.
 *
 * @param left name of an array<vec4f> with leftStride4 vec4s to a step of the inner dimension; `right` likewise
 */
export function tiledProduct(
  tile: Tile,
  left: { name: string; stride: string },
  right: { name: string; stride: string },
): TiledProduct {
  const threads = threadsOf(tile);
  const across = tile.columns / tile.perColumn;
  const down = tile.rows / tile.perRow;
  const range = (n: number) => [...Array(n).keys()];
  const sides = [
    { ...left, width: tile.rows / 4, shared: 'leftSlice', next: 'nextLeft', first: 'row0' },
    { ...right, width: tile.columns / 4, shared: 'rightSlice', next: 'nextRight', first: 'column0' },
  ];
  const pieces = sides.flatMap((side) =>
    range((tile.depth * side.width) / threads).map((i) => {
      const place = `(t + ${i * threads}u)`;
      const k = `k + ${place} / ${side.width}u`;
      return {
        next: `${side.next}${i}`,
        store: `${side.shared}[${place}] = ${side.next}${i};`,
        load: `${side.next}${i} = ${side.name}[(${k}) * ${side.stride} + ${side.first} / 4u + ${place} % ${side.width}u];`,
      };
    }),
  );
  const rowRuns = range(tile.perRow / 4);
  const columnRuns = range(tile.perColumn / 4);
  const sums = range(tile.perRow).flatMap((r) =>
    columnRuns.map((g) => ({
      name: `sum${r}_${g}`,
      row: `${(r >> 2) * down * 4}u + down * 4u + ${r & 3}u`,
      column4: `${g * across}u + across`,
      update: `sum${r}_${g} = fma(vec4f(l${r >> 2}.${'xyzw'[r & 3]}), r${g}, sum${r}_${g});`,
    })),
  );
  return {
    shared: sides
      .map((side) => `var<workgroup> ${side.shared}: array<vec4f, ${tile.depth * side.width}>;`)
      .join('\n'),
    sums,
    place: `
  let across = t % ${across}u;
  let down = t / ${across}u;`,
    loop: `
  ${sums.map(({ name }) => `var ${name} = vec4f(0.0);`).join('\n  ')}
  ${pieces.map(({ next }) => `var ${next}: vec4f;`).join('\n  ')}
  {
    let k = kFirst;
    ${pieces.map(({ load }) => load).join('\n    ')}
  }
  for (var kNext = kFirst + ${tile.depth}u; ; kNext += ${tile.depth}u) {
    workgroupBarrier();
    ${pieces.map(({ store }) => store).join('\n    ')}
    workgroupBarrier();
    if (kNext < kEnd) {
      let k = kNext;
      ${pieces.map(({ load }) => load).join('\n      ')}
    }
    for (var k = 0u; k < ${tile.depth}u; k++) {
      ${rowRuns.map((h) => `let l${h} = leftSlice[k * ${tile.rows / 4}u + ${h * down}u + down];`).join('\n      ')}
      ${columnRuns.map((g) => `let r${g} = rightSlice[k * ${tile.columns / 4}u + ${g * across}u + across];`).join('\n      ')}
      ${sums.map(({ update }) => update).join('\n      ')}
    }
    if (kNext >= kEnd) { break; }
  }`,
  };
}
