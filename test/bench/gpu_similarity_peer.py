"""Each row's largest cosine to every other group, in PyTorch on the GPU, for gpu-similarity.mjs: blocks of float32
products and their maxima, nothing decided in float64. Prints the best of three times in seconds as JSON."""
import json
import sys
import time

import torch

path, n, n_dims, n_groups = sys.argv[1], *(int(word) for word in sys.argv[2:5])
torch.backends.cuda.matmul.allow_tf32 = False
vectors = torch.from_file(path, size=n * n_dims, dtype=torch.float32).reshape(n, n_dims)
starts = [g * n // n_groups for g in range(n_groups + 1)]


def largest():
    unit = torch.nn.functional.normalize(vectors.cuda(), dim=1)
    out = torch.empty(n, n_groups, device="cuda")
    row = torch.empty(n, n_groups, device="cuda", dtype=torch.int64)
    for first in range(0, n, 8192):
        cosines = unit[first : first + 8192] @ unit.T
        for g in range(n_groups):
            values, places = cosines[:, starts[g] : starts[g + 1]].max(1)
            out[first : first + 8192, g], row[first : first + 8192, g] = values, places + starts[g]
    return out.cpu(), row.cpu()


times = []
for _ in range(4):
    start = time.perf_counter()
    similarity, row = largest()
    times.append(time.perf_counter() - start)
print(json.dumps({"seconds": min(times[1:])}))
