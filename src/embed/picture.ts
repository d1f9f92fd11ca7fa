import { InputError } from '../util/index.js';

/** A decoded picture: bytes row by row from the top, channels together. */
export interface DecodedPicture {
  /** height × width × channels. */
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha (not premultiplied). */
  readonly channels: 1 | 2 | 3 | 4;
}

/** Throws InputError for a picture without pixels, or whose bytes do not fit its size. */
export function checkPicture({ data, width, height, channels }: DecodedPicture, what = 'picture'): void {
  if (!(width >= 1 && height >= 1)) {
    throw new InputError(`size of ${what}`, `${width} × ${height}`, 'at least 1 × 1');
  }
  if (data.length !== width * height * channels) {
    throw new InputError(`bytes of ${what}`, data.length, `${width} × ${height} × ${channels}`);
  }
}
