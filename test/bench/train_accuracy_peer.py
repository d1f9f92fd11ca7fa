"""PyTorch's side of train-accuracy.mjs: trains until a validation accuracy is reached, prints seconds and steps."""
import ctypes
import json
import sys
import time

# keep large blocks between steps, as in train_peer.py
libc = ctypes.CDLL("libc.so.6")
libc.mallopt(-3, 1 << 30)
libc.mallopt(-1, 2**31 - 1)

import numpy as np  # noqa: E402
import torch  # noqa: E402

request = json.loads(sys.argv[1])
torch.set_num_threads(request["threads"])
torch.manual_seed(1)
folder, n_train, every = request["folder"], request["nTrain"], request["every"]
betas = torch.from_numpy(np.load(f"{folder}/betas.npy"))
stimulus = torch.from_numpy(np.load(f"{folder}/stimulus.npy")[0].astype(np.int64))
targets = torch.nn.functional.normalize(torch.from_numpy(np.load(f"{folder}/embeddings.npy")), dim=1)
images = targets[stimulus[n_train:]]
labels, own = torch.arange(128), torch.arange(len(images))
cross_entropy = torch.nn.functional.cross_entropy

start = time.perf_counter()
layer = torch.nn.Linear(betas.shape[1], targets.shape[1])
adam = torch.optim.Adam(layer.parameters(), lr=1e-4)
noise = torch.empty(128, betas.shape[1])
steps, order, accuracy = 0, [], 0.0
while accuracy < request["goal"] and steps < request["maxSteps"]:
    if not order:
        order = list(torch.randperm(n_train)[: n_train // 128 * 128].split(128))
    rows = order.pop()
    x = betas[rows]
    x += noise.normal_()
    prediction = torch.nn.functional.normalize(layer(x), dim=1)
    scores = targets[stimulus[rows]] @ prediction.T / 0.03
    loss = (cross_entropy(scores, labels) + cross_entropy(scores.T, labels)) / 2
    adam.zero_grad(set_to_none=True)
    loss.backward()
    adam.step()
    steps += 1
    if steps % every == 0:
        with torch.no_grad():
            nearest = (layer(betas[n_train:]) @ images.T).argmax(dim=1)
            accuracy = (nearest == own).float().mean().item()
print(json.dumps({"seconds": time.perf_counter() - start, "steps": steps, "torch": torch.__version__}))
