import type { Block } from '../plot/index.js';
import type { StudyConfig } from '../study/index.js';

/** The words of a report: what the study is, and what its figures can and cannot show. */
export interface ReportNotes {
  lead: string;
  introduction: Block[];
  retrieval: Block[];
  concepts: Block[];
}

/** Words for each kind of source; the figures speak for themselves, these say how far they carry. */
export function reportNotes(config: StudyConfig): ReportNotes {
  return config.source.kind === 'finger7t' ? fingerNotes(config) : generalNotes(config);
}

function generalNotes({ participants, decode, prepare }: StudyConfig): ReportNotes {
  return {
    lead: 'Shared decodable concepts: contrastive decoders for each participant, voxels clustered across participants.',
    introduction: [
      `${participants.length} participants. Betas: ${scaling(prepare)}. Decoders: ${decode.runs} ${decode.runs === 1 ? 'run' : 'runs'} of ${decode.steps} steps, batch ${decode.batch}, initial scale ${decode.initScale}.`,
    ],
    retrieval: [
      'Every held-out trial asks for its own stimulus among all held-out ones. The p-value comes from reassigning stimuli.',
    ],
    concepts: [],
  };
}

function fingerNotes(config: StudyConfig): ReportNotes {
  return {
    lead: 'Seven participants pressed each of five fingers in a 7T scanner; patterns of sensorimotor cortex.',
    introduction: [
      'These data are here because they are real, free, small, and of several participants with unequal numbers of voxels. They are neither visual nor related to CLIP: the embedding of a finger is its row of the factor of the natural-statistics model in the data file, which says how fingers move together in daily life. Its inner products are that model, centred.',
      `Betas: ${scaling(config.prepare)}. This uses no labels: every run holds each finger once.`,
      'Data: recipe_finger of the pattern component modelling toolbox (jdiedrichsen/pcm_toolbox, MIT).',
    ],
    retrieval: [
      'Each run is left out in turn; decoders are trained on the others, and the predictions of all left-out runs are pooled. The p-value comes from reassigning the five fingers: there are only 120 ways, so it cannot fall below 1/120.',
      '**Why the three differ.** The nearest mean keeps every direction in which the fingers differ in voxel space; with five well-separated conditions that is hard to beat. Ridge and the contrastive decoder must go through the embedding, in which index to little finger lie close together, so fingers that are distinct in the brain can land near each other. The contrastive loss asks only for the right order among candidates; ridge also spends its fit on the length of the embeddings.',
    ],
    concepts: [
      '**What five conditions can and cannot show.** Centred embeddings of five fingers span four dimensions. In so small a space every participant has voxels in every direction, so nearly all voxels find near neighbours in other participants and chain together: one cluster of nearly everything at usual radii, and beside it only crumbs when neighbours must agree to a cosine of 0.99. Their number says little about the brain. That voxels of all participants meet shows that the steps fit together on real data, not that a concept was found. Fine clusters need thousands of stimuli.',
    ],
  };
}

function scaling({ scale, within, fit, noiseCeilingAbove }: StudyConfig['prepare']): string {
  const groups = within.join(' and ');
  const how =
    scale === 'none'
      ? 'used as they are'
      : `${scale === 'zscore' ? 'z-scored' : 'centred'} per voxel within ${groups}${fit === 'train' ? ', fitted on training trials' : ''}`;
  return noiseCeilingAbove === null
    ? how
    : `${how}; voxels with a noise ceiling above ${noiseCeilingAbove} %`;
}
