import type { TypedArray } from '../util/array.js';
import { bytesPerElement, decodeElements, type ElementType } from './elements.js';

/** Type codes of a MAT v5 data element that are no numbers. */
export const codes = { matrix: 14, compressed: 15, utf8: 16, utf16: 17, utf32: 18 } as const;

const numberTypes: Record<number, ElementType> = {
  ...{ 1: 'int8', 2: 'uint8', 3: 'int16', 4: 'uint16', 5: 'int32', 6: 'uint32' },
  ...{ 7: 'float32', 9: 'float64', 12: 'int64', 13: 'uint64' },
  ...{ [codes.utf16]: 'uint16', [codes.utf32]: 'uint32' },
};

/** One tagged element of a MAT v5 file. */
export interface MatElement {
  readonly code: number;
  readonly bytes: Uint8Array;
}

/** Walks through the tagged elements of MAT v5 bytes, never beyond their end. */
export class MatBytes {
  #position = 0;

  /** @param fail makes the error for what is wrong */
  constructor(
    readonly bytes: Uint8Array,
    readonly littleEndian: boolean,
    readonly fail: (problem: string) => Error,
  ) {}

  get left(): number {
    return this.bytes.length - this.#position;
  }

  /** The next element; its padding to 8 bytes is passed over. */
  next(): MatElement {
    const word = this.#uint32();
    if (word >>> 16) {
      const length = word >>> 16;
      if (length > 4) throw this.fail(`a small element says it has ${length} bytes`);
      const bytes = this.#take(4).subarray(0, length);
      return { code: word & 0xffff, bytes };
    }
    const length = this.#uint32();
    const bytes = this.#take(length);
    if (word !== codes.compressed) this.#position += Math.min((8 - (length % 8)) % 8, this.left);
    return { code: word, bytes };
  }

  /** The numbers of an element in the type they are stored in. */
  numbers({ code, bytes }: MatElement): TypedArray {
    const type = numberTypes[code];
    if (!type) throw this.fail(`an element of type ${code} stands where numbers must be`);
    const size = bytesPerElement(type);
    if (bytes.length % size) throw this.fail(`${bytes.length} bytes cannot hold elements of ${type}`);
    return decodeElements(bytes.slice(), type, this.littleEndian);
  }

  /** The next element as integers that fit an int32, as dimensions and indices are. */
  integers(): Int32Array {
    const element = this.next();
    if (element.code !== 5 && element.code !== 6)
      throw this.fail(`type ${element.code} stands where int32 must be`);
    const values = this.numbers(element);
    return Int32Array.from(values as Int32Array, (value) => {
      if (value < 0 || value > 0x7fffffff) throw this.fail(`${value} is no size or index`);
      return value;
    });
  }

  /** The next element as ASCII text. */
  name(): string {
    const { code, bytes } = this.next();
    if ((code !== 1 && code !== codes.utf8) || bytes.some((byte) => byte > 127)) {
      throw this.fail('a name is not ASCII text');
    }
    return Buffer.from(bytes).toString('latin1').replace(/\0.*$/s, '');
  }

  #take(length: number): Uint8Array {
    if (length > this.left) throw this.fail(`${length} bytes are announced where ${this.left} are left`);
    this.#position += length;
    return this.bytes.subarray(this.#position - length, this.#position);
  }

  #uint32(): number {
    const bytes = this.#take(4);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, this.littleEndian);
  }
}
