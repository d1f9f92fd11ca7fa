"""Ridge by scikit-learn, covariances and retrieval by numpy, for test/decode. Inputs come from the integer hash of
training.py, which test/engine/goldenProblem.ts repeats. Run: /usr/bin/python3 test/golden/decode.py
"""
import itertools
import json
import os

import numpy as np
import sklearn
from sklearn.linear_model import Ridge

from training import encode, hashed


def data(n_trials, n_voxels, n_stimuli, n_dims):
    x = hashed(n_trials * n_voxels, 11).reshape(n_trials, n_voxels) * np.float32(3) + np.float32(0.5)
    embeddings = hashed(n_stimuli * n_dims, 12).reshape(n_stimuli, n_dims) * np.float32(2)
    stimulus = (np.arange(n_trials) * 7) % n_stimuli
    return x.astype(np.float64), embeddings.astype(np.float64), stimulus


def ridge(n_trials, n_voxels, n_stimuli, n_dims, alphas):
    x, embeddings, stimulus = data(n_trials, n_voxels, n_stimuli, n_dims)
    y = embeddings[stimulus]
    fits, gcv = [], []
    for alpha in alphas:
        model = Ridge(alpha=alpha, solver="svd").fit(x, y)
        fits.append({"alpha": alpha, "weight": encode(model.coef_.T), "bias": encode(model.intercept_)})
        xc = x - x.mean(0)
        hat = xc @ np.linalg.solve(xc.T @ xc + alpha * np.eye(n_voxels), xc.T) + 1 / n_trials
        residual = y - hat @ y
        gcv.append((residual**2).sum() / n_trials / (1 - np.trace(hat) / n_trials) ** 2)
    sizes = dict(nTrials=n_trials, nVoxels=n_voxels, nStimuli=n_stimuli, nDims=n_dims)
    return {**sizes, "fits": fits, "gcv": gcv}


def vectors(n_trials=90, n_voxels=30, n_stimuli=20, n_dims=6):
    x, embeddings, stimulus = data(n_trials, n_voxels, n_stimuli, n_dims)
    rows = np.arange(0, n_trials, 2)
    x, y = x[rows], embeddings[stimulus[rows]]
    weight = hashed(n_voxels * n_dims, 13).reshape(n_voxels, n_dims).astype(np.float64)
    bias = hashed(n_dims, 14).astype(np.float64)
    prediction = x @ weight + bias
    joint = np.cov(np.hstack([x, prediction]).T)
    patterns = joint[:n_voxels, n_voxels:]
    full = patterns @ np.linalg.inv(joint[n_voxels:, n_voxels:])
    tuning = np.cov(np.hstack([x, y]).T)[:n_voxels, n_voxels:]
    sizes = dict(nTrials=n_trials, nVoxels=n_voxels, nStimuli=n_stimuli, nDims=n_dims, step=2)
    return {**sizes, "patterns": encode(patterns), "full": encode(full), "tuning": encode(tuning)}


def retrieval(n_queries=60, n_stimuli=25, n_dims=8):
    embeddings = hashed(n_stimuli * n_dims, 21).reshape(n_stimuli, n_dims).astype(np.float64)
    stimulus = (np.arange(n_queries) * 3) % n_stimuli
    noise = hashed(n_queries * n_dims, 22).reshape(n_queries, n_dims).astype(np.float64)
    predictions = (embeddings[stimulus] + 1.5 * noise).astype(np.float32).astype(np.float64)
    unit = lambda m: m / np.linalg.norm(m, axis=1, keepdims=True)
    cosines = unit(predictions) @ unit(embeddings).T
    own = cosines[np.arange(n_queries), stimulus]
    ranks = (cosines >= own[:, None]).sum(1)
    right = [
        own[i] + own[j] > cosines[i, stimulus[j]] + cosines[j, stimulus[i]]
        for i, j in itertools.combinations(range(n_queries), 2)
        if stimulus[i] != stimulus[j]
    ]
    sizes = dict(nQueries=n_queries, nStimuli=n_stimuli, nDims=n_dims)
    accuracy = {str(k): float((ranks <= k).mean()) for k in (1, 5, 10)}
    middle = float(np.median(ranks))
    return {**sizes, "ranks": ranks.tolist(), "accuracy": accuracy, "median": middle, "twoVersusTwo": float(np.mean(right))}


if __name__ == "__main__":
    alphas = [0.1, 10.0, 1000.0]
    result = {
        "sklearn": sklearn.__version__,
        "ridge": {
            "more trials than voxels": ridge(80, 25, 30, 7, alphas),
            "more voxels than trials": ridge(30, 70, 20, 5, alphas),
        },
        "vectors": vectors(),
        "retrieval": retrieval(),
    }
    with open(os.path.join(os.path.dirname(__file__), "decode.json"), "w") as file:
        json.dump(result, file, indent=1)
