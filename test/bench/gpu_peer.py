"""The training step in PyTorch on an NVIDIA GPU, and the data for gpu.mjs, which starts this.

Writes into the folder: betas, targets, the batches' order and the start as raw little-endian numbers; reference.json,
losses and a gradient in float64; peer.json, times and losses of each way to run the step. Betas stay on the GPU; noise
is added to each batch; Adam is the fused one.
"""
import argparse
import json
import os
import time

import numpy as np
import torch

parser = argparse.ArgumentParser()
parser.add_argument("folder")
for name, default in (("trials", 21750), ("voxels", 17883), ("dims", 512), ("batch", 128), ("steps", 5001)):
    parser.add_argument(f"--{name}", type=int, default=default)
parser.add_argument("--device", default="cuda")
parser.add_argument("--compile", action="store_true")
options = parser.parse_args()
device = torch.device(options.device)
on_gpu = device.type == "cuda"
n_trials, n_voxels, n_dims, batch, steps = (
    getattr(options, name) for name in ("trials", "voxels", "dims", "batch", "steps")
)
temperature, learning_rate = 0.03, 1e-4
labels = torch.arange(batch, device=device)


def save(name, array):
    array.tofile(os.path.join(options.folder, name))


def allow_tf32(allowed):
    torch.backends.cuda.matmul.allow_tf32 = allowed


def wait():
    if on_gpu:
        torch.cuda.synchronize()


def make_data():
    """Responses linear in the targets (a tenth of the variance) with white noise, and a start as torch.nn.Linear's."""
    generator = torch.Generator(device).manual_seed(1)
    normal = lambda *shape: torch.randn(*shape, device=device, generator=generator)
    targets = torch.nn.functional.normalize(normal(n_trials, n_dims), dim=1)
    betas = normal(n_trials, n_voxels)
    betas *= 0.9**0.5
    betas += 0.1**0.5 * (targets @ normal(n_dims, n_voxels))
    bound = n_voxels**-0.5
    uniform = lambda *shape: (torch.rand(*shape, device=device, generator=generator) * 2 - 1) * bound
    weight, bias = uniform(n_dims, n_voxels), uniform(n_dims)
    per_pass = n_trials // batch
    rng = np.random.default_rng(1)
    passes = [rng.permutation(n_trials)[: per_pass * batch] for _ in range(-(-steps // per_pass))]
    order = np.concatenate(passes).astype(np.int32)[: steps * batch].reshape(steps, batch)
    save("betas.f32", betas.cpu().numpy())
    save("targets.f32", targets.cpu().numpy())
    save("weight.f32", np.ascontiguousarray(weight.T.cpu().numpy()))
    save("bias.f32", bias.cpu().numpy())
    save("order.i32", order)
    return betas, targets, weight, bias, torch.from_numpy(order.astype(np.int64)).to(device)


class Training:
    def __init__(self, data, noise, dtype=torch.float32, capturable=False):
        self.betas, self.targets, weight, bias, self.order = data
        self.dtype, self.noise = dtype, noise
        self.weight = weight.to(dtype).clone().requires_grad_()
        self.bias = bias.to(dtype).clone().requires_grad_()
        self.adam = torch.optim.Adam(
            [self.weight, self.bias], lr=learning_rate, fused=on_gpu, capturable=capturable and on_gpu
        )
        self.losses = torch.zeros(steps, device=device, dtype=dtype)
        self.at = torch.zeros(1, device=device, dtype=torch.int64)

    def loss(self, rows):
        x = self.betas[rows].to(self.dtype)
        if self.noise:
            x = x + torch.randn_like(x)
        prediction = torch.nn.functional.normalize(torch.nn.functional.linear(x, self.weight, self.bias), dim=1)
        scores = self.targets[rows].to(self.dtype) @ prediction.T / temperature
        cross_entropy = torch.nn.functional.cross_entropy
        return (cross_entropy(scores, labels) + cross_entropy(scores.T, labels)) / 2

    def step(self):
        loss = self.loss(self.order.index_select(0, self.at)[0])
        loss.backward()
        self.adam.step()
        self.adam.zero_grad(set_to_none=True)
        self.losses.index_copy_(0, self.at, loss.detach()[None])
        self.at += 1


def reference(data, count):
    """The first steps in float64, without noise."""
    training = Training(data, noise=False, dtype=torch.float64)
    voxels = list(range(0, n_voxels, max(1, n_voxels // 50)))
    training.loss(data[4][0]).backward()
    gradient = training.weight.grad
    out = {
        "voxels": voxels,
        "gradient": gradient[:, voxels].T.flatten().tolist(),
        "largestGradient": gradient.abs().max().item(),
    }
    training.adam.zero_grad(set_to_none=True)
    for _ in range(count):
        training.step()
    return {**out, "losses": training.losses[:count].tolist()}


def timed(training, step, first):
    """Seconds of all steps from `first` on."""
    wait()
    start = time.perf_counter()
    for _ in range(steps - first):
        step()
    wait()
    return time.perf_counter() - start


def eager(data, **kind):
    warm = Training(data, **kind)
    for _ in range(min(20, steps)):
        warm.step()
    training = Training(data, **kind)
    seconds = timed(training, training.step, 0)
    return seconds / steps * 1000, training.losses.tolist()


def graph(data, compile=False, **kind):
    """The step captured once as a CUDA graph and replayed: no launch costs."""
    training = Training(data, capturable=True, **kind)
    if compile:
        training.loss = torch.compile(training.loss)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            training.step()
    torch.cuda.current_stream().wait_stream(stream)
    captured = torch.cuda.CUDAGraph()
    with torch.cuda.graph(captured):
        training.step()
    seconds = timed(training, captured.replay, 3)
    return seconds / (steps - 3) * 1000, training.losses.tolist()


def compiled_graph(data, **kind):
    """The same with loss and gradient through torch.compile (Inductor)."""
    return graph(data, compile=True, **kind)


def write(name, value):
    with open(os.path.join(options.folder, name), "w") as file:
        json.dump(value, file)


def main():
    start = time.perf_counter()
    data = make_data()
    allow_tf32(False)
    write("reference.json", reference(data, min(100, steps)))
    print(f"data and float64 reference: {time.perf_counter() - start:.1f} s", flush=True)
    ways = [("eager", eager)] + ([("CUDA graph", graph)] if on_gpu else [])
    if options.compile:
        ways.append(("torch.compile in a CUDA graph", compiled_graph))
    results = {"torch": torch.__version__, "cuda": torch.version.cuda, "runs": []}
    if on_gpu:
        results["device"] = torch.cuda.get_device_name()
    for name, way in ways:
        for tf32 in (False, True) if on_gpu else (False,):
            for noise in (True, False):
                allow_tf32(tf32)
                try:
                    ms, losses = way(data, noise=noise)
                except Exception as error:  # one way that fails must not lose the others
                    print(f"PyTorch {name}: {error}", flush=True)
                    continue
                run = {"way": name, "tf32": tf32, "noise": noise, "ms": ms, "losses": losses}
                results["runs"].append(run)
                precision = "TF32" if tf32 else "float32"
                print(f"PyTorch {name}, {precision}, {'with' if noise else 'without'} noise: {ms:.4f} ms a step", flush=True)
                write("peer.json", results)
    if on_gpu:
        results["gib"] = torch.cuda.max_memory_allocated() / 2**30
        write("peer.json", results)


main()
