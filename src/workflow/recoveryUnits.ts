import { writeFile } from 'node:fs/promises';
import { readClusters } from '../cluster/index.js';
import { readColumns, readNpy } from '../data/index.js';
import { type PlantedConcept, scoreRecovery } from '../phantom/index.js';
import { type ClusterConfig, type StudyConfig, studyPaths, type Unit } from '../study/index.js';
import { toMatrix } from '../util/array.js';
import { clusterFiles } from './clusterFiles.js';
import { phantomFolder } from './phantomUnits.js';
import { readJson } from './readJson.js';

/** For the phantom: what was planted beside what each clustering found. */
export function recoveryUnits(config: StudyConfig): Unit[] {
  if (config.source.kind !== 'phantom') return [];
  return config.cluster.map((cluster, index) => recoveryUnit(config, cluster, recoveryFile(config, index)));
}

/** `recovery.json` for the first clustering of patterns, `recovery-weights.json` and so on for the others. */
export function recoveryFile({ cluster }: StudyConfig, index: number): string {
  const kind = cluster[index]!.vectors;
  const first = cluster.findIndex(({ vectors }) => vectors === kind) === index;
  const name = kind === 'patterns' ? 'recovery' : `recovery-${kind}`;
  return first ? `${name}.json` : `${name}-${index}.json`;
}

/** Index of the planted concept of each analysed voxel of every participant. */
export async function readPlanted(
  config: StudyConfig,
  input: (path: string) => string,
): Promise<Int32Array[]> {
  return Promise.all(
    config.participants.map(async (participant) => {
      const planted = (await readNpy(input(`${phantomFolder}/${participant}/planted.npy`)))
        .data as Int32Array;
      const { voxel } = await readColumns(input(studyPaths.voxels(participant)));
      return Int32Array.from(voxel as ArrayLike<number>, (index) => planted[index]!);
    }),
  );
}

function recoveryUnit(config: StudyConfig, cluster: ClusterConfig, file: string): Unit {
  return {
    id: `concepts/${file.replace('.json', '')}`,
    stage: 'concepts',
    inputs: [phantomFolder, ...clusterFiles(config, cluster), ...config.participants.map(studyPaths.voxels)],
    outputs: [file],
    record: file.replace('.json', '-record.json'),
    parameters: { vectors: cluster.vectors },
    async run({ input, output }) {
      const clusters = await readClusters(input(studyPaths.concepts(cluster)));
      const truth = await readJson<{
        minParticipants: number;
        participants: string[];
        planted: (Omit<PlantedConcept, 'participants'> & { participants: string[] })[];
      }>(input(`${phantomFolder}/truth.json`));
      const planted = await readPlanted(config, input);
      const vectorsOf = async (name: string) =>
        truth.planted.length
          ? toMatrix(await readNpy(input(`${phantomFolder}/${name}.npy`)))
          : { data: new Float32Array(0), shape: [0, clusters.vectors.shape[1]] as [number, number] };
      const concepts = truth.planted.map((concept) => ({
        ...concept,
        participants: concept.participants.map((name) => truth.participants.indexOf(name)),
      }));
      const score = scoreRecovery(
        {
          ...{ minParticipants: truth.minParticipants, concepts, labels: planted },
          ...{ directions: await vectorsOf('planted-directions'), bent: await vectorsOf('planted-bent') },
        },
        clusters,
        { planted, vectors: cluster.vectors },
      );
      await writeFile(output(file), `${JSON.stringify(score, null, 2)}\n`);
      return undefined;
    },
  };
}
