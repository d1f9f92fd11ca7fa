import { InputError } from '../util/errors.js';
import type { NsdStimuli } from './nsdDesign.js';

/** The three numberings of NSD's images, each to each. All throw {@link InputError} for a number there is not. */
export interface NsdIds {
  /** COCO id of an image (73KID, from 1). */
  cocoOf(image: number): number;
  /** 73KID of a COCO id. */
  imageOfCoco(cocoId: number): number;
  /** Place among the shared 1,000 (from 1) of an image (73KID); 0 for an image that is not shared. */
  sharedOf(image: number): number;
  /** 73KID of a place among the shared 1,000 (from 1, in ascending 73KID, as `sharedix` and `shared1000.tsv`). */
  imageOfShared(place: number): number;
}

/**
 * Converts between 73KID (from 1, as in `responses.tsv`), COCO ids, and places among the shared 1,000.
 *
 * @example nsdIds(await readNsdStimuli('nsd_stim_info_merged.csv')).cocoOf(1)
 */
export function nsdIds(stimuli: NsdStimuli): NsdIds {
  const cocoIds = new Map(Array.from(stimuli.image, (image, row) => [image, stimuli.cocoId[row]!]));
  const images = new Map(Array.from(stimuli.cocoId, (coco, row) => [coco, stimuli.image[row]!]));
  const shared = stimuli.image.filter((_, row) => stimuli.isShared[row] === 1);
  const places = new Map(Array.from(shared, (image, index) => [image, index + 1]));
  const known = (found: number | undefined, what: string, value: number, of: string) => {
    if (found === undefined) throw new InputError(what, value, of);
    return found;
  };
  const ofImages = `one of the ${stimuli.image.length} images, counted from 1`;
  return {
    cocoOf: (image) => known(cocoIds.get(image), '73KID', image, ofImages),
    imageOfCoco: (coco) => known(images.get(coco), 'COCO id', coco, 'that of an NSD image'),
    sharedOf: (image) => {
      known(cocoIds.get(image), '73KID', image, ofImages);
      return places.get(image) ?? 0;
    },
    imageOfShared: (place) =>
      known(shared[place - 1], 'place', place, `1 to ${shared.length}, the shared images`),
  };
}
