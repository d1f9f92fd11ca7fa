import type { ClusterConfig } from './config.js';

/** Paths inside a study folder, relative to it; `/` always. */
export const studyPaths = {
  embeddings: 'embeddings.npy',
  stimuli: 'stimuli.tsv',
  /** Pictures of the stimuli, as the column `file` of stimuli.tsv names them. */
  pictures: 'stimuli',
  surfaces: 'surfaces',
  words: 'words.tsv',
  wordEmbeddings: 'word-embeddings.npy',
  betas: (participant: string) => `${participant}/betas.npy`,
  trials: (participant: string) => `${participant}/trials.tsv`,
  voxels: (participant: string) => `${participant}/voxels.tsv`,
  run: (participant: string, run: number) =>
    `${participant}/decoder/run-${String(run).padStart(3, '0')}.safetensors`,
  meanDecoder: (participant: string) => `${participant}/decoder/mean.safetensors`,
  metrics: (participant: string) => `${participant}/decoder/metrics.tsv`,
  history: (participant: string) => `${participant}/decoder/history.tsv`,
  /** Voxel vectors of one kind; the weights are the mean decoder itself. */
  vectors: (participant: string, kind: ClusterConfig['vectors']) =>
    kind === 'weights' ? studyPaths.meanDecoder(participant) : `${participant}/decoder/${kind}.npy`,
  concepts: (cluster: ClusterConfig) => `concepts/${clusterName(cluster)}`,
  report: 'report.html',
};

/** Folder name of one clustering: `patterns_eps-0.20_min-3`, with what else differs from the defaults after it. */
export function clusterName({
  vectors,
  eps,
  minParticipants,
  border,
  weighting,
  minSize,
}: ClusterConfig): string {
  const digits = Math.max(2, String(eps).split('.')[1]?.length ?? 0);
  return [
    ...[vectors, `eps-${eps.toFixed(Math.min(digits, 12))}`, `min-${minParticipants}`],
    ...(border === 'nearest' ? [] : [`border-${border}`]),
    ...(weighting === 'voxels' ? [] : [`by-${weighting}`]),
    ...(minSize <= 1 ? [] : [`size-${minSize}`]),
  ].join('_');
}
