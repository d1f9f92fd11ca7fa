import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import * as sc from '../../src/index.js';
import { docsPages } from './pages.js';

const page = docsPages().find(({ path }) => path === 'docs/errors.md')!.text;
const folder = mkdtempSync(join(tmpdir(), 'sdc-errors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { matrix } = sc;
const two = [matrix(1, 2, Float32Array.of(1, 0)), matrix(1, 2, Float32Array.of(0, 1))];
const embeddings = matrix(2, 2, Float32Array.of(1, 0, 0, 1));
const stimulus = [0, 1, 0, 1];
const betas = matrix(4, 3, new Float32Array(12).fill(1));
const withNan = matrix(4, 3, Float32Array.of(1, 2, 3, 4, Number.NaN, 6, 7, 8, 9, 1, 2, 3));
const study = { name: 'x', source: { kind: 'folder' }, participants: ['sub-01', 'sub-02'] };

const provoked: [string, string, () => unknown][] = [
  ['InputError', 'eps is -1', () => sc.clusterConcepts(two, { eps: -1, minParticipants: 1 })],
  ['InputError', 'minParticipants is 3', () => sc.clusterConcepts(two, { eps: 0.1 })],
  [
    'InputError',
    'number of dimensions of vectors[1]',
    () =>
      sc.clusterConcepts([two[0]!, matrix(1, 3, Float32Array.of(1, 0, 0))], { eps: 0.1, minParticipants: 1 }),
  ],
  ['InputError', 'stimulus[3] is 7', () => sc.fitDecoder({ betas, embeddings, stimulus: [0, 1, 0, 7] })],
  [
    'InputError',
    'betas[1, 1] is NaN',
    () => sc.fitDecoder({ betas: withNan, embeddings, stimulus }, { batchSize: 2 }),
  ],
  [
    'InputError',
    'betas is 0',
    () => sc.fitDecoder({ betas: matrix(4, 3), embeddings, stimulus }, { batchSize: 2 }),
  ],
  ['InputError', 'batchSize is 128', () => sc.fitDecoder({ betas, embeddings, stimulus })],
  ['InputError', 'seed is -1', () => sc.randomStream(-1)],
  ['InputError', 'value to show is 7', () => sc.show(7 as never)],
  ['InputError', '--from is undefined', () => sc.initStudy('nsd', folder)],
  [
    'InputError',
    'acceptance of the terms of Natural Scenes Dataset',
    () => sc.fetchManifest('nsd', { cache: folder }),
  ],
  ['FileError', 'study.json is missing', () => sc.openStudy(folder)],
  ['FileError', 'embeddings.npy is missing', () => sc.initStudy(folder, join(folder, 'study'))],
  [
    'FormatError',
    'trunc.npy: 22 bytes of data',
    async () => {
      const path = join(folder, 'trunc.npy');
      await sc.writeNpy(path, matrix(4, 4));
      writeFileSync(path, (await import('node:fs')).readFileSync(path).subarray(0, 150));
      return sc.readNpy(path);
    },
  ],
  [
    'FormatError',
    'study.json: cluster.0 has an unknown key',
    () => sc.checkStudyConfig({ ...study, cluster: [{ vectors: 'patterns', epz: 0.2 }] }),
  ],
  [
    'FormatError',
    'study.json: cluster.0.eps is 3',
    () => sc.checkStudyConfig({ ...study, cluster: [{ vectors: 'patterns', eps: 3 }] }),
  ],
];

it.each(provoked)('the page has the %s "%s …" as it is thrown', async (name, start, provoke) => {
  const shown = [...page.matchAll(/`([^`\n]+)`/g)]
    .map(([, text]) => text!)
    .find((text) => text.startsWith(start));
  expect(shown, `docs/errors.md has no message that starts with "${start}"`).toBeDefined();
  const error = await Promise.resolve()
    .then(provoke)
    .then(
      () => undefined,
      (thrown: Error) => thrown,
    );
  expect(error?.name).toBe(name);
  expect(error?.message.replaceAll(`${folder}/`, '')).toContain(shown);
});

it('every class of error has its section', () => {
  const classes = Object.keys(sc).filter((name) => /^(?!Shared)[A-Z].*Error$/.test(name));
  expect(classes.length).toBeGreaterThan(6);
  for (const name of classes) expect(page).toMatch(new RegExp(`^## ${name}: `, 'm'));
});
