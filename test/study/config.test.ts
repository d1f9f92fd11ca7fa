import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkStudyConfig, clusterName, readStudyConfig } from '../../src/study/index.js';

const minimal = {
  name: 'mine',
  source: { kind: 'folder' },
  participants: ['sub-01', 'sub-02', 'sub-03', 'sub-04'],
};

describe('checkStudyConfig', () => {
  it('fills in every default and leaves its argument alone', async () => {
    const study = await checkStudyConfig(minimal);
    expect(study.seed).toBe(0);
    expect(study.decode).toMatchObject({
      runs: 1,
      steps: 5001,
      batch: 128,
      temperature: 0.03,
      initScale: 0.02,
    });
    expect(study.cluster).toEqual([
      {
        vectors: 'patterns',
        eps: 0.2,
        minParticipants: 3,
        border: 'nearest',
        weighting: 'voxels',
        minSize: 1,
      },
    ]);
    expect(minimal).not.toHaveProperty('seed');
  });

  const wrong: [string, object, string][] = [
    ['an unknown key', { ...minimal, epps: 1 }, 'study.json: the file has an unknown key "epps"'],
    ['a value out of range', { ...minimal, cluster: [{ eps: 2 }] }, 'cluster.0.eps is 2; must be < 2'],
    ['a wrong type', { ...minimal, seed: 'x' }, 'seed is "x"; must be integer'],
    [
      'a wrong word',
      { ...minimal, cluster: [{ border: 'first' }] },
      'cluster.0.border is "first"; must be one of',
    ],
    ['a missing key', { name: 'x', source: { kind: 'folder' } }, 'the file lacks "participants"'],
    ['one participant', { ...minimal, participants: ['sub-01'] }, 'participants is ["sub-01"]'],
    [
      'a folder that would leave the study',
      { ...minimal, participants: ['sub-01', '../x'] },
      'participants.1 is "../x"',
    ],
    [
      'too many shared participants',
      { ...minimal, cluster: [{ minParticipants: 4 }] },
      'must be at most 3 with 4',
    ],
  ];
  it.each(wrong)('names %s', async (_case, value, message) => {
    await expect(checkStudyConfig(value)).rejects.toThrow(message);
  });
});

describe('readStudyConfig', () => {
  it('says how to make a study where there is none, and where JSON is broken', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sdc-'));
    await expect(readStudyConfig(folder)).rejects.toThrow('study.json is missing; make a study folder first');
    await writeFile(join(folder, 'study.json'), '{"name": ');
    await expect(readStudyConfig(folder)).rejects.toThrow('is not JSON');
  });
});

describe('clusterName', () => {
  it('names the folder by what decides the clusters, and only by what differs from the defaults after that', async () => {
    const [plain] = (await checkStudyConfig(minimal)).cluster;
    expect(clusterName(plain!)).toBe('patterns_eps-0.20_min-3');
    expect(clusterName({ ...plain!, eps: 0.125, border: 'last', minSize: 5 })).toBe(
      'patterns_eps-0.125_min-3_border-last_size-5',
    );
  });
});
