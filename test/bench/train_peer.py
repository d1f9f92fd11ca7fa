"""The training step in PyTorch on the CPU, driven by train.mjs over stdin: one JSON request a line, one JSON answer."""
import ctypes
import json
import sys
import time

# glibc gives large blocks back to the system after each step and pays for fresh pages in the next; keep them
libc = ctypes.CDLL("libc.so.6")
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
libc.mallopt(M_MMAP_THRESHOLD, 1 << 30)
libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)

import torch  # noqa: E402


class HandAdam:
    """Adam in as few passes over the weights as PyTorch's in-place operations allow."""

    def __init__(self, parameters, lr):
        self.parameters = list(parameters)
        self.lr, self.step_count = lr, 0
        self.first = [torch.zeros_like(p) for p in self.parameters]
        self.second = [torch.zeros_like(p) for p in self.parameters]
        self.root = [torch.empty_like(p) for p in self.parameters]

    def zero_grad(self, set_to_none=True):
        for p in self.parameters:
            p.grad = None

    @torch.no_grad()
    def step(self):
        self.step_count += 1
        scale = (1 - 0.999**self.step_count) ** 0.5
        size = self.lr / (1 - 0.9**self.step_count) * scale
        for p, m, v, root in zip(self.parameters, self.first, self.second, self.root):
            m.lerp_(p.grad, 0.1)
            v.mul_(0.999).addcmul_(p.grad, p.grad, value=0.001)
            torch.sqrt(v, out=root)
            p.addcdiv_(m, root.add_(1e-8 * scale), value=-size)


ADAMS = {
    "torch.optim.Adam": lambda p: torch.optim.Adam(p, lr=1e-4, foreach=False),
    "torch.optim.Adam foreach": lambda p: torch.optim.Adam(p, lr=1e-4, foreach=True),
    "in-place operations": lambda p: HandAdam(p, 1e-4),
}


class Training:
    def __init__(self, n_trials, n_voxels, n_dims, batch, adam):
        torch.manual_seed(0)
        self.betas = torch.randn(n_trials, n_voxels)
        self.targets = torch.nn.functional.normalize(torch.randn(n_trials, n_dims), dim=1)
        self.layer = torch.nn.Linear(n_voxels, n_dims)
        self.adam = ADAMS[adam](self.layer.parameters())
        self.batch = batch
        self.noise = torch.empty(batch, n_voxels)
        self.labels = torch.arange(batch)

    def step(self, with_noise):
        rows = torch.randint(len(self.betas), (self.batch,))
        x = self.betas[rows]
        if with_noise:
            x += self.noise.normal_()
        prediction = torch.nn.functional.normalize(self.layer(x), dim=1)
        scores = self.targets[rows] @ prediction.T / 0.03
        cross_entropy = torch.nn.functional.cross_entropy
        loss = (cross_entropy(scores, self.labels) + cross_entropy(scores.T, self.labels)) / 2
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        self.adam.step()
        return loss.item()

    def times(self, steps, with_noise):
        out = []
        for _ in range(steps):
            start = time.perf_counter()
            self.step(with_noise)
            out.append((time.perf_counter() - start) * 1000)
        return out


def gflops(n=2048, seconds=1.5):
    a, b, c = torch.randn(n, n), torch.randn(n, n), torch.empty(n, n)
    best, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        torch.mm(a, b, out=c)
        best = max(best, 2 * n**3 / (time.perf_counter() - start) / 1e9)
    return best


training = None
for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "threads":
        torch.set_num_threads(request["threads"])
        answer = {"torch": torch.__version__}
    elif request["do"] == "gflops":
        answer = {"gflops": gflops(seconds=request.get("seconds", 1.5))}
    elif request["do"] == "open":
        training = None
        training = Training(*(request[k] for k in ("nTrials", "nVoxels", "nDims", "batch", "adam")))
        answer = {}
    elif request["do"] == "steps":
        answer = {"ms": training.times(request["steps"], request["noise"])}
    print(json.dumps(answer), flush=True)
