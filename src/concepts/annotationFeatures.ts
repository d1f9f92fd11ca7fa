import { InputError } from '../util/index.js';

/** An annotated object: its box in pixels (left, top, width, height), and the area of its mask if known. */
export interface AnnotatedObject {
  readonly box: readonly [number, number, number, number];
  readonly area?: number;
}

/** What annotations tell of a picture. */
export interface AnnotationFeatures {
  /** Annotated objects. */
  readonly numerosity: number;
  /** Share of the picture that the largest object covers, 0 … 1; NaN without objects. */
  readonly objectSize: number;
  /**
   * Mean distance of the objects' centres from the picture's, weighted by area, as a share of half the diagonal;
   * NaN without objects.
   */
  readonly contentEccentricity: number;
}

/**
 * Numerosity, object size and eccentricity of content from annotated boxes, as COCO has them (cut to the shown crop by
 * the caller).
 */
export function annotationFeatures(
  objects: readonly AnnotatedObject[],
  width: number,
  height: number,
): AnnotationFeatures {
  if (!(width > 0 && height > 0)) throw new InputError('size of picture', `${width} × ${height}`, 'positive');
  let [largest, weight, distance] = [0, 0, 0];
  for (const { box, area } of objects) {
    const [left, top, w, h] = box;
    const own = area ?? w * h;
    largest = Math.max(largest, own);
    weight += own;
    distance += own * Math.hypot(left + w / 2 - width / 2, top + h / 2 - height / 2);
  }
  return {
    numerosity: objects.length,
    objectSize: objects.length ? largest / (width * height) : Number.NaN,
    contentEccentricity: weight > 0 ? distance / weight / (Math.hypot(width, height) / 2) : Number.NaN,
  };
}
