import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clusterConcepts } from '../../src/cluster/index.js';
import { type Matrix, matrix } from '../../src/util/index.js';

interface Case {
  sizes: number[];
  nDims: number;
  eps: number;
  minParticipants: number;
  labels: number[];
  last: number[];
  core: number[];
  vectors: number[];
}

const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/cluster.json'), 'utf8')) as {
  shared: Case[];
  plain: Case[];
  tiny: Case[];
};

function vectorsOf({ sizes, nDims, vectors }: Case): Matrix[] {
  let at = 0;
  return sizes.map((size) => {
    const part = vectors.slice(at, (at += size * nDims));
    return matrix(size, nDims, Float32Array.from(part));
  });
}

const flat = (parts: readonly ArrayLike<number>[]) => parts.flatMap((part) => Array.from(part));

async function expectSame(example: Case) {
  const vectors = vectorsOf(example);
  const { eps, minParticipants } = example;
  const nearest = await clusterConcepts(vectors, { eps, minParticipants });
  expect(flat(nearest.core)).toEqual(example.core);
  expect(flat(nearest.labels)).toEqual(example.labels);
  const last = await clusterConcepts(vectors, { eps, minParticipants, border: 'last' });
  expect(flat(last.labels)).toEqual(example.last);
}

describe('clusterConcepts against references written in Python', () => {
  it.each(golden.shared)('equals the brute-force labels of $sizes voxels, eps $eps', expectSame);

  it('equals brute force and the queue of the authors on 300 cases of ties, duplicates, zeros, empties', async () => {
    expect(golden.tiny.length).toBe(300);
    for (const example of golden.tiny) await expectSame(example);
  });

  it.each(
    golden.plain,
  )('equals DBSCAN of scikit-learn when each voxel is its own participant, eps $eps', async (example) => {
    const sizes = example.labels.map(() => 1);
    const { labels, core } = await clusterConcepts(vectorsOf({ ...example, sizes }), example);
    expect(flat(core)).toEqual(example.core);
    // scikit-learn gives a border point to the first cluster that reaches it: compare the cores' partition,
    // and that the same points are noise.
    const ours = flat(labels);
    const pairs = new Set<string>();
    ours.forEach((label, v) => {
      expect(label < 0).toBe(example.labels[v]! < 0);
      if (core[v]![0]) pairs.add(`${label} ${example.labels[v]}`);
    });
    const nClusters = Math.max(...example.labels) + 1;
    expect(pairs.size).toBe(nClusters);
    expect(Math.max(...ours) + 1).toBe(nClusters);
  });
});
