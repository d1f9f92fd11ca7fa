"""scikit-learn's DBSCAN on the vectors of a .npy file: prints seconds, CPU seconds and peak memory as JSON.

The threads are BLAS's (n_jobs stays 1): n_jobs=2 was several times slower here, as its threads wait for one another.
"""
import json
import os
import resource
import sys
import time

path, eps, threads = sys.argv[1], float(sys.argv[2]), sys.argv[3]
os.environ["OPENBLAS_NUM_THREADS"] = threads  # before numpy loads it
import numpy as np
import sklearn
from sklearn.cluster import DBSCAN

x = np.load(path)
start, cpu = time.perf_counter(), time.process_time()
labels = DBSCAN(eps=eps, min_samples=4, metric="cosine", algorithm="brute").fit(x).labels_
print(
    json.dumps(
        dict(
            seconds=time.perf_counter() - start,
            cpuSeconds=time.process_time() - cpu,
            peakMB=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
            clusters=int(labels.max()) + 1,
            version=sklearn.__version__,
        )
    )
)
