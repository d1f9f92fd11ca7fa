import { withHdf5 } from '../data/hdf5File.js';
import { FormatError, InputError } from '../util/index.js';
import type { ImageSource } from './imageSources.js';

/** Pictures read from the file at once; 17 MB at NSD's 425 × 425. */
const blockSize = 32;

/**
 * The pictures of NSD's `nsd_stimuli.hdf5` (dataset `imgBrick`, 73,000 × 425 × 425 × 3 bytes), or of any HDF5 file
 * with such a dataset. Read in blocks of 32 as they are asked for; two blocks are kept.
 *
 * @param options `dataset` (default `imgBrick`); `rows`: which pictures, 0-based (picture n of NSD's 73k ids is row
 *   n − 1), default all
 * @throws FileError, FormatError if there is no such dataset of bytes; InputError for a row that is not there
 * @example
 * const embeddings = await embedImages(await nsdStimuli('nsd_stimuli.hdf5'), { shards: 'cache/nsd' });
 */
export async function nsdStimuli(
  path: string,
  options: { dataset?: string; rows?: ArrayLike<number> } = {},
): Promise<ImageSource> {
  const { dataset = 'imgBrick' } = options;
  const [nImages, height, width] = await withHdf5(path, (file) => {
    const { shape, type } = file.dataset(dataset);
    if (type === 'uint8' && shape.length === 4 && shape[3] === 3)
      return shape as [number, number, number, number];
    throw new FormatError(
      path,
      `${dataset} is ${shape.join(' × ')} ${type}; must be pictures × height × width × 3 bytes`,
    );
  });
  const rows = options.rows
    ? Int32Array.from(options.rows)
    : Int32Array.from({ length: nImages }, (_, i) => i);
  for (const row of rows) {
    if (row < 0 || row >= nImages)
      throw new InputError('row of a picture', row, `in [0, ${nImages}) of ${path}`);
  }
  const blocks = new Map<number, Promise<Uint8Array>>();
  const readBlock = (block: number) => {
    const found = blocks.get(block);
    if (found) return found;
    const [start, end] = [block * blockSize, Math.min((block + 1) * blockSize, nImages)];
    const reading = withHdf5(path, (file) =>
      file.dataset(dataset).slice([start, 0, 0, 0], [end, height, width, 3]),
    ) as Promise<Uint8Array>;
    if (blocks.size >= 2) blocks.delete(blocks.keys().next().value!);
    blocks.set(block, reading);
    return reading;
  };
  return {
    length: rows.length,
    nameOf: (index) => `${dataset}[${rows[index]}]`,
    async read(index) {
      const row = rows[index]!;
      const bytes = height * width * 3;
      const block = await readBlock(Math.floor(row / blockSize));
      const at = (row % blockSize) * bytes;
      return { data: block.slice(at, at + bytes), width, height, channels: 3 };
    },
  };
}
