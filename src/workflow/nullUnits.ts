import { permuteStimuli, readVectors } from '../cluster/index.js';
import { writeNpy } from '../data/index.js';
import { fitDecoder, meanDecoder, voxelVectors, writeDecoder } from '../decode/index.js';
import type { ClusterConfig, StudyConfig, Unit } from '../study/index.js';
import type { Matrix } from '../util/array.js';
import { randomStream } from '../util/random.js';
import { runNumbers, workOptions } from './decodeUnits.js';
import { openParticipant, participantInputs, trainingOptions } from './participantFiles.js';

/**
 * Null decoders, where study.json asks for draws: each participant's decoders trained anew, as many runs as the
 * data's own, on stimulus labels exchanged at random; their weights, and their patterns where patterns are clustered.
 */
export function nullUnits(config: StudyConfig): Unit[] {
  const { decoderDraws } = config.significance;
  if (decoderDraws === 0 || !config.cluster.some(({ vectors }) => vectors !== 'tuning')) return [];
  return config.participants.flatMap((_, p) =>
    Array.from({ length: decoderDraws }, (_, draw) => nullUnit(config, p, draw)),
  );
}

/** Voxel vectors of one participant in one null draw. */
export function nullVectorFile(participant: string, draw: number, kind: ClusterConfig['vectors']): string {
  const name = `${participant}/decoder/null-${String(draw).padStart(3, '0')}`;
  return kind === 'weights' ? `${name}.safetensors` : `${name}-${kind}.npy`;
}

/** Reads the vectors of every participant in one null draw. */
export function readNullVectors(
  { participants }: StudyConfig,
  kind: ClusterConfig['vectors'],
  draw: number,
  input: (path: string) => string,
): Promise<Matrix[]> {
  return Promise.all(participants.map((name) => readVectors(input(nullVectorFile(name, draw, kind)))));
}

function nullUnit(config: StudyConfig, p: number, draw: number): Unit {
  const participant = config.participants[p]!;
  const weights = nullVectorFile(participant, draw, 'weights');
  const patterns = nullVectorFile(participant, draw, 'patterns');
  const withPatterns = config.cluster.some(({ vectors }) => vectors === 'patterns');
  const runs = runNumbers(config);
  const options = trainingOptions(config);
  return {
    id: `decode/${participant}/null-${String(draw).padStart(3, '0')}`,
    stage: 'decode',
    inputs: participantInputs(participant),
    outputs: [weights, ...(withPatterns ? [patterns] : [])],
    record: weights.replace('.safetensors', '.json'),
    parameters: { ...options, seed: config.seed, participant: p, draw, runs: runs.length },
    async run(context) {
      const data = await openParticipant(context, participant);
      try {
        const { betas, trials, embeddings, trainRows: rows } = data;
        const stimulus = permuteStimuli(trials.stimulus, config.seed, p, draw, rows);
        const inputs = { betas, stimulus, embeddings, rows };
        const files: string[] = [];
        for (const run of runs) {
          const seed = randomStream(config.seed, 'null', participant, draw, run).uint32();
          const checkpoint = context.scratch(`checkpoint-${run}.safetensors`);
          const fit = await fitDecoder(inputs, { ...options, seed, ...workOptions(context), checkpoint });
          files.push(context.scratch(`run-${run}.safetensors`));
          await writeDecoder(files.at(-1)!, fit, { participant, run: String(run) });
        }
        const { decoder } = await meanDecoder(files);
        await writeDecoder(context.output(weights), decoder, { participant, draw: String(draw) });
        if (withPatterns) {
          const vectors = await voxelVectors('patterns', inputs, decoder, workOptions(context));
          await writeNpy(context.output(patterns), vectors);
        }
        return { runs: runs.length };
      } finally {
        await data.close();
      }
    },
  };
}
