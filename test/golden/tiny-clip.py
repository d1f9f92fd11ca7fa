"""Writes tiny-clip/: a CLIP of random weights with the layout of the ONNX exports on the Hugging Face hub, and
tiny-clip.json: what a numpy forward of the same weights makes of some pictures and texts.

The weights exist once, as numpy arrays: the ONNX graphs hold them as initialisers, `forward_*` below uses them in
float64. Neither shares code with the other. Needs Debian's python3-onnx. Run: python3 test/golden/tiny-clip.py
"""
import json
import os
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

here = os.path.dirname(__file__)
folder = os.path.join(here, "tiny-clip")
os.makedirs(os.path.join(folder, "onnx"), exist_ok=True)
rng = np.random.default_rng(3)
HIDDEN, HEADS, LAYERS, FEED, IMAGE, PATCH, DIMS, CONTEXT = 16, 2, 2, 32, 32, 8, 12, 77
MEAN = np.array([0.48145466, 0.4578275, 0.40821073])
SD = np.array([0.26862954, 0.26130258, 0.27577711])

# ---------------------------------------------------------------- weights


def random(*shape, scale=0.3):
    return rng.normal(0, scale, shape).astype(np.float32)


def tower(prefix):
    weights = {}
    for layer in range(LAYERS):
        at = f"{prefix}.{layer}"
        for norm in ("norm1", "norm2"):
            weights[f"{at}.{norm}.scale"] = 1 + random(HIDDEN)
            weights[f"{at}.{norm}.shift"] = random(HIDDEN)
        for name, (rows, columns) in {
            "query": (HIDDEN, HIDDEN), "key": (HIDDEN, HIDDEN), "value": (HIDDEN, HIDDEN), "mix": (HIDDEN, HIDDEN),
            "up": (HIDDEN, FEED), "down": (FEED, HIDDEN),
        }.items():
            weights[f"{at}.{name}.weight"] = random(rows, columns)
            weights[f"{at}.{name}.bias"] = random(columns)
    for norm in ("first", "last"):
        weights[f"{prefix}.{norm}.scale"] = 1 + random(HIDDEN)
        weights[f"{prefix}.{norm}.shift"] = random(HIDDEN)
    weights[f"{prefix}.projection"] = random(HIDDEN, DIMS)
    return weights


# A byte-pair vocabulary as CLIP's: characters, characters that end a word, merged pieces, the two marks.
letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
merges = ["d o", "do g</w>", "c a", "ca t</w>", "r e", "re d</w>", "a p", "ap p", "app l", "appl e</w>"]
tokens = letters + [letter + "</w>" for letter in letters] + [m.replace(" ", "") for m in merges]
tokens += ["<|startoftext|>", "<|endoftext|>"]
ids = {token: i for i, token in enumerate(tokens)}

patches = (IMAGE // PATCH) ** 2
vision = tower("vision") | {
    "vision.patch": random(HIDDEN, 3, PATCH, PATCH, scale=0.1),
    "vision.class": random(HIDDEN),
    "vision.position": random(patches + 1, HIDDEN),
}
text = tower("text") | {"text.token": random(len(tokens), HIDDEN), "text.position": random(CONTEXT, HIDDEN)}

# ---------------------------------------------------------------- numpy forward, float64


def norm(x, w, name):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return scaled * w[f"{name}.scale"] + w[f"{name}.shift"]


def linear(x, w, name):
    return x @ w[f"{name}.weight"].astype(np.float64) + w[f"{name}.bias"]


def encoder(x, w, prefix, mask):
    length = x.shape[0]
    for layer in range(LAYERS):
        at = f"{prefix}.{layer}"
        h = norm(x, w, f"{at}.norm1")
        q, k, v = (linear(h, w, f"{at}.{name}").reshape(length, HEADS, -1) for name in ("query", "key", "value"))
        mixed = np.zeros_like(h).reshape(length, HEADS, -1)
        for head in range(HEADS):
            s = q[:, head] @ k[:, head].T / np.sqrt(HIDDEN // HEADS) + mask
            s = np.exp(s - s.max(-1, keepdims=True))
            mixed[:, head] = s / s.sum(-1, keepdims=True) @ v[:, head]
        x = x + linear(mixed.reshape(length, HIDDEN), w, f"{at}.mix")
        h = linear(norm(x, w, f"{at}.norm2"), w, f"{at}.up")
        x = x + linear(h / (1 + np.exp(-1.702 * h)), w, f"{at}.down")
    return x


def forward_image(pixels):
    w = vision
    n = IMAGE // PATCH
    cut = pixels.reshape(3, n, PATCH, n, PATCH).transpose(1, 3, 0, 2, 4).reshape(patches, -1)
    x = np.vstack([w["vision.class"], cut @ w["vision.patch"].reshape(HIDDEN, -1).T.astype(np.float64)])
    x = norm(x + w["vision.position"], w, "vision.first")
    x = encoder(x, w, "vision", np.zeros((patches + 1, patches + 1)))
    return norm(x[0], w, "vision.last") @ w["vision.projection"]


def forward_text(row):
    w = text
    x = w["text.token"][row].astype(np.float64) + w["text.position"][: len(row)]
    mask = np.triu(np.full((len(row), len(row)), -1e9), 1)
    x = norm(encoder(x, w, "text", mask), w, "text.last")
    return x[row.index(ids["<|endoftext|>"])] @ w["text.projection"]


def tokenise(sentence):
    row = [ids["<|startoftext|>"]]
    for word in sentence.lower().split():
        pieces = list(word[:-1]) + [word[-1] + "</w>"]
        for merge in merges:
            a, b = merge.split(" ")
            i = 0
            while i < len(pieces) - 1:
                if pieces[i] == a and pieces[i + 1] == b:
                    pieces[i : i + 2] = [a + b]
                i += 1
        row += [ids[piece] for piece in pieces]
    return row + [ids["<|endoftext|>"]]


# ---------------------------------------------------------------- ONNX graphs


class Graph:
    def __init__(self, weights):
        self.nodes, self.count = [], 0
        self.initialisers = [numpy_helper.from_array(array, name) for name, array in weights.items()]

    def constant(self, value, dtype):
        name = f"constant{len(self.initialisers)}"
        self.initialisers.append(numpy_helper.from_array(np.array(value, dtype), name))
        return name

    def __call__(self, op, *inputs, **attributes):
        self.count += 1
        name = f"x{self.count}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def norm(self, x, name):
        mean = self("ReduceMean", x, axes=[-1])
        centred = self("Sub", x, mean)
        variance = self("ReduceMean", self("Mul", centred, centred), axes=[-1])
        sd = self("Sqrt", self("Add", variance, self.constant(1e-5, np.float32)))
        return self("Add", self("Mul", self("Div", centred, sd), f"{name}.scale"), f"{name}.shift")

    def linear(self, x, name):
        return self("Add", self("MatMul", x, f"{name}.weight"), f"{name}.bias")

    def heads(self, x, order):
        split = self("Reshape", x, self.constant([0, 0, HEADS, HIDDEN // HEADS], np.int64))
        return self("Transpose", split, perm=order)

    def encoder(self, x, prefix, mask=None):
        for layer in range(LAYERS):
            at = f"{prefix}.{layer}"
            h = self.norm(x, f"{at}.norm1")
            q = self.heads(self.linear(h, f"{at}.query"), [0, 2, 1, 3])
            k = self.heads(self.linear(h, f"{at}.key"), [0, 2, 3, 1])
            v = self.heads(self.linear(h, f"{at}.value"), [0, 2, 1, 3])
            s = self("Div", self("MatMul", q, k), self.constant(np.sqrt(HIDDEN // HEADS), np.float32))
            if mask:
                s = self("Add", s, mask)
            mixed = self("Transpose", self("MatMul", self("Softmax", s, axis=-1), v), perm=[0, 2, 1, 3])
            joined = self("Reshape", mixed, self.constant([0, 0, HIDDEN], np.int64))
            x = self("Add", x, self.linear(joined, f"{at}.mix"))
            h = self.linear(self.norm(x, f"{at}.norm2"), f"{at}.up")
            gate = self("Sigmoid", self("Mul", h, self.constant(1.702, np.float32)))
            x = self("Add", x, self.linear(self("Mul", h, gate), f"{at}.down"))
        return x

    def save(self, path, inputs, output):
        last = self.nodes[-1].output[0]
        self.nodes.append(helper.make_node("Identity", [last], [output]))
        value = helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", DIMS])
        graph = helper.make_graph(self.nodes, "tiny-clip", inputs, [value], self.initialisers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
        model.ir_version = 7
        onnx.checker.check_model(model)
        onnx.save(model, path)


g = Graph(vision)
x = g("Conv", "pixel_values", "vision.patch", strides=[PATCH, PATCH])
x = g("Transpose", g("Reshape", x, g.constant([0, HIDDEN, patches], np.int64)), perm=[0, 2, 1])
batch = g("Slice", g("Shape", x), g.constant([0], np.int64), g.constant([1], np.int64))
shape = g("Concat", batch, g.constant([1, HIDDEN], np.int64), axis=0)
x = g("Concat", g("Expand", "vision.class", shape), x, axis=1)
x = g.encoder(g.norm(g("Add", x, "vision.position"), "vision.first"), "vision")
x = g("Gather", x, g.constant(0, np.int64), axis=1)
g("MatMul", g.norm(x, "vision.last"), "vision.projection")
g.save(
    os.path.join(folder, "onnx", "vision_model.onnx"),
    [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["batch", 3, IMAGE, IMAGE])],
    "image_embeds",
)

g = Graph(text | {"mask": np.triu(np.full((CONTEXT, CONTEXT), -1e9, np.float32), 1)})
length = g("Slice", g("Shape", "input_ids"), g.constant([1], np.int64), g.constant([2], np.int64))
zero, axis0, axis1 = (g.constant([v], np.int64) for v in (0, 0, 1))
position = g("Slice", "text.position", zero, length, axis0)
mask = g("Slice", g("Slice", "mask", zero, length, axis0), zero, length, axis1)
x = g.norm(g.encoder(g("Add", g("Gather", "text.token", "input_ids"), position), "text", mask), "text.last")
end = g("ArgMax", "input_ids", axis=1, keepdims=0)  # The end mark has the highest id: its first place.
one_hot = g("OneHot", end, length, g.constant([0, 1], np.float32))
x = g("ReduceSum", g("Mul", x, g("Unsqueeze", one_hot, g.constant([2], np.int64))), g.constant([1], np.int64), keepdims=0)
g("MatMul", x, "text.projection")
g.save(
    os.path.join(folder, "onnx", "text_model.onnx"),
    [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"])],
    "text_embeds",
)

# ---------------------------------------------------------------- configuration, as in the hub's folders


def write_json(name, value):
    with open(os.path.join(folder, name), "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


write_json("config.json", {
    "architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": DIMS, "logit_scale_init_value": 2.6592,
    "text_config": {"model_type": "clip_text_model", "hidden_size": HIDDEN, "vocab_size": len(tokens),
                    "max_position_embeddings": CONTEXT, "eos_token_id": ids["<|endoftext|>"]},
    "vision_config": {"model_type": "clip_vision_model", "hidden_size": HIDDEN, "image_size": IMAGE, "patch_size": PATCH},
})
write_json("preprocessor_config.json", {
    "image_processor_type": "CLIPImageProcessor", "do_resize": True, "size": {"shortest_edge": IMAGE}, "resample": 3,
    "do_center_crop": True, "crop_size": {"height": IMAGE, "width": IMAGE}, "do_rescale": True,
    "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": MEAN.tolist(), "image_std": SD.tolist(),
})
write_json("tokenizer_config.json", {
    "tokenizer_class": "CLIPTokenizer", "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>",
    "pad_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "model_max_length": CONTEXT, "do_lower_case": True,
})
special = [{"id": ids[t], "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": True,
            "special": True} for t in tokens[-2:]]
write_json("tokenizer.json", {
    "version": "1.0", "truncation": None, "padding": None, "added_tokens": special,
    "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "WhitespaceSplit"},
    "post_processor": {"type": "RobertaProcessing", "sep": ["<|endoftext|>", ids["<|endoftext|>"]],
                       "cls": ["<|startoftext|>", ids["<|startoftext|>"]], "trim_offsets": False,
                       "add_prefix_space": False},
    "decoder": None,
    "model": {"type": "BPE", "dropout": None, "unk_token": "<|endoftext|>", "continuing_subword_prefix": "",
              "end_of_word_suffix": "</w>", "fuse_unk": False, "vocab": ids, "merges": merges},
})

# ---------------------------------------------------------------- pictures and texts, and what comes out


def pixels_of(image):
    width, height = image.size
    if width <= height:
        new = (IMAGE, int(IMAGE * height / width))
    else:
        new = (int(IMAGE * width / height), IMAGE)
    image = image.resize(new, Image.Resampling.BICUBIC)
    left, top = int(round((new[0] - IMAGE) / 2.0)), int(round((new[1] - IMAGE) / 2.0))
    values = np.asarray(image.crop((left, top, left + IMAGE, top + IMAGE)).convert("RGB"), dtype=np.float64) / 255
    return ((values - MEAN) / SD).transpose(2, 0, 1)


pictures = os.path.join(here, "pictures")
os.makedirs(pictures, exist_ok=True)
y, x = np.mgrid[:41, :57]
wave = np.stack([127 + 120 * np.sin(x / 4), 255.0 * (y > 20), 255.0 * x / 56], -1).astype(np.uint8)
alpha = np.where((x - 28) ** 2 + (y - 20) ** 2 < 300, 255, 40).astype(np.uint8)
Image.fromarray(wave).save(os.path.join(pictures, "a-wave.png"))
Image.fromarray(wave.transpose(1, 0, 2).copy()).save(os.path.join(pictures, "b-tall.png"))
Image.fromarray(wave[..., 0]).save(os.path.join(pictures, "c-grey.png"))
Image.fromarray(np.dstack([wave, alpha])).save(os.path.join(pictures, "d-alpha.png"))
Image.fromarray(wave).save(os.path.join(pictures, "e-photo.jpg"), quality=92)
Image.fromarray(wave).convert("CMYK").save(os.path.join(pictures, "cmyk.jpg"), quality=92)

names = sorted(name for name in os.listdir(pictures) if name[0] in "abcde" and name[1] == "-")
texts = ["a dog", "red apple", "Cat", "the quick brown fox jumps over a lazy dog"]
out = {
    "pictures": names,
    "image_embeds": [forward_image(pixels_of(Image.open(os.path.join(pictures, name)))).tolist() for name in names],
    "texts": texts,
    "ids": [tokenise(sentence) for sentence in texts],
    "text_embeds": [forward_text(tokenise(sentence)).tolist() for sentence in texts],
}
with open(os.path.join(here, "tiny-clip.json"), "w") as file:
    json.dump(out, file)
