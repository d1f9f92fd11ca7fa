"""Golden values for test/cluster: run `python3 test/golden/cluster.py` to write cluster.json beside it.

Two independent references:
- scikit-learn's DBSCAN where its count rule and the participant rule coincide (every point its own participant:
  at least minParticipants other points, so min_samples = minParticipants + 1 as DBSCAN counts the point itself);
- the shared variant, written here by brute force from its definition with whole float64 matrices.
"""
import json
import pathlib

import numpy as np
import scipy.sparse.csgraph as graph
import sklearn
from sklearn.cluster import DBSCAN
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score


def neighbourhoods(vectors, eps, min_participants):
    owner = np.repeat(np.arange(len(vectors)), [len(v) for v in vectors])
    x = np.concatenate([v.astype(np.float64) for v in vectors])
    square = (x * x).sum(axis=1)
    alive = square > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = 1 - (x @ x.T) / np.sqrt(square[:, None] * square[None, :])
    near = (distance < eps) & alive[:, None] & alive[None, :]
    reached = np.stack([near[:, owner == p].any(axis=1) for p in range(len(vectors))], axis=1)
    reached[np.arange(len(x)), owner] = False
    return distance, near, reached.sum(axis=1) >= min_participants


def shared_dbscan(vectors, eps, min_participants):
    distance, near, core = neighbourhoods(vectors, eps, min_participants)
    label = np.full(len(core), -1)
    cores = np.flatnonzero(core)
    if len(cores):
        _, component = graph.connected_components(near[np.ix_(cores, cores)])
        first = {c: cores[component == c].min() for c in set(component)}
        label[cores] = [first[c] for c in component]
        for v in np.flatnonzero(~core):
            options = [(distance[v, c], label[c]) for c in cores if near[v, c]]
            if options:
                label[v] = min(options)[1]
    names = sorted(set(label) - {-1}, key=lambda c: (-np.sum(label == c), c))
    number = {-1: -1, **{c: k for k, c in enumerate(names)}}
    return [number[c] for c in label], core.astype(int).tolist()


def authors_queue(vectors, eps, min_participants):
    """The visiting order: seeds by participant and voxel, a queue, and whoever reaches a border point last has it."""
    _, near, core = neighbourhoods(vectors, eps, min_participants)
    label = np.full(len(core), -1)
    visited = np.zeros(len(core), bool)
    cluster = -1
    for seed in range(len(core)):
        if visited[seed] or not core[seed]:
            continue
        cluster += 1
        queue = [seed]
        visited[seed] = True
        while queue:
            point = queue.pop(0)
            label[point] = cluster
            if not core[point]:
                continue
            for other in np.flatnonzero(near[point]):
                if core[other] and visited[other]:
                    continue
                visited[other] = True
                queue.append(other)
    return label.tolist()


def tiny(rng):
    """Whole numbers in few dimensions: ties, duplicates, zero vectors; now and then an empty participant."""
    n_dims = int(rng.integers(2, 5))
    sizes = rng.integers(0 if rng.random() < 0.2 else 1, 9, size=int(rng.integers(2, 6)))
    vectors = [rng.integers(-1, 4, size=(size, n_dims)).astype(np.float32) for size in sizes]
    if sum(sizes) == 0:
        return tiny(rng)
    eps = float(rng.choice([0.0625, 0.125, 0.25, 0.5, 0.1, 0.05, 0.02]))
    return vectors, eps, int(rng.integers(1, len(sizes)))


def clumps(rng, sizes, n_dims, spread, n_directions):
    """Voxels around common directions (plus as many around none), rounded to be written exactly in JSON."""
    directions = rng.normal(size=(n_directions, n_dims))
    out = []
    for size in sizes:
        centre = directions[rng.integers(n_directions, size=size)]
        loose = rng.random(size) < 0.4
        x = np.where(loose[:, None], 0, centre) + spread * rng.normal(size=(size, n_dims))
        out.append(np.round(x, 3).astype(np.float32))
    return out


def main():
    rng = np.random.default_rng(20240524)
    shared = []
    for sizes, n_dims, spread, eps, minimum in [
        ([40, 35, 30, 25], 12, 0.35, 0.2, 2),
        ([30, 30, 30, 30, 30], 24, 0.5, 0.35, 3),
        ([25, 0, 40, 35, 30], 8, 0.3, 0.12, 3),
        ([20] * 6, 40, 0.7, 0.5, 3),
        ([50, 50], 6, 0.4, 0.1, 1),
    ]:
        vectors = clumps(rng, sizes, n_dims, spread, 4)
        for v in vectors:
            if len(v) > 6:
                v[3] = 0
                v[5] = 2 * v[4]
        labels, core = shared_dbscan(vectors, eps, minimum)
        shared.append(
            dict(sizes=sizes, nDims=n_dims, eps=eps, minParticipants=minimum, labels=labels, core=core,
                 last=authors_queue(vectors, eps, minimum),
                 vectors=[round(float(t), 3) for v in vectors for t in v.ravel()])
        )
    plain = []
    for n, n_dims, spread, eps, minimum in [(120, 10, 0.35, 0.15, 4), (90, 20, 0.5, 0.3, 3), (100, 5, 0.3, 0.05, 1)]:
        x = clumps(rng, [n], n_dims, spread, 4)[0]
        fit = DBSCAN(eps=eps, min_samples=minimum + 1, metric="cosine", algorithm="brute").fit(x.astype(np.float64))
        core = np.zeros(n, int)
        core[fit.core_sample_indices_] = 1
        plain.append(
            dict(nDims=n_dims, eps=eps, minParticipants=minimum, labels=fit.labels_.tolist(), core=core.tolist(),
                 vectors=[round(float(t), 3) for t in x.ravel()])
        )
    tinies = []
    for _ in range(300):
        vectors, eps, minimum = tiny(rng)
        labels, core = shared_dbscan(vectors, eps, minimum)
        tinies.append(
            dict(sizes=[len(v) for v in vectors], nDims=vectors[0].shape[1], eps=eps, minParticipants=minimum,
                 labels=labels, core=core, last=authors_queue(vectors, eps, minimum),
                 vectors=[int(t) for v in vectors for t in v.ravel()])
        )
    agreement = []
    for n, k, m in [(40, 4, 4), (60, 3, 9), (25, 25, 5), (30, 1, 4), (50, 5, 5)]:
        a = rng.integers(-1, k - 1, size=n)
        b = np.where(rng.random(n) < 0.5, a, rng.integers(-1, m - 1, size=n))
        agreement.append(dict(a=a.tolist(), b=b.tolist(), ari=adjusted_rand_score(a, b), ami=adjusted_mutual_info_score(a, b)))
    out = pathlib.Path(__file__).with_suffix(".json")
    out.write_text(json.dumps(dict(sklearn=sklearn.__version__, shared=shared, plain=plain, tiny=tinies, agreement=agreement), separators=(",", ":")) + "\n")
    several = [case for case in tinies if max(case["labels"]) > 0]
    print(len(several), "tiny cases of several clusters;", sum(c["labels"] != c["last"] for c in tinies), "where the border rule shows")
    for case in shared + plain:
        print(max(case["labels"]) + 1, "clusters", sum(case["core"]), "core", case["labels"].count(-1), "noise of", len(case["labels"]))


main()
