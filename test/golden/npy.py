"""Writes npy.json: small .npy files as NumPy writes them (base64) with the values it reads from them."""
import base64, io, json, pathlib
import numpy as np
from numpy.lib import format as npy

rng = np.random.default_rng(0)
cases = []


def add(name, array, version=None):
    file = io.BytesIO()
    npy.write_array(file, array, version=version)
    back = npy.read_array(io.BytesIO(file.getvalue()))
    values = [str(int(v)) if back.dtype.kind in 'iub' else repr(float(v)) for v in back.ravel(order='C')]
    cases.append(dict(name=name, dtype=str(back.dtype.name), shape=back.shape, values=values,
                      file=base64.b64encode(file.getvalue()).decode()))


for code in ['f8', 'f4', 'f2', 'i8', 'i4', 'i2', 'i1', 'u8', 'u4', 'u2', 'u1']:
    for order in '<>':
        kind = np.dtype(order + code)
        values = rng.normal(size=(2, 3)) * 50 if code[0] == 'f' else rng.integers(0, 100, (2, 3))
        array = values.astype(kind)
        if code[0] == 'i':
            array[0, 0] = np.iinfo(kind).min
            array[0, 1] = np.iinfo(kind).max
        if code[0] == 'u':
            array[0, 1] = np.iinfo(kind).max
        if code[0] == 'f':
            info = np.finfo(kind)
            array[0] = [info.max, info.tiny, info.smallest_subnormal]
            array[1, 0] = -np.inf
        add(f'{order}{code}', array)
add('booleans', np.array([[True, False, True]]))
add('scalar', np.float64(2.5).reshape(()))
add('one axis', np.arange(5, dtype='<f4'))
add('no element', np.zeros((0, 4), '<f4'))
add('fortran order', np.asfortranarray(np.arange(24, dtype='<i4').reshape(2, 3, 4)))
add('fortran order, big-endian float16', np.asfortranarray(np.arange(6).reshape(2, 3).astype('>f2')))
add('version 2', np.arange(6, dtype='<i2').reshape(3, 2), (2, 0))
add('version 3', np.arange(6, dtype='<i2').reshape(3, 2), (3, 0))

refused = []
for name, array in [('complex', np.array([1 + 2j])), ('text', np.array(['a'])), ('bytes', np.array([b'a'])),
                    ('record', np.zeros(2, [('a', '<f4'), ('b', '<i2')])), ('date', np.array(['2020-01-01'], 'M8[D]'))]:
    file = io.BytesIO()
    npy.write_array(file, array)
    refused.append(dict(name=name, file=base64.b64encode(file.getvalue()).decode()))

halves = np.array([0.1, 1 / 3, 65504, 65519, 6e-8, 2.9e-8, 3e-8, 2049, 2051, -0.0, 1e-5, 0.00006104, 0.000061],
                  'f8')
rounding = dict(values=halves.tolist(), bits=halves.astype('<f2').view('<u2').tolist())
path = pathlib.Path(__file__).with_suffix('.json')
path.write_text(json.dumps(dict(numpy=np.__version__, cases=cases, refused=refused, rounding=rounding), indent=0))
