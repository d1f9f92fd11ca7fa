"""Golden values for independentConcepts: run `python3 test/golden/ica.py` to write ica.json beside it.

Voxels of three participants around sparse directions; scikit-learn's FastICA (symmetric, log cosh) of their pooled
unit vectors, converged far below what is compared.
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.decomposition import FastICA

rng = np.random.default_rng(7)
n_dims, k, sizes = 10, 4, [150, 130, 120]
directions = rng.normal(size=(k, n_dims))
vectors = []
for size in sizes:
    sources = rng.laplace(size=(size, k)) ** 3 / 4
    vectors.append(np.round(sources @ directions + 0.05 * rng.normal(size=(size, n_dims)) + 0.3, 3).astype(np.float32))
x = np.concatenate(vectors).astype(np.float64)
x /= np.linalg.norm(x, axis=1, keepdims=True)
fits = [
    FastICA(k, algorithm="parallel", fun="logcosh", whiten="unit-variance", tol=1e-12, max_iter=5000, random_state=s).fit(x)
    for s in range(3)
]
mixing = [fit.mixing_.T / np.linalg.norm(fit.mixing_.T, axis=1, keepdims=True) for fit in fits]
for other in mixing[1:]:  # one optimum, whatever the start
    assert np.allclose(np.abs(mixing[0] @ other.T).max(axis=1), 1, atol=1e-8)
out = dict(
    sklearn=sklearn.__version__,
    nDims=n_dims,
    k=k,
    sizes=sizes,
    vectors=[round(float(t), 3) for v in vectors for t in v.ravel()],
    mixing=[float(t) for t in mixing[0].ravel()],
)
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
