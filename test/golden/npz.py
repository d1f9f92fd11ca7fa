"""Writes npz.json: small .npz archives as NumPy writes them (base64), and the sums of what they hold."""
import base64, io, json, pathlib
import numpy as np

arrays = dict(a=np.arange(12, dtype='<f4').reshape(3, 4), b=np.array([[1, -2]], '>i8'), empty=np.zeros((0, 3)),
              half=np.asfortranarray(np.arange(6).reshape(2, 3).astype('f2')), zeros=np.zeros(5000))
files = {}
for name, save in [('stored', np.savez), ('deflated', np.savez_compressed)]:
    file = io.BytesIO()
    save(file, **arrays)
    files[name] = base64.b64encode(file.getvalue()).decode()
values = {name: dict(shape=array.shape, values=array.ravel().tolist() if array.size < 100 else []) for name, array in arrays.items()}
path = pathlib.Path(__file__).with_suffix('.json')
path.write_text(json.dumps(dict(numpy=np.__version__, files=files, arrays=values), indent=0) + '\n')
