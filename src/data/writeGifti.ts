import { writeFile } from 'node:fs/promises';
import { deflateSync, gzipSync } from 'node:zlib';
import { InputError } from '../util/errors.js';
import { elementTypeOf, encodeElements } from './elements.js';
import type { Gifti, GiftiArray } from './gifti.js';
import { writeAtomically } from './writeAtomically.js';

/**
 * Writes a GIFTI file (`.gii`, or `.gii.gz`), whole or not at all: little-endian, compressed arrays, as FSL,
 * Connectome Workbench, FreeSurfer and nibabel read them. The same data give the same bytes.
 *
 * @throws InputError for an element type GIFTI lacks (it has float32, int32 and uint8); FileError, ResourceError
 */
export async function writeGifti(
  path: string,
  { arrays, labels = [], metadata = {} }: Partial<Gifti>,
): Promise<void> {
  if (!/\.gii(\.gz)?$/.test(path)) throw new InputError('GIFTI file', path, 'named .gii or .gii.gz');
  const text = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE GIFTI SYSTEM "http://www.nitrc.org/frs/download.php/115/gifti.dtd">',
    `<GIFTI Version="1.0" NumberOfDataArrays="${arrays?.length ?? 0}">`,
    metadataXml(metadata),
    '<LabelTable>',
    ...labels.map(({ key, name, colour }) => {
      const parts = ['Red', 'Green', 'Blue', 'Alpha'].map((part, i) => `${part}="${colour[i]! / 255}"`);
      return `<Label Key="${key}" ${parts.join(' ')}>${cdata(name)}</Label>`;
    }),
    '</LabelTable>',
    ...(arrays ?? []).map(arrayXml),
    '</GIFTI>\n',
  ].join('\n');
  await writeAtomically(path, (temporary) =>
    writeFile(temporary, path.endsWith('.gz') ? gzipSync(text) : text),
  );
}

function arrayXml({ intent, data: { data, shape }, metadata }: GiftiArray): string {
  const type = elementTypeOf(data);
  if (type !== 'float32' && type !== 'int32' && type !== 'uint8') {
    throw new InputError(`element type of the ${intent} array`, type, 'float32, int32 or uint8');
  }
  const attributes = {
    Intent: `NIFTI_INTENT_${intent}`,
    DataType: `NIFTI_TYPE_${type.toUpperCase()}`,
    ArrayIndexingOrder: 'RowMajorOrder',
    Dimensionality: shape.length,
    ...Object.fromEntries(shape.map((length, axis) => [`Dim${axis}`, length])),
    ...{ Encoding: 'GZipBase64Binary', Endian: 'LittleEndian', ExternalFileName: '', ExternalFileOffset: '' },
  };
  const list = Object.entries(attributes).map(([name, value]) => `${name}="${value}"`);
  const encoded = deflateSync(encodeElements(data)).toString('base64');
  return [
    `<DataArray ${list.join(' ')}>`,
    metadataXml(metadata),
    ...(intent === 'POINTSET' ? [identityTransform] : []),
    `<Data>${encoded}</Data>`,
    '</DataArray>',
  ].join('\n');
}

// Workbench wants a coordinate system on every point set.
const identityTransform = [
  '<CoordinateSystemTransformMatrix>',
  '<DataSpace><![CDATA[NIFTI_XFORM_UNKNOWN]]></DataSpace>',
  '<TransformedSpace><![CDATA[NIFTI_XFORM_UNKNOWN]]></TransformedSpace>',
  '<MatrixData>1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1</MatrixData>',
  '</CoordinateSystemTransformMatrix>',
].join('\n');

function metadataXml(metadata: Readonly<Record<string, string>>): string {
  const entries = Object.entries(metadata).map(
    ([name, value]) => `<MD><Name>${cdata(name)}</Name><Value>${cdata(value)}</Value></MD>`,
  );
  return `<MetaData>${entries.join('')}</MetaData>`;
}

const cdata = (text: string) => `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
