import { FormatError } from '../util/errors.js';

/** Reads a file's bytes in order, big-endian as FreeSurfer writes them; every read is held against the end. */
export class ByteReader {
  readonly #view: DataView;
  at = 0;

  constructor(
    readonly bytes: Uint8Array,
    readonly path: string,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  #take(nBytes: number, what: string): number {
    if (nBytes > this.left) {
      const problem = `ends within ${what}: ${this.left} bytes are left of the ${nBytes} it needs`;
      throw new FormatError(this.path, problem, 'fetch it again');
    }
    this.at += nBytes;
    return this.at - nBytes;
  }

  uint8(what: string): number {
    return this.#view.getUint8(this.#take(1, what));
  }

  int16(what: string): number {
    return this.#view.getInt16(this.#take(2, what));
  }

  uint24(what: string): number {
    const at = this.#take(3, what);
    return (this.#view.getUint8(at) << 16) | this.#view.getUint16(at + 1);
  }

  int32(what: string): number {
    return this.#view.getInt32(this.#take(4, what));
  }

  float32(what: string): number {
    return this.#view.getFloat32(this.#take(4, what));
  }

  /** A count that what follows must bear out: refused when `bytesEach` of them would pass the end of the file. */
  count(what: string, bytesEach: number, value = this.int32(what)): number {
    if (value < 0 || value * bytesEach > this.left) {
      throw new FormatError(this.path, `says it has ${value} ${what}, but ${this.left} bytes follow`);
    }
    return value;
  }

  int32s(n: number, what: string): Int32Array {
    const at = this.#take(4 * n, what);
    return Int32Array.from({ length: n }, (_, i) => this.#view.getInt32(at + 4 * i));
  }

  float32s(n: number, what: string): Float32Array {
    const at = this.#take(4 * n, what);
    return Float32Array.from({ length: n }, (_, i) => this.#view.getFloat32(at + 4 * i));
  }

  /** Text of a fixed number of bytes, up to its first NUL. */
  text(nBytes: number, what: string): string {
    const at = this.#take(nBytes, what);
    const bytes = this.bytes.subarray(at, at + nBytes);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  }

  /** Text up to a line feed, which is passed over. */
  line(what: string): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) throw new FormatError(this.path, `ends within ${what}`);
    const text = new TextDecoder().decode(this.bytes.subarray(this.at, end));
    this.at = end + 1;
    return text;
  }
}
