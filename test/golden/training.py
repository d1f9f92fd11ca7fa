"""First steps of the contrastive training in PyTorch, for test/engine and test/decode.

Data, weights and noise come from an integer hash that test/engine/goldenProblem.ts repeats exactly, so that the file
holds only results. Run: /usr/bin/python3 test/golden/training.py
"""
import base64
import json
import os

import numpy as np
import torch

torch.set_num_threads(1)


def hashed(n, salt):
    """n numbers in [-0.5, 0.5): the high 24 bits of a multiplicative hash, exact in float32."""
    i = np.arange(n, dtype=np.uint64) + np.uint64(salt) * np.uint64(1000003)
    h = (i * np.uint64(2654435761)) & np.uint64(0xFFFFFFFF)
    h = h ^ (h >> np.uint64(15))
    h = (h * np.uint64(2246822519)) & np.uint64(0xFFFFFFFF)
    h = h ^ (h >> np.uint64(13))
    return ((h >> np.uint64(8)).astype(np.float64) / 2**24 - 0.5).astype(np.float32)


def encode(array):
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode()


def golden(n_voxels, n_dims, batch, noise_sd, steps=10):
    weight = torch.from_numpy(hashed(n_voxels * n_dims, 1).reshape(n_voxels, n_dims)) * (2 / n_voxels**0.5)
    bias = torch.from_numpy(hashed(n_dims, 2)) * (2 / n_voxels**0.5)
    layer = torch.nn.Linear(n_voxels, n_dims)
    with torch.no_grad():
        layer.weight.copy_(weight.T)
        layer.bias.copy_(bias)
    adam = torch.optim.Adam(layer.parameters(), lr=1e-3)
    losses, similarities, first = [], [], None
    for step in range(steps):
        x = torch.from_numpy(hashed(batch * n_voxels, 100 + step).reshape(batch, n_voxels)) * 3
        noise = torch.from_numpy(hashed(batch * n_voxels, 200 + step).reshape(batch, n_voxels)) * 3
        y = torch.from_numpy(hashed(batch * n_dims, 300 + step).reshape(batch, n_dims))
        y = torch.nn.functional.normalize(y, dim=1)
        prediction = torch.nn.functional.normalize(layer(x + noise_sd * noise), dim=1)
        cosines = y @ prediction.T
        scores = cosines / 0.03
        target = torch.arange(batch)
        cross_entropy = torch.nn.functional.cross_entropy
        loss = (cross_entropy(scores, target) + cross_entropy(scores.T, target)) / 2
        adam.zero_grad()
        loss.backward()
        losses.append(loss.item())
        similarities.append(cosines.diagonal().mean().item())
        if first is None:
            first = (layer.weight.grad.T.clone().numpy(), layer.bias.grad.clone().numpy())
        adam.step()
    rows = list(range(0, n_voxels, max(1, n_voxels // 60)))
    return {
        "nVoxels": n_voxels,
        "nDims": n_dims,
        "batchSize": batch,
        "noiseSd": noise_sd,
        "losses": losses,
        "similarities": similarities,
        "rows": rows,
        "weightGradient": encode(first[0][rows]),
        "largestGradient": float(abs(first[0]).max()),
        "biasGradient": encode(first[1]),
        "finalWeight": encode(layer.weight.detach().numpy().T[rows]),
        "finalBias": encode(layer.bias.detach().numpy()),
    }


if __name__ == "__main__":
    cases = {
        "small and odd": golden(150, 20, 23, 1.0),
        "without noise": golden(40, 5, 8, 0.0),
        "large enough for threads": golden(1210, 60, 61, 1.0),
    }
    path = os.path.join(os.path.dirname(__file__), "training.json")
    with open(path, "w") as file:
        json.dump({"torch": torch.__version__, "cases": cases}, file, indent=1)
