/** Largest cosines known, and whose they are: −1 where none is. */
export interface Bests {
  best: Float64Array;
  bestId: Int32Array;
}

/** Copies the bests at the slots, in order. */
export function copyBest(all: Bests, slots: Int32Array, to: Bests): void {
  for (let k = 0; k < slots.length; k++) {
    to.best[k] = all.best[slots[k]!]!;
    to.bestId[k] = all.bestId[slots[k]!]!;
  }
}

/** Puts found bests where they are larger, or as large and of a smaller id. */
export function offerBest(all: Bests, slots: Int32Array, found: Bests): void {
  for (let k = 0; k < slots.length; k++) {
    const [slot, id, s] = [slots[k]!, found.bestId[k]!, found.best[k]!];
    if (id < 0) continue;
    const known = all.bestId[slot]!;
    if (!(s > all.best[slot]! || (s === all.best[slot]! && (known < 0 || id < known)))) continue;
    all.best[slot] = s;
    all.bestId[slot] = id;
  }
}

/** Puts found ids where they are smaller. */
export function offerFirst(all: Bests, slots: Int32Array, found: Bests): void {
  for (let k = 0; k < slots.length; k++) {
    const [slot, id] = [slots[k]!, found.bestId[k]!];
    if (id < 0 || (all.bestId[slot]! >= 0 && all.bestId[slot]! <= id)) continue;
    all.best[slot] = found.best[k]!;
    all.bestId[slot] = id;
  }
}
