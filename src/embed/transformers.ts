import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { importFromPart } from '../engine/parts.js';

/** The parts of @huggingface/transformers that are used here. */
export interface Transformers {
  Tensor: new (type: string, data: Float32Array, dims: number[]) => object;
  AutoTokenizer: { from_pretrained(model: string, options: object): Promise<Tokenizer> };
  AutoImageProcessor: {
    from_pretrained(model: string, options: object): Promise<{ config: ImageProcessorConfig }>;
  };
  CLIPVisionModelWithProjection: { from_pretrained(model: string, options: object): Promise<Model> };
  CLIPTextModelWithProjection: { from_pretrained(model: string, options: object): Promise<Model> };
}

export interface Tokenizer {
  (texts: string[], options: object): object;
  encode(text: string): number[];
  readonly model_max_length: number;
}

export interface Model {
  (inputs: object): Promise<Record<string, { data: Float32Array; dims: number[] }>>;
  dispose(): Promise<unknown>;
}

export interface ImageProcessorConfig {
  do_resize?: boolean;
  size?: number | { shortest_edge?: number; width?: number; height?: number };
  do_center_crop?: boolean;
  crop_size?: number | { width: number; height: number };
  resample?: number;
  image_mean: [number, number, number];
  image_std: [number, number, number];
}

/** Loads @huggingface/transformers, added or installed; MissingError with the command that brings it. */
export function loadTransformers(): Promise<Transformers> {
  return importFromPart<Transformers>('transformers', '@huggingface/transformers');
}

/** The decoder of picture files that comes with transformers. */
export function loadSharp(): Promise<Sharp> {
  return importFromPart<Sharp>('transformers', 'sharp');
}

export type Sharp = (input: Uint8Array) => {
  metadata(): Promise<{ space?: string; depth?: string; channels?: number; width?: number; height?: number }>;
  raw(): {
    toBuffer(o: object): Promise<{ data: Buffer; info: { width: number; height: number; channels: number } }>;
  };
};

/** A folder with a model's files as an absolute path; a name on the hub as it is. */
export function modelPlace(model: string): { path: string; isFolder: boolean } {
  const path = resolve(model);
  return existsSync(join(path, 'config.json')) ? { path, isFolder: true } : { path: model, isFolder: false };
}
