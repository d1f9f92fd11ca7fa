"""Golden values for the neuroimaging readers, made with nibabel, h5py and numpy (Debian's).

    /usr/bin/python3 test/golden/neuroimaging.py [../shared/data]

Writes neuroimaging.json beside itself: small files as base64 with what Python reads from them, and, for the real
files under shared/data, what Python reads from those. The tests need no Python.
"""
import base64
import gzip
import io
import json
import os
import sys
import tempfile
import warnings

import h5py
import nibabel as nib
import nibabel.freesurfer as fs
import numpy as np

warnings.filterwarnings('ignore')
here = os.path.dirname(os.path.abspath(__file__))
shared = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, '../../../shared/data'))
rng = np.random.default_rng(20)
folder = tempfile.mkdtemp()
made, real = {}, {}


def numbers(values):
    """Numbers as JSON, NaN and infinities as text."""
    return [float(v) if np.isfinite(v) else str(v) for v in np.asarray(values, dtype=float).ravel()]


def digest(values):
    """A large array by its size, sums and some of its values at given positions (first axis fastest)."""
    flat = np.asarray(values).ravel(order='F').astype(float)
    at = np.unique(np.linspace(0, flat.size - 1, 12).astype(int))
    finite = np.where(np.isfinite(flat), flat, 0)
    weights = np.arange(flat.size) % 97 + 1
    return {'size': int(flat.size), 'sum': float(finite.sum()), 'weighted': float((finite * weights).sum()),
            'at': at.tolist(), 'values': numbers(flat[at])}


def image(img, path=None):
    header = img.header
    data = np.asarray(img.dataobj)
    return {'dims': list(img.shape), 'affine': numbers(img.affine), 'stored': header.get_data_dtype().name,
            'data': digest(data)}


def keep(name, path, **expected):
    with open(path, 'rb') as file:
        made[name] = {'base64': base64.b64encode(file.read()).decode(), **expected}


# NIfTI: versions, byte orders, types, scaling, affines
oblique = np.array([[1.7, 0.3, -0.2, -80], [-0.25, 1.75, 0.1, -100.5], [0.22, -0.05, 1.78, -60], [0, 0, 0, 1]])
rotated = np.diag([-1.8, 1.8, 1.8, 1.0])
c, s = np.cos(0.3), np.sin(0.3)
rotated[:3, :3] = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ rotated[:3, :3]
rotated[:3, 3] = [70, -90, -40]
for version, klass in ((1, nib.Nifti1Image), (2, nib.Nifti2Image)):
    for order in '<>':
        for dtype in ('i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'f4', 'f8'):
            low, high = (-100, 100) if dtype[0] != 'u' else (0, 200)
            values = rng.integers(low, high, (4, 3, 5, 2)).astype(order + dtype)
            header_class = klass.header_class
            header = header_class(endianness=order)
            header.set_data_dtype(order + dtype)
            img = klass(values, oblique, header)
            img.header.set_data_dtype(order + dtype)
            if dtype in ('i2', 'f4'):
                img.header.set_slope_inter(0.25, -3)
            path = f'{folder}/x.nii.gz' if dtype != 'i4' else f'{folder}/x.nii'
            nib.save(img, path)
            name = f'nifti{version}-{"little" if order == "<" else "big"}-{dtype}' + ('.nii' if dtype == 'i4' else '.nii.gz')
            keep(name, path, **image(nib.load(path)))
for name, qform, sform in (('qform', 1, 0), ('neither', 0, 0), ('both', 1, 2)):
    img = nib.Nifti1Image(rng.integers(0, 9, (3, 4, 5)).astype('i2'), rotated)
    img.set_qform(rotated, qform)
    img.set_sform(oblique if name == 'both' else rotated, sform)
    nib.save(img, f'{folder}/{name}.nii')
    keep(f'affine-{name}.nii', f'{folder}/{name}.nii', **image(nib.load(f'{folder}/{name}.nii')))
pair = nib.Nifti1Pair(rng.normal(size=(3, 4, 5)).astype('f4'), rotated)
nib.save(pair, f'{folder}/pair.hdr')
keep('pair.hdr', f'{folder}/pair.hdr', **image(nib.load(f'{folder}/pair.hdr')))
keep('pair.img', f'{folder}/pair.img')
extended = nib.Nifti1Image(rng.integers(0, 9, (3, 4, 5)).astype('i2'), rotated)
extended.header.extensions.append(nib.nifti1.Nifti1Extension('comment', b'a remark of some length'))
nib.save(extended, f'{folder}/extended.nii.gz')
keep('extended.nii.gz', f'{folder}/extended.nii.gz', **image(nib.load(f'{folder}/extended.nii.gz')))

# The quaternions nibabel gives to affines, for the writer
quaternions = []
for index in range(8):
    q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    affine = np.eye(4)
    affine[:3, :3] = q * rng.uniform(0.5, 3, 3)
    affine[:3, 3] = rng.normal(size=3) * 50
    header = nib.Nifti1Header()
    header.set_qform(affine, 1)
    quaternions.append({'affine': numbers(affine), 'qfac': float(header['pixdim'][0]),
                        'bcd': numbers([header['quatern_b'], header['quatern_c'], header['quatern_d']])})

# MGH
for dtype in ('u1', 'i2', 'i4', 'f4'):
    img = nib.MGHImage(rng.integers(0, 100, (3, 4, 5, 2)).astype(dtype), rotated)
    nib.save(img, f'{folder}/x.mgz')
    keep(f'mgh-{dtype}.mgz', f'{folder}/x.mgz', **image(nib.load(f'{folder}/x.mgz')))

# GIFTI: all encodings, both byte orders, both array orders
vertices = rng.normal(size=(6, 3)).astype('f4')
faces = rng.integers(0, 6, (8, 3)).astype('i4')
for encoding in ('ASCII', 'B64BIN', 'B64GZ'):
    img = nib.GiftiImage(darrays=[
        nib.gifti.GiftiDataArray(vertices, intent='pointset', encoding=f'GIFTI_ENCODING_{encoding}', datatype='float32'),
        nib.gifti.GiftiDataArray(faces, intent='triangle', encoding=f'GIFTI_ENCODING_{encoding}', datatype='int32')])
    nib.save(img, f'{folder}/x.gii')
    keep(f'{encoding}.surf.gii', f'{folder}/x.gii', vertices=numbers(nib.load(f'{folder}/x.gii').darrays[0].data), faces=faces.ravel().tolist())


def gifti_xml(data, dtype, order, endian):
    raw = data.astype(('<' if endian == 'LittleEndian' else '>') + dtype).tobytes(order='C' if order == 'RowMajorOrder' else 'F')
    kind = {'f4': 'FLOAT32', 'i4': 'INT32', 'u1': 'UINT8'}[dtype]
    return (f'<?xml version="1.0"?><GIFTI Version="1.0" NumberOfDataArrays="1"><MetaData/><LabelTable/>'
            f'<DataArray Intent="NIFTI_INTENT_NONE" DataType="NIFTI_TYPE_{kind}" ArrayIndexingOrder="{order}" Dimensionality="2" '
            f'Dim0="{data.shape[0]}" Dim1="{data.shape[1]}" Encoding="Base64Binary" Endian="{endian}" ExternalFileName="" ExternalFileOffset="">'
            f'<MetaData/><Data>{base64.b64encode(raw).decode()}</Data></DataArray></GIFTI>')


for order in ('RowMajorOrder', 'ColumnMajorOrder'):
    for endian in ('LittleEndian', 'BigEndian'):
        path = f'{folder}/x.gii'
        with open(path, 'w') as file:
            file.write(gifti_xml(vertices, 'f4', order, endian))
        read = nib.load(path).darrays[0].data
        assert np.array_equal(read, vertices)
        keep(f'{order}-{endian}.func.gii', path, rows=numbers(read))

# FreeSurfer
fs.write_geometry(f'{folder}/lh.white', vertices, faces, create_stamp='made for a test')
keep('lh.white', f'{folder}/lh.white', vertices=numbers(fs.read_geometry(f'{folder}/lh.white')[0]), faces=faces.ravel().tolist())
fs.write_morph_data(f'{folder}/lh.curv', vertices[:, 0])
keep('lh.curv', f'{folder}/lh.curv', curv=numbers(fs.read_morph_data(f'{folder}/lh.curv')))
annot_labels = np.array([0, 1, 2, -1, 1, 0])
colour_table = np.array([[10, 20, 30, 0, 0], [200, 100, 0, 0, 0], [0, 255, 128, 0, 0]])
colour_table[:, 4] = colour_table[:, :3] @ [1, 256, 65536]
fs.write_annot(f'{folder}/lh.annot', annot_labels, colour_table, ['V1', 'V2', 'hV4'], fill_ctab=False)
labels, table, names = fs.read_annot(f'{folder}/lh.annot')
keep('lh.annot', f'{folder}/lh.annot', labels=labels.tolist(), colours=table[:, :4].tolist(), names=[n.decode() for n in names])

# HDF5: chunks, filters, byte order, as NSD's betas: trials × Z × Y × X of int16
betas = rng.integers(-3000, 3000, (6, 4, 5, 7)).astype('i2')
for name, options in (('contiguous', {}), ('gzip', dict(chunks=(2, 2, 5, 7), compression='gzip', shuffle=True)),
                      ('by-voxel', dict(chunks=(6, 1, 1, 1), compression='gzip')), ('big-endian', dict(dtype='>i2'))):
    path = f'{folder}/x.hdf5'
    with h5py.File(path, 'w') as file:
        file.create_dataset('betas', data=betas, **options)
    keep(f'{name}.hdf5', path, shape=list(betas.shape), values=betas.ravel().tolist())

# CIFTI: scalars on two hemispheres' vertices and in one volume structure
models = (nib.cifti2.BrainModelAxis.from_surface([0, 2, 5], 6, 'CIFTI_STRUCTURE_CORTEX_LEFT')
          + nib.cifti2.BrainModelAxis.from_surface([1, 3], 6, 'CIFTI_STRUCTURE_CORTEX_RIGHT')
          + nib.cifti2.BrainModelAxis.from_mask(np.pad([[[1, 1]]], ((1, 1), (1, 1), (0, 1))), 'CIFTI_STRUCTURE_THALAMUS_LEFT', rotated))
cifti = rng.normal(size=(2, len(models))).astype('f4')
nib.save(nib.Cifti2Image(cifti, (nib.cifti2.ScalarAxis(['first', 'second']), models)), f'{folder}/x.dscalar.nii')
keep('x.dscalar.nii', f'{folder}/x.dscalar.nii', rows=numbers(cifti), names=['first', 'second'],
     ijk=models.voxel[5:].ravel().tolist(), affine=numbers(models.affine))

# NSD's design file in small: 2 participants, 6 images of which the first 2 are shared, 3 showings each
from scipy.io import savemat
order = rng.permutation(np.repeat(np.arange(1, 7), 3))
subject_images = np.array([[11, 22, 301, 302, 303, 304], [11, 22, 501, 502, 503, 504]])
savemat(f'{folder}/nsd_expdesign.mat', {'masterordering': order[None].astype('u2'), 'subjectim': subject_images.astype(float),
                                        'sharedix': np.array([[11, 22]], float)}, do_compression=True)
keep('nsd_expdesign.mat', f'{folder}/nsd_expdesign.mat', order=order.tolist(), images=subject_images.tolist())

# Real files, read where they lie
if os.path.isdir(shared):
    readers = os.path.join(shared, 'readers')
    for name in ('nibabel/anatomical.nii', 'nibabel/example4d.nii.gz', 'nibabel/example_nifti2.nii.gz', 'nibabel/functional.nii',
                 'nibabel/reoriented_anat_moved.nii', 'nibabel/resampled_anat_moved.nii', 'nibabel/standard.nii.gz',
                 'nibabel/test.mgz', 'fsformats/tiny.mgh', 'fsformats/tiny.nii', 'fsformats/vol27int.nii.gz',
                 'nilearn_image_10426.nii.gz', 'nilearn_test.mgz'):
        real[name] = image(nib.load(os.path.join(readers, name)))
    for name in ('nibabel/nifti1.hdr', 'nibabel/nifti2.hdr'):
        klass = nib.Nifti1Pair if '1' in name else nib.Nifti2Pair
        with open(os.path.join(readers, name), 'rb') as file:
            header = klass.header_class.from_fileobj(file)
        real[name] = {'dims': list(header.get_data_shape()), 'affine': numbers(header.get_best_affine()), 'stored': header.get_data_dtype().name}
    for name in ('nibabel/ascii.gii', 'nibabel/ascii_flat_data.gii', 'nibabel/base64bin.gii', 'nibabel/rh.aparc.annot.gii',
                 'nibabel/task.func.gii', 'fsformats/tiny_label.gii'):
        img = nib.load(os.path.join(readers, name))
        table = img.labeltable.get_labels_as_dict()
        real[name] = {'arrays': [{'dims': list(a.dims), 'intent': nib.nifti1.intent_codes.niistring[a.intent], 'data': digest(a.data.T)} for a in img.darrays],
                      'labels': {str(k): v for k, v in table.items()}}
    fsa = os.path.join(shared, 'fsaverage5')
    for name in ('pial_left', 'flat_right', 'curv_left'):
        with gzip.open(f'{fsa}/{name}.gii.gz') as file:
            img = nib.GiftiImage.from_bytes(file.read())
        real[f'fsaverage5/{name}.gii.gz'] = {'arrays': [{'dims': list(a.dims), 'intent': nib.nifti1.intent_codes.niistring[a.intent], 'data': digest(a.data.T)} for a in img.darrays], 'labels': {}}
    formats = os.path.join(readers, 'fsformats')
    points, triangles = fs.read_geometry(f'{formats}/lh.tinysurface')
    real['fsformats/lh.tinysurface'] = {'vertices': digest(points.T), 'faces': digest(triangles.T)}
    real['fsformats/lh.thickness'] = {'curv': digest(fs.read_morph_data(f'{formats}/lh.thickness'))}
    with gzip.open(f'{formats}/lh.aparc.annot.gz') as source, open(f'{folder}/aparc.annot', 'wb') as target:
        target.write(source.read())
    labels, table, names = fs.read_annot(f'{folder}/aparc.annot')
    real['fsformats/lh.aparc.annot.gz'] = {'labels': digest(labels), 'colours': table[:, :4].tolist(), 'names': [n.decode() for n in names]}
    label, scalars = fs.read_label(f'{formats}/lh.entorhinal_exvivo.label', read_scalars=True)
    real['fsformats/lh.entorhinal_exvivo.label'] = {'vertices': digest(label), 'values': digest(scalars)}
    for name in ('fs_LR.32k.LR.curvature.dscalar.nii', 'nibabel/row_major.dconn.nii'):
        img = nib.load(os.path.join(readers, name))
        entry = {'dims': list(img.shape), 'data': digest(np.asarray(img.dataobj).T)}
        if name.endswith('dscalar.nii'):
            axis = img.header.get_axis(1)
            entry['names'] = list(img.header.get_axis(0).name)
            entry['structures'] = [[str(name), int(part.stop - part.start if part.stop else len(axis) - part.start)] for name, part, _ in axis.iter_structures()]
            entry['vertices'] = digest(axis.vertex)
        real[name] = entry
    with h5py.File(os.path.join(readers, 'bdpy_sample_vmap.h5')) as file:
        entry = {}
        file.visititems(lambda name, item: entry.__setitem__(name, {'shape': list(item.shape), 'data': digest(np.asarray(item).T)}) if isinstance(item, h5py.Dataset) and item.dtype.kind in 'fiu' else None)
        real['bdpy_sample_vmap.h5'] = entry

with open(os.path.join(here, 'neuroimaging.json'), 'w') as file:
    json.dump({'made': made, 'real': real, 'quaternions': quaternions}, file, separators=(',', ':'), default=lambda value: value.item())
print(len(made), 'made,', len(real), 'real,', os.path.getsize(os.path.join(here, 'neuroimaging.json')), 'bytes')
