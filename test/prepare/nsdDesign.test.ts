import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fetchManifest, loadManifest } from '../../src/data/index.js';
import {
  nsdIds,
  planNsd,
  prepareNsd,
  readNsdDesign,
  readNsdResponses,
  readNsdStimuli,
} from '../../src/prepare/index.js';
import { sharedByDesign } from '../../src/prepare/nsdDesign.js';
import { randomStream } from '../../src/util/index.js';
import { temporaryFolder } from '../data/folder.js';
import { golden, madeFile } from '../data/neuroimaging.js';
import { writeSmallNsd } from './smallNsd.js';

describe('the design', () => {
  it('reads from the MATLAB file that SciPy writes', async () => {
    const design = await readNsdDesign(madeFile('nsd_expdesign.mat'));
    expect([...design.order]).toEqual(golden.made['nsd_expdesign.mat']!['order']);
    expect(design.images.map((list) => [...list])).toEqual(golden.made['nsd_expdesign.mat']!['images']);
    expect([...design.shared]).toEqual([11, 22]);
  });

  it('at the release’s size: an image is tested first if the participant with fewest sessions saw it three times', () => {
    // As in the release: one order of 30,000 trials for all, over 10,000 places, the first 1,000 of them shared.
    const order = randomStream(5, 'design').shuffle(
      Int32Array.from({ length: 30_000 }, (_, t) => 1 + (t % 10_000)),
    );
    const places = Array.from({ length: 10_000 }, (_, place) => place);
    const images = Array.from({ length: 8 }, (_, p) =>
      Int32Array.from(places, (place) => (place < 1000 ? 7 * place + 3 : 10_000 + 7000 * p + place)),
    );
    const shared = images[0]!.slice(0, 1000);
    const found = sharedByDesign({ order, images, shared }, [37, 37, 29, 27, 37, 29, 37, 27], 750, 3);
    const counts = new Map<number, number>();
    for (const place of order.subarray(0, 27 * 750)) counts.set(place, (counts.get(place) ?? 0) + 1);
    const expected = places
      .slice(0, 1000)
      .filter((place) => counts.get(place + 1) === 3)
      .map((place) => 7 * place + 3);
    expect([...found]).toEqual(expected.sort((a, b) => a - b));
    // A random order keeps (27/40)³ = 31 % of them; the release's own order keeps 413.
    expect(found.length).toBeGreaterThan(250);
    expect(found.length).toBeLessThan(370);
  });

  it('decides the shared images where it is found, whoever is in the study', async () => {
    const root = temporaryFolder();
    await writeSmallNsd(root, { format: 'hdf5', participants: ['subj01'] });
    writeFileSync(
      join(root, 'nsddata/experiments/nsd/nsd_expdesign.mat'),
      readFileSync(madeFile('nsd_expdesign.mat')),
    );
    const plan = await planNsd({ from: [root], participants: ['subj01'], heldOutSessions: 0 });
    expect(plan.sharedFrom).toBe('design');
    expect([...plan.shared]).toEqual([11, 22]);
  });
});

describe('the counts of the release', () => {
  it('are held against what is there once all of it is there', async () => {
    const root = temporaryFolder();
    const own = join(root, 'nsddata/ppdata/subj01/behav');
    const betas = join(root, 'nsddata_betas/ppdata/subj01/func1pt8mm/betas_fithrf_GLMdenoise_RR');
    const experiment = join(root, 'nsddata/experiments/nsd');
    for (const folder of [own, betas, experiment]) mkdirSync(folder, { recursive: true });
    writeFileSync(join(experiment, 'nsd_expdesign.mat'), readFileSync(madeFile('nsd_expdesign.mat')));
    // 40 whole sessions, in an order that is not the release's: planning opens no betas.
    for (let s = 1; s <= 40; s++)
      writeFileSync(join(betas, `betas_session${String(s).padStart(2, '0')}.hdf5`), '');
    const image = randomStream(5, 'order').shuffle(
      Int32Array.from({ length: 30_000 }, (_, t) => 1 + (t % 10_000)),
    );
    const rows = Array.from(image, (id, t) =>
      [1 + Math.floor(t / 750), 1 + (Math.floor(t / 62.5) % 12), 1 + (t % 62), id].join('\t'),
    );
    writeFileSync(join(own, 'responses.tsv'), `SESSION\tRUN\tTRIAL\t73KID\n${rows.join('\n')}\n`);
    const planning = (options: object) => planNsd({ from: [root], participants: ['subj01'], ...options });
    await expect(planning({})).rejects.toThrow(
      /gives 79\d\d images with 3 kept repetitions; the release gives 8420/,
    );
    expect((await planning({ heldOutSessions: 0 })).participants[0]!.counts.repeatedImages).toBe(10_000);
  });
});

describe('responses.tsv and stimulus information', () => {
  const written = (name: string, text: string) => {
    const path = join(temporaryFolder(), name);
    writeFileSync(path, text);
    return path;
  };

  it('name the column or row that is wrong', async () => {
    const responses = (rows: string) =>
      readNsdResponses(written('responses.tsv', `SESSION\tRUN\tTRIAL\t73KID\n${rows}`));
    expect([...(await responses('1\t1\t1\t73000\n')).image]).toEqual([73_000]);
    await expect(responses('2\t1\t1\t5\n1\t1\t1\t5\n')).rejects.toThrow('row 2 goes back to session 1');
    await expect(responses('1\t1\t1\t0\n')).rejects.toThrow(
      '73KID of row 1 is 0; it must be an integer from 1',
    );
    await expect(readNsdResponses(written('r.tsv', 'SESSION\tRUN\tTRIAL\n1\t1\t1\n'))).rejects.toThrow(
      'has no column 73KID',
    );
  });

  it('count images from 1, though the file counts from 0', async () => {
    const text = ',cocoId,cocoSplit,nsdId,shared1000\n0,532481,val2017,0,False\n1,245764,val2017,1,True\n';
    const { image, cocoId, cocoSplit, isShared } = await readNsdStimuli(written('info.csv', text));
    const ids = nsdIds({ image, cocoId, cocoSplit, isShared });
    expect([
      ids.cocoOf(2),
      ids.imageOfCoco(532481),
      ids.sharedOf(2),
      ids.sharedOf(1),
      ids.imageOfShared(1),
    ]).toEqual([245764, 1, 1, 0, 2]);
    expect(() => ids.cocoOf(0)).toThrow(/73KID is 0; must be one of the 2 images, counted from 1/);
    expect(() => ids.sharedOf(3)).toThrow(/73KID is 3/);
    expect(() => ids.imageOfShared(2)).toThrow(/place is 2; must be 1 to 1/);
    expect([[...image], [...cocoId], cocoSplit, [...isShared]]).toEqual([
      [1, 2],
      [532481, 245764],
      ['val2017', 'val2017'],
      [0, 1],
    ]);
  });
});

it('what sdc fetch brings from a server with the release’s layout can be prepared as it lies in the cache', async () => {
  const root = temporaryFolder();
  await writeSmallNsd(root, { format: 'hdf5', participants: ['subj01'], nSessions: 1 });
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = join(root, decodeURIComponent(request.url!));
    asked.push(request.url!.slice(1));
    // Regions and tables this small release does not have are served as something, never opened.
    if (existsSync(path)) response.end(readFileSync(path));
    else if (/\/(roi|label)\/|expdesign/.test(path)) response.end('-');
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const manifest = {
    ...(await loadManifest('nsd')),
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
  };
  const cache = temporaryFolder();
  const wanted = { cache, participants: ['subj01'], sessions: [1] };
  await expect(fetchManifest(manifest, wanted)).rejects.toThrow(
    /acceptance of the terms of Natural Scenes Dataset/,
  );
  expect(asked).toEqual([]);
  const { files } = await fetchManifest(manifest, { ...wanted, acceptTerms: true });
  expect(
    files.has('nsddata_betas/ppdata/subj01/func1pt8mm/betas_fithrf_GLMdenoise_RR/betas_session01.hdf5'),
  ).toBe(true);
  expect([...files.keys()].some((path) => /subj02|session02|nii\.gz\.|nsd_stimuli/.test(path))).toBe(false);
  await expect(fetchManifest(manifest, { ...wanted, sessions: [41] })).rejects.toThrow(
    /session is 41; must be from 1 to 40/,
  );
  await expect(fetchManifest(manifest, { ...wanted, participants: ['subj09'] })).rejects.toThrow(
    /participant is "subj09"/,
  );

  const from = [join(cache, 'nsd')];
  writeFileSync(
    join(from[0]!, 'nsddata/experiments/nsd/nsd_expdesign.mat'),
    readFileSync(madeFile('nsd_expdesign.mat')),
  );
  const plan = await planNsd({ from, participants: ['subj01'], heldOutSessions: 0 });
  const one = plan.participants[0]!;
  const readable = { ...one, files: { ...one.files, rois: new Map(), colourTables: new Map() } };
  const { nVoxels } = await prepareNsd(readable, temporaryFolder(), {
    noiseCeilingAbove: null,
    ceiling: 'nsd',
  });
  expect(nVoxels).toBe(59); // the constant voxel is left out, ceiling or not
});
