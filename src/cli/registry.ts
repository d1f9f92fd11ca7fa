import type { Command } from './command.js';

/** Every sub-command, in the order of the help; each is loaded only when it is called. */
export const registry: Record<string, { summary: string; load: () => Promise<Command> }> = {
  demo: {
    summary: 'make the phantom study, run every stage, and compare planted with found',
    load: async () => (await import('./demo.js')).demo,
  },
  init: {
    summary: 'make a study folder: phantom, finger7t, nsd, or from your own files',
    load: async () => (await import('./init.js')).init,
  },
  run: {
    summary: 'run or resume the stages of a study folder, here or on Slurm',
    load: async () => (await import('./run.js')).run,
  },
  plan: {
    summary: 'what is done of a study, what is left, and what it will cost',
    load: async () => (await import('./plan.js')).plan,
  },
  status: {
    summary: 'how far a study has come; jobs in the queue, failures and their logs',
    load: async () => (await import('./status.js')).status,
  },
  concepts: {
    summary: 'the concepts that a study found, in one table a clustering',
    load: async () => (await import('./concepts.js')).concepts,
  },
  cancel: {
    summary: 'cancel the jobs of a study on Slurm',
    load: async () => (await import('./cancel.js')).cancel,
  },
  export: {
    summary: 'hand the units of a study to Snakemake, or list them as shell commands',
    load: async () => (await import('./export.js')).exportCommand,
  },
  unit: {
    summary: 'run single units of a study, as schedulers do',
    load: async () => (await import('./unit.js')).unit,
  },
  fetch: {
    summary: 'fetch the files of a manifest into the cache',
    load: async () => (await import('./fetch.js')).fetch,
  },
  train: {
    summary: 'train the decoders of one participant',
    load: async () => (await import('./train.js')).train,
  },
  ridge: {
    summary: 'fit the ridge baseline of one participant',
    load: async () => (await import('./ridge.js')).ridge,
  },
  vectors: {
    summary: 'voxel vectors of one participant: weights, patterns or tuning',
    load: async () => (await import('./vectors.js')).vectors,
  },
  cluster: {
    summary: 'cluster the voxels of all participants',
    load: async () => (await import('./cluster.js')).cluster,
  },
  rank: {
    summary: 'most and least associated stimuli of vectors',
    load: async () => (await import('./rank.js')).rank,
  },
  label: { summary: 'words of vectors', load: async () => (await import('./label.js')).label },
  gallery: {
    summary: 'one page with every kind of figure',
    load: async () => (await import('./gallery.js')).gallery,
  },
  jupyter: {
    summary: 'open the notebooks on a kernel of this project',
    load: async () => (await import('./jupyter.js')).jupyter,
  },
  supplement: {
    summary: 'run all notebooks and build a static site of them',
    load: async () => (await import('./supplement.js')).supplement,
  },
  add: {
    summary: 'fetch and verify an optional part: webgpu, tfjs-node-gpu, transformers',
    load: async () => (await import('./add.js')).add,
  },
  doctor: {
    summary: 'what is here, what is not, and the command that mends each lack',
    load: async () => (await import('./doctor.js')).doctor,
  },
  'slurm-advance': {
    summary: 'submit the next level of a study; called by our own jobs',
    load: async () => (await import('./slurmAdvance.js')).slurmAdvance,
  },
};
