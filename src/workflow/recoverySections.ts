import type { RecoveryScore } from '../phantom/index.js';
import { type Block, recoveryFigure, type Section } from '../plot/index.js';
import { clusterName, type StudyConfig } from '../study/index.js';
import { readJson } from './readJson.js';
import { recoveryFile } from './recoveryUnits.js';

/** The phantom's recovery files, one for each clustering; none for other sources. */
export function recoveryFiles(config: StudyConfig): string[] {
  return config.source.kind === 'phantom'
    ? config.cluster.map((_, index) => recoveryFile(config, index))
    : [];
}

/** Planted beside found, for each clustering of a phantom. */
export async function recoverySections(
  config: StudyConfig,
  input: (path: string) => string,
): Promise<Section[]> {
  const files = recoveryFiles(config);
  if (files.length === 0) return [];
  const blocks: Block[] = [
    'The phantom knows what was planted. A shared concept counts as found if one cluster holds at least 90 % of its voxels, at least 90 % of that cluster are its voxels, and the cluster’s vector has a cosine of at least 0.75 with the planted direction, or 0.9 with that direction as the covariance of the embeddings bends it. Private and too rarely shared concepts must not be found.',
  ];
  for (const [index, file] of files.entries()) {
    const score = await readJson<RecoveryScore>(input(file));
    blocks.push({ heading: clusterName(config.cluster[index]!) }, { figure: recoveryFigure(score) });
    blocks.push({
      table: score.planted.map(
        ({ name, kind, shared, found, cluster, cosine, bentCosine, precision, recall }) => ({
          ...{
            planted: name,
            kind,
            'must be found': shared ? 'yes' : 'no',
            found: found ? 'yes' : 'no',
            cluster,
          },
          ...{ cosine, 'cosine (bent)': bentCosine, precision, recall },
        }),
      ),
      caption: `False clusters: ${score.falseClusters}; adjusted Rand index ${score.ari.toFixed(3)}`,
    });
  }
  return [{ title: 'Planted and found', blocks }];
}
