"""Writes clip-preprocess.safetensors: pictures of odd sizes and modes, and what Pillow and numpy make of them.

Resize, crop and normalisation are those of OpenAI's CLIP (its `_transform`), written with Pillow and numpy.
Run: python3 test/golden/clip-preprocess.py
"""
import os
import numpy as np
from PIL import Image
from safetensors_file import write_safetensors

here = os.path.dirname(__file__)
rng = np.random.default_rng(7)
MEAN = np.array([0.48145466, 0.4578275, 0.40821073])
SD = np.array([0.26862954, 0.26130258, 0.27577711])


def picture(height, width, channels):
    """Smooth shapes, sharp edges and noise, so that ringing and rounding both matter."""
    y, x = np.mgrid[:height, :width]
    layers = []
    for c in range(channels):
        wave = 127 + 120 * np.sin(x / (3 + c) + y / (5 + 2 * c))
        wave[height // 4 : height // 2, width // 3 : width // 2] = 255 * (c % 2)
        layers.append(wave + rng.normal(0, 12, wave.shape))
    return np.clip(np.stack(layers, -1), 0, 255).astype(np.uint8)


def preprocess(image, size):
    width, height = image.size
    if width <= height:
        new = (size, int(size * height / width))
    else:
        new = (int(size * width / height), size)
    image = image.resize(new, Image.Resampling.BICUBIC)
    left, top = int(round((new[0] - size) / 2.0)), int(round((new[1] - size) / 2.0))
    image = image.crop((left, top, left + size, top + size)).convert("RGB")
    values = np.asarray(image, dtype=np.float64) / 255
    return ((values - MEAN) / SD).transpose(2, 0, 1).astype(np.float32)


out = {}
cases = {
    "odd": (61, 47, "RGB", 24),
    "wide": (33, 97, "RGB", 24),
    "enlarged": (9, 14, "RGB", 33),
    "same": (24, 24, "RGB", 24),
    "one-pixel": (1, 1, "RGB", 8),
    "thin": (3, 40, "RGB", 16),
    "grey": (50, 71, "L", 24),
    "alpha": (45, 52, "RGBA", 24),
    "grey-alpha": (40, 41, "LA", 24),
    "square": (85, 85, "RGB", 32),
}
for name, (height, width, mode, size) in cases.items():
    channels = len(mode)
    data = picture(height, width, channels)
    if mode.endswith("A"):
        data[: height // 3, :, -1] = 0
        data[-height // 3 :, :, -1] = 255
    image = Image.fromarray(data[..., 0] if mode == "L" else data, mode)
    out[f"{name}/picture"] = data
    out[f"{name}/size"] = np.array([size], np.int32)
    out[f"{name}/input"] = preprocess(image, size)
    # The bytes alone, to a size of other proportions, both filters.
    for filter in ("BICUBIC", "BILINEAR"):
        resized = np.asarray(image.resize((23, 17), getattr(Image.Resampling, filter)))
        out[f"{name}/{filter.lower()}"] = resized.reshape(17, 23, channels)
write_safetensors(os.path.join(here, "clip-preprocess.safetensors"), out)
