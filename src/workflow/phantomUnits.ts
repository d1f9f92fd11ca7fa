import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { StudyConfig, StudySource, Unit } from '../study/index.js';

/** Where the phantom's raw betas and truth lie in its study. */
export const phantomFolder = 'source';

/** What the phantom's pictures and template surfaces are called in its study. */
const sharedFolders = ['stimuli', 'surfaces'];

/** Makes the phantom: its raw data in `source/`, laid out as one's own data would be; pictures and surfaces beside. */
export function phantomUnit(config: StudyConfig, source: StudySource & { kind: 'phantom' }): Unit {
  const parameters = {
    size: source.size,
    seed: config.seed,
    nParticipants: config.participants.length,
    ...source.options,
  };
  return {
    id: 'prepare/phantom',
    stage: 'prepare',
    inputs: [],
    outputs: [phantomFolder, ...sharedFolders],
    record: 'phantom.json',
    parameters,
    async run({ output, signal, onProgress }) {
      const { makePhantom, writePhantomStudy } = await import('../phantom/index.js');
      const phantom = await makePhantom({ ...parameters, signal, onProgress });
      const folder = output(phantomFolder);
      await writePhantomStudy(folder, phantom, { signal, onProgress });
      for (const name of sharedFolders) {
        await mkdir(dirname(output(name)), { recursive: true });
        await rename(`${folder}/${name}`, output(name));
      }
      return {
        nStimuli: phantom.stimuli.length,
        nVoxels: phantom.participants.map(({ betas }) => betas.shape[1]),
        planted: phantom.truth.concepts.map(({ name, kind }) => `${name} (${kind})`),
      };
    },
  };
}
