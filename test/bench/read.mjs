// Reading NSD-size betas through a mask: a gzipped 4D NIfTI against `gzip -dc > /dev/null`, an HDF5 session against
// h5py. Each run is a process of its own, start-up included; runs alternate; medians are compared, of wall-clock time and
// of processor time (the one to look at where other work shares the machine).
//
//   npm run bench:read -- [--json] [--runs 5] [--volumes 750] [--voxels 20000] [--folder DIR]
//
// The files (1 GB each, unpacked) are made once and kept in the folder, by default the system's temporary one.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readHdf5Masked, readNiftiMasked, writeHdf5, writeNifti } from '../../dist/data/index.js';

const dims = [81, 104, 83];
const nVolume = dims[0] * dims[1] * dims[2];
const number = { type: 'string' };
const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean' },
    runs: number,
    volumes: number,
    voxels: number,
    folder: number,
    only: number,
  },
});
const nRuns = Number(options.runs ?? 5);
const nTrials = Number(options.volumes ?? 750);
const nVoxels = Number(options.voxels ?? 20_000);
const folder = options.folder ?? join(tmpdir(), 'shared-concepts-bench');
const nifti = join(folder, `betas-${nTrials}.nii.gz`);
const hdf5 = join(folder, `betas-${nTrials}.hdf5`);

/** Voxels in runs, as a cortical mask has them. */
const voxels = Int32Array.from({ length: nVoxels }, (_, v) => {
  const run = Math.floor(v / 20);
  return Math.floor((run * (nVolume - 20)) / Math.ceil(nVoxels / 20)) + (v % 20);
});

/** Trials of int16 with about the entropy of betas times 300: noise in a head, zeros around it. */
async function* trials(perPiece) {
  let state = 1;
  const inside = Uint8Array.from({ length: nVolume }, (_, v) => {
    const [x, y, z] = [v % 81, Math.floor(v / 81) % 104, Math.floor(v / (81 * 104))];
    return ((x - 40) / 36) ** 2 + ((y - 52) / 46) ** 2 + ((z - 41) / 38) ** 2 < 1 ? 1 : 0;
  });
  for (let t = 0; t < nTrials; t += perPiece) {
    const n = Math.min(perPiece, nTrials - t);
    const piece = new Int16Array(n * nVolume);
    for (let i = 0; i < piece.length; i++) {
      if (!inside[i % nVolume]) continue;
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      piece[i] = ((state >>> 24) + ((state >>> 16) & 255) - 255) * 2;
    }
    yield piece;
  }
}

/** One timed run in a process of its own: seconds, and the peak of its memory where it tells. */
function run(command, args, input) {
  const start = process.hrtime.bigint();
  const done = spawnSync(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 20,
    ...input,
  });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')} failed`);
  const text = done.stdout?.toString() ?? '';
  return text.startsWith('{') ? { seconds, ...JSON.parse(text) } : { seconds, cpu: cpuOfTimes(text) };
}

/** Seconds that a shell's children took, by its `times`: user and system on its second line, as 0m1.23s. */
function cpuOfTimes(text) {
  const [user, system] = text
    .trim()
    .split('\n')
    .at(-1)
    .split(/\s+/)
    .map((time) => {
      const [minutes, seconds] = time.split(/[ms]/);
      return 60 * Number(minutes) + Number(seconds);
    });
  return user + system;
}
const self = (only) => {
  const sizes = ['--volumes', String(nTrials), '--voxels', String(nVoxels), '--folder', folder];
  return run(process.execPath, [fileURLToPath(import.meta.url), '--only', only, ...sizes]);
};
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

const python = '/usr/bin/python3';
const h5pyScript = `
import sys, json, resource, h5py, numpy as np
step, n = ${nVolume - 20}, ${Math.ceil(nVoxels / 20)}
v = np.arange(${nVoxels}); voxels = (v // 20) * step // n + v % 20
with h5py.File(sys.argv[1]) as f:
    d = f['betas']; out = np.empty((d.shape[0], voxels.size), 'f4')
    for t in range(0, d.shape[0], 25):
        out[t:t + 25] = d[t:t + 25].reshape(min(25, d.shape[0] - t), -1)[:, voxels]
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({'sum': float(out.sum(dtype='f8')), 'peakMb': used.ru_maxrss / 1024, 'cpu': used.ru_utime + used.ru_stime}))
`;

if (options.only) {
  const read =
    options.only === 'nifti' ? readNiftiMasked(nifti, voxels) : readHdf5Masked(hdf5, 'betas', voxels);
  const { data } = await read;
  let sum = 0;
  for (const value of data) sum += value;
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  console.log(JSON.stringify({ sum, peakMb: maxRSS / 1024, cpu: (userCPUTime + systemCPUTime) / 1e6 }));
} else {
  mkdirSync(folder, { recursive: true });
  const affine = [1.8, 0, 0, 0, 0, 1.8, 0, 0, 0, 0, 1.8, 0, 0, 0, 0, 1];
  if (!existsSync(nifti))
    await writeNifti(nifti, trials(10), { dims: [...dims, nTrials], affine, type: 'int16' });
  if (!existsSync(hdf5)) {
    const shape = [nTrials, dims[2], dims[1], dims[0]];
    await writeHdf5(hdf5, trials(25), { name: 'betas', shape, chunks: [25, 8, 26, 27] });
  }
  let peer;
  try {
    peer = execFileSync(python, ['-c', 'import h5py; print(h5py.__version__)'], { stdio: 'pipe' })
      .toString()
      .trim();
  } catch {
    console.log(`h5py is not here (${python}): the HDF5 session has no peer to be compared with`);
  }
  const times = { nifti: [], gzip: [], hdf5: [], h5py: [] };
  const cpu = { nifti: [], gzip: [], hdf5: [], h5py: [] };
  const peak = { nifti: 0, hdf5: 0 };
  const sums = {};
  for (let i = 0; i <= nRuns; i++) {
    // The first round only warms the disk's cache.
    const keep = (name, { seconds, sum, peakMb, cpu: used }) => {
      if (i > 0) times[name].push(seconds);
      if (i > 0) cpu[name].push(used);
      if (sum !== undefined) sums[name] = sum;
      if (peakMb !== undefined && name in peak) peak[name] = Math.max(peak[name], peakMb);
    };
    keep('nifti', self('nifti'));
    keep('gzip', run('sh', ['-c', `gzip -dc '${nifti}' > /dev/null; times`]));
    keep('hdf5', self('hdf5'));
    if (peer) keep('h5py', run(python, ['-c', h5pyScript, hdf5]));
  }
  if (sums.h5py !== undefined && sums.h5py !== sums.hdf5)
    throw new Error(`sums differ: ${sums.hdf5}, h5py ${sums.h5py}`);
  const [ours, theirs] = [median(times.nifti), median(times.gzip)];
  const [oursHdf5, theirsHdf5] = [median(times.hdf5), peer ? median(times.h5py) : undefined];
  const gigabytes = (2 * nVolume * nTrials) / 1e9;
  const gzipVersion = execFileSync('gzip', ['--version']).toString().split('\n')[0];
  const line = (what, s, mb) =>
    console.log(
      `${what.padEnd(44)}${s.toFixed(2).padStart(8)} s${mb ? `${mb.toFixed(0).padStart(8)} MB` : ''}`,
    );
  console.log(
    `${gigabytes.toFixed(2)} GB of int16, ${nVoxels} of ${nVolume} voxels, ${nTrials} trials; median of ${nRuns} runs, ${cpus()[0].model}`,
  );
  line(`NIfTI (${(statSync(nifti).size / 1e6).toFixed(0)} MB gzipped) through the mask`, ours, peak.nifti);
  line(`${gzipVersion} -dc > /dev/null`, theirs);
  line(`HDF5 (${(statSync(hdf5).size / 1e6).toFixed(0)} MB, deflate) through the mask`, oursHdf5, peak.hdf5);
  if (theirsHdf5) line(`h5py ${peer}, the same voxels`, theirsHdf5);
  console.log(
    `ratio ${(ours / theirs).toFixed(2)}${theirsHdf5 ? `, HDF5 ${(oursHdf5 / theirsHdf5).toFixed(2)}` : ''}`,
  );
  const cpuRatio = median(cpu.nifti) / median(cpu.gzip);
  const cpuRatioHdf5 = peer ? median(cpu.hdf5) / median(cpu.h5py) : undefined;
  console.log(
    `processor time: NIfTI ${median(cpu.nifti).toFixed(2)} s, gzip ${median(cpu.gzip).toFixed(2)} s, ratio ${cpuRatio.toFixed(2)}; ` +
      `HDF5 ${median(cpu.hdf5).toFixed(2)} s${peer ? `, h5py ${median(cpu.h5py).toFixed(2)} s, ratio ${cpuRatioHdf5.toFixed(2)}` : ''}`,
  );
  if (options.json) {
    console.log(
      JSON.stringify({
        ...{
          ratio: ours / theirs,
          cpuRatio,
          seconds: ours,
          peerSeconds: theirs,
          peer: gzipVersion,
          peakMb: peak.nifti,
        },
        ...{ gigabytes, nTrials, nVoxels, nVolume, runs: nRuns },
        hdf5: {
          ratio: theirsHdf5 && oursHdf5 / theirsHdf5,
          cpuRatio: cpuRatioHdf5,
          seconds: oursHdf5,
          peerSeconds: theirsHdf5,
          peer: peer && `h5py ${peer}`,
          peakMb: peak.hdf5,
        },
      }),
    );
  }
}
