import { type StudyConfig, studyPaths, type Unit } from '../study/index.js';
import { MissingError } from '../util/errors.js';

/**
 * What NSD's preparation will consist of, for planning before any of the release is here: the same ids and outputs as
 * those of `nsdUnits`, which cannot run.
 */
export function expectedNsdUnits({ participants }: StudyConfig): Unit[] {
  const run = () => Promise.reject(new MissingError('the NSD release', 'is not here', 'sdc fetch nsd'));
  const prepared = participants.map((name): Unit => {
    const outputs = ['betas.npy', 'trials.tsv', 'voxels.tsv', 'noise-ceiling.nii.gz'];
    return {
      ...{ id: `prepare/${name}`, stage: 'prepare', inputs: [], record: `${name}/betas.json` },
      outputs: outputs.map((base) => `${name}/${base}`),
      ...{ parameters: {}, run },
    };
  });
  const stimuli: Unit = {
    ...{ id: 'embed/stimuli', stage: 'embed', inputs: [], record: 'stimuli.json' },
    outputs: [studyPaths.stimuli, studyPaths.embeddings],
    ...{ parameters: {}, run },
  };
  return [...prepared, stimuli];
}
