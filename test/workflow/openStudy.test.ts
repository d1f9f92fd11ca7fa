import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initStudy, openStudy, runStudy, type Study } from '../../src/workflow/index.js';
import { shorten, writeSmallData } from '../slurm/cluster.js';

let root: string;
let study: Study;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sdc-open-'));
  await writeSmallData(join(root, 'data'));
  await initStudy(join(root, 'data'), join(root, 'study'));
  await shorten(join(root, 'study'), { steps: 20, batch: 16, alphas: [1, 100], permutations: 20 });
  study = await openStudy(join(root, 'study'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('a study that has not run that far', () => {
  it('says what to run', async () => {
    const [name] = study.participants as [string];
    const missing = (stage: string) =>
      `is missing; run the study that far first: await study.run({ to: '${stage}' })`;
    await expect(study.participant(name)).rejects.toThrow(missing('embed'));
    await expect(study.embeddings()).rejects.toThrow(missing('embed'));
    await expect(study.decoder(name)).rejects.toThrow(missing('decode'));
    await expect(study.metrics(name)).rejects.toThrow(missing('decode'));
    await expect(study.retrieval()).rejects.toThrow(missing('decode'));
    await expect(study.training()).rejects.toThrow(missing('decode'));
    await expect(study.vectors('patterns')).rejects.toThrow(missing('decode'));
    await expect(study.words()).rejects.toThrow(`${missing('embed')}; data of your own`);
    await expect(study.clusters()).rejects.toThrow(missing('cluster'));
    await expect(study.cards()).rejects.toThrow(missing('concepts'));
    await expect(study.results('regions.tsv')).rejects.toThrow(missing('concepts'));
  });

  it('keeps to what was wrong where that is something else', async () => {
    await expect(study.participant('sub-99')).rejects.toThrow(/^participant is "sub-99"; must be one of/);
    await expect(study.clusters(9)).rejects.toThrow(/^index is 9; must be 0 to/);
  });

  it('has everything once it has', async () => {
    await runStudy(study.folder);
    const [name] = study.participants as [string];
    const { betas, embeddings } = await study.participant(name);
    expect(betas.shape[0]).toBe((await study.participant(name)).trials.split.length);
    expect(await study.embeddings()).toBe(embeddings);
    const fresh = await openStudy(study.folder);
    const people = await Promise.all(fresh.participants.map((each) => fresh.participant(each)));
    expect(new Set(people.map((person) => person.embeddings)).size).toBe(1); // read once, held once
    expect((await study.decoder(name)).weight.shape).toEqual([betas.shape[1], embeddings.shape[1]]);
    expect((await study.vectors('patterns')).map(({ shape }) => shape[1])).toContain(embeddings.shape[1]);
    expect((await study.clusters()).labels).toHaveLength(study.participants.length);
  });
});
