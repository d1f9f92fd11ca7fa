"""Writes mat.json: what SciPy reads from its own small .mat files (shared data: readers/scipy_mat), or why it refuses.

Run from the repository's root: python3 test/golden/mat.py ../shared/data/readers/scipy_mat
Values are in C order. Numbers are compared as numbers: SciPy keeps the type they are stored in unless asked for the
array's class (mat_dtype), and then drops imaginary parts: x is read without, c with it.
"""
import json, pathlib, sys, warnings
import numpy as np
import scipy, scipy.io, scipy.sparse
from scipy.io.matlab import MatlabFunction, MatlabObject, MatlabOpaque

warnings.simplefilter('ignore')


def numbers(array):
    return [str(int(v)) if array.dtype.kind in 'iu' else repr(float(v)) for v in array.ravel(order='C')]


def value(x, c):
    if scipy.sparse.issparse(x):
        full = x.toarray()
        out = dict(kind='sparse', shape=full.shape, data=numbers(full.real.astype('f8')))
        return dict(out, imaginary=numbers(full.imag)) if full.dtype.kind == 'c' else out
    if isinstance(x, MatlabOpaque):
        return dict(kind='object', className=x[0]['s2'].decode())
    if isinstance(x, MatlabFunction):
        return dict(kind='function', content=value(x.view(np.ndarray), c.view(np.ndarray)))
    if x.dtype.kind == 'U':
        return dict(kind='char', rows=[str(row) for row in x.ravel(order='C')])
    if x.dtype.names is not None:
        elements = [{name: value(element[name], classed[name]) for name in x.dtype.names}
                    for element, classed in zip(x.ravel(order='C'), c.ravel(order='C'))]
        out = dict(kind='struct', shape=x.shape, fields=x.dtype.names, elements=elements)
        return dict(out, className=x.classname) if isinstance(x, MatlabObject) else out
    if x.dtype.kind == 'O':
        if all(cell is None for cell in x.ravel()):
            return dict(kind='struct', shape=x.shape, fields=[], elements=[{} for _ in x.ravel()])
        return dict(kind='cell', shape=x.shape, cells=[value(*pair) for pair in zip(x.ravel(order='C'), c.ravel(order='C'))])
    if c.dtype.kind == 'b':
        return dict(kind='logical', shape=x.shape, data=numbers(c.astype('u1')))
    if x.dtype.kind == 'c':
        return dict(kind='numeric', shape=x.shape, data=numbers(x.real), imaginary=numbers(x.imag))
    return dict(kind='numeric', shape=x.shape, type=c.dtype.newbyteorder('=').name, data=numbers(x))


def read(path):
    try:
        plain = scipy.io.loadmat(path)
        classed = scipy.io.loadmat(path, mat_dtype=True)
    except Exception as error:
        return dict(error=f'{type(error).__name__}: {error}')
    names = [name for name in plain if not name.startswith('__') and name != 'None']
    return dict(variables={name: value(plain[name], classed[name]) for name in names})


files = sorted(pathlib.Path(sys.argv[1]).glob('*.mat'))
golden = dict(scipy=scipy.__version__, files={path.name: read(path) for path in files})
out = pathlib.Path(__file__).with_suffix('.json')
out.write_text(json.dumps(golden, separators=(',', ':'), ensure_ascii=False) + '\n')
