/** Which layers lie where, as one small number a place. */
export interface LayerCodes {
  /** 0 for no layer; code c > 0 for the layers `combos[c − 1]`. */
  readonly codes: Uint8Array;
  /**
   * Layers of each code: each layer alone in order, then the overlaps that occur. Where more than 255 different
   * ones occur, the rest share the last code, whose list is empty.
   */
  readonly combos: readonly (readonly number[])[];
}

/** Codes of places that layers are added to one by one. At most 250 layers. */
export class LayerCoder {
  readonly #combos: number[][];
  readonly #joined = new Map<number, number>();
  readonly #byName = new Map<string, number>();

  constructor(nLayers: number) {
    this.#combos = Array.from({ length: nLayers }, (_, layer) => [layer]);
  }

  /** Code of a place that had `code` and gets `layer`. */
  join(code: number, layer: number): number {
    if (code === 0) return layer + 1;
    const key = code * 256 + layer;
    let joined = this.#joined.get(key);
    if (joined === undefined) {
      joined = this.#find(code, layer);
      this.#joined.set(key, joined);
    }
    return joined;
  }

  #find(code: number, layer: number): number {
    const members = this.#combos[code - 1]!;
    if (members.length === 0 || members.includes(layer)) return code;
    const wanted = [...members, layer].sort((a, b) => a - b);
    const known = this.#byName.get(wanted.join());
    if (known) return known;
    if (this.#combos.length < 254) this.#combos.push(wanted);
    else if (this.#combos.length === 254) this.#combos.push([]);
    const made = this.#combos.length;
    if (this.#combos[made - 1]!.length) this.#byName.set(wanted.join(), made);
    return made;
  }

  /** The codes with only those overlaps in the list that some place has. */
  finish(codes: Uint8Array, nLayers: number): LayerCodes {
    const isUsed = new Uint8Array(256);
    for (const code of codes) isUsed[code] = 1;
    const to = new Uint8Array(256);
    const combos: number[][] = [];
    this.#combos.forEach((members, i) => {
      if (i < nLayers || isUsed[i + 1]) to[i + 1] = combos.push(members);
    });
    return { codes: codes.map((code) => to[code]!), combos };
  }
}

/** {@link LayerCodes} of masks over the same places. */
export function layerCodes(masks: readonly ArrayLike<number>[], nPlaces: number): LayerCodes {
  const coder = new LayerCoder(masks.length);
  const codes = new Uint8Array(nPlaces);
  masks.forEach((mask, layer) => {
    for (let v = 0; v < nPlaces; v++) if (mask[v]) codes[v] = coder.join(codes[v]!, layer);
  });
  return coder.finish(codes, masks.length);
}
