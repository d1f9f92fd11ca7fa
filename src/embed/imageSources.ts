import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { FileError, FormatError, InputError } from '../util/index.js';
import type { DecodedPicture } from './picture.js';
import { loadSharp } from './transformers.js';

/** Pictures in a fixed order, read one by one when they are needed. */
export interface ImageSource {
  readonly length: number;
  /** What each picture is called in messages and tables: its file name, or its number. */
  nameOf(index: number): string;
  read(index: number): Promise<DecodedPicture>;
}

const extensions = new Set(['.png', '.jpg', '.jpeg', '.webp', '.gif', '.tif', '.tiff', '.svg']);

/**
 * The pictures of a folder (not of folders in it), in the order of their names (by code unit, so that the
 * order is the same everywhere). Other files are passed over.
 *
 * @throws FileError if the folder cannot be read, InputError if it has no picture
 */
export async function imageFolder(folder: string): Promise<ImageSource> {
  const names = await readdir(folder).catch((cause) => {
    throw new FileError(folder, cause.code === 'ENOENT' ? 'is missing' : 'cannot be read', undefined, cause);
  });
  const pictures = names.filter((name) => extensions.has(extname(name).toLowerCase())).sort();
  if (!pictures.length) {
    throw new InputError(
      'number of pictures',
      0,
      'at least 1',
      `put ${[...extensions].join(', ')} files in ${folder}`,
    );
  }
  return imageFiles(pictures, folder);
}

/**
 * Picture files in the given order, for example that of a stimulus table.
 *
 * @param folder where relative names start
 */
export function imageFiles(names: readonly string[], folder = '.'): ImageSource {
  return {
    length: names.length,
    nameOf: (index) => names[index]!,
    read: (index) => readPicture(join(folder, names[index]!)),
  };
}

/**
 * Decodes a picture file to 8-bit grey or RGB, with alpha if it has it. Palettes are expanded, a rotation in its EXIF data
 * is not applied (as in Pillow); of an animation the first frame is read. Needs the optional package transformers.
 *
 * @throws FileError if it cannot be read; FormatError if it is empty, no picture, CMYK or of 16 bits: what these become
 *   in 8-bit RGB is a choice of colour management that is the user's to make
 */
export async function readPicture(path: string): Promise<DecodedPicture> {
  const sharp = await loadSharp();
  const bytes = await readFile(path).catch((cause) => {
    throw new FileError(path, cause.code === 'ENOENT' ? 'is missing' : 'cannot be read', undefined, cause);
  });
  if (bytes.length === 0) throw new FormatError(path, 'is empty (0 bytes)', 'copy it again');
  try {
    const { space = '', depth = '' } = await sharp(bytes).metadata();
    if (space === 'cmyk' || (depth !== '' && depth !== 'uchar')) {
      throw new FormatError(
        path,
        `is ${space === 'cmyk' ? 'CMYK' : `of depth ${depth}`}`,
        'convert it to 8-bit RGB',
      );
    }
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    return {
      data,
      width: info.width,
      height: info.height,
      channels: info.channels as DecodedPicture['channels'],
    };
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(
      path,
      `cannot be decoded: ${(cause as Error).message}`,
      'copy or convert it',
      cause,
    );
  }
}
