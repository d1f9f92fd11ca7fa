import { FormatError } from '../util/errors.js';
import { withFile } from './file.js';
import { readMatV4 } from './matV4.js';
import { readMatV5 } from './matV5.js';
import type { MatValue } from './matValue.js';

/** Which variables {@link readMat} reads. */
export interface ReadMatOptions {
  /** Names of the variables to read; all by default. */
  variables?: readonly string[];
}

/**
 * Reads a MATLAB `.mat` file of version 4 or 5 (what `save` writes without `-v7.3`, and SciPy): numbers of any
 * class in that class (64-bit integers as BigInts), logical, char, cell, struct, sparse, complex, compressed, in
 * either byte order. Arrays are in C order, so that `[row, column]` means what it does in MATLAB. Of a field name
 * that a struct has twice, the later ones are called `_1_name`, `_2_name`, …, as in SciPy. Memory: the largest
 * variable twice, beside the result.
 *
 * @returns the variables by name, in the order of the file
 * @throws FileError if there is no such file; FormatError if it is no MAT file, is cut short or corrupt
 * @example
 * const file = await readMat('data_recipe_finger7T.mat');
 * const { cells } = expectMat(file.get('Y'), 'cell', 'Y'); // one nTrials × nVoxels matrix a participant
 */
export function readMat(path: string, { variables }: ReadMatOptions = {}): Promise<Map<string, MatValue>> {
  const isWanted = (name: string) => !variables || variables.includes(name);
  return withFile(path, async (file) => {
    const start = Buffer.alloc(Math.min(128, file.size));
    await file.read(0, start);
    const isV4 = start.length >= 20 && start.subarray(0, 4).includes(0);
    if (isV4) return readMatV4(file, isWanted);
    const endian = start.toString('latin1', 126, 128);
    if (start.length < 128 || (endian !== 'IM' && endian !== 'MI')) {
      throw new FormatError(path, 'is not a MAT file');
    }
    const version = endian === 'IM' ? start.readUInt16LE(124) : start.readUInt16BE(124);
    if (version >>> 8 === 2) {
      throw new FormatError(
        path,
        'is a MAT file of version 7.3, which is HDF5',
        'save it with -v7 in MATLAB, or read its arrays with readHdf5',
      );
    }
    if (version >>> 8 !== 1) throw new FormatError(path, `is a MAT file of unknown version ${version >>> 8}`);
    return readMatV5(file, endian === 'IM', isWanted);
  });
}
