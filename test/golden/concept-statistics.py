"""Writes concept-statistics.json: AUCs (scikit-learn), partial rank correlations (scipy, by inverting the correlation
matrix), CIELAB values (from the CIE's formulas) for tests of src/concepts. Run: python3 test/golden/concept-statistics.py
"""
import json
import os
import numpy as np
from scipy import stats
from sklearn.metrics import roc_auc_score

here = os.path.dirname(__file__)
rng = np.random.default_rng(11)
out = {"auc": [], "partial": {}, "lab": []}

for n, ties in ((12, False), (40, True), (200, True)):
    positive = (rng.random(n) < 0.3).astype(int)
    positive[:2] = [0, 1]
    scores = rng.normal(size=n) + positive
    if ties:
        scores = np.round(scores)
    out["auc"].append({"scores": scores.tolist(), "positive": positive.tolist(), "auc": roc_auc_score(positive, scores)})

n = 80
features = rng.normal(size=(n, 4))
features[:, 1] += features[:, 0]
features[:, 3] = np.round(features[:, 3])
score = features[:, 0] - 0.5 * features[:, 2] + rng.normal(size=n)
ranks = np.column_stack([stats.rankdata(column) for column in (*features.T, score)])
precision = np.linalg.inv(np.corrcoef(ranks.T))
out["partial"] = {
    "features": features.T.tolist(),
    "score": score.tolist(),
    "r": [stats.spearmanr(features[:, f], score)[0] for f in range(4)],
    "partial": [-precision[f, 4] / np.sqrt(precision[f, f] * precision[4, 4]) for f in range(4)],
}

for rgb in ([255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 128, 255], [10, 9, 200], [120, 120, 120]):
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
    matrix = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
    t = matrix @ linear / np.array([0.95047, 1.0, 1.08883])
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    out["lab"].append({"rgb": rgb, "lab": [116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])]})

with open(os.path.join(here, "concept-statistics.json"), "w") as file:
    json.dump(out, file)
