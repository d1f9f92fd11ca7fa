const positive = { type: 'number', exclusiveMinimum: 0 };
const count = (minimum: number, standard?: number) => ({
  type: 'integer',
  minimum,
  ...(standard === undefined ? {} : { default: standard }),
});
const text = { type: 'string', minLength: 1 };
const closed = (properties: object, required: string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});

/** JSON Schema (draft-07) of study.json, with the defaults of every option; published as dist/study/study.schema.json. */
export const studySchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'A shared-concepts study',
  ...closed(
    {
      $schema: { type: 'string' },
      name: text,
      source: {
        type: 'object',
        required: ['kind'],
        properties: {
          kind: { enum: ['finger7t', 'phantom', 'nsd', 'folder'] },
          size: { enum: ['tiny', 'small', 'workshop', 'paper'] },
          from: { type: 'array', items: text },
          options: { type: 'object' },
        },
        additionalProperties: false,
      },
      seed: { ...count(0, 0), maximum: Number.MAX_SAFE_INTEGER },
      participants: {
        type: 'array',
        minItems: 2,
        uniqueItems: true,
        items: { type: 'string', pattern: '^sub-[A-Za-z0-9]+$' },
      },
      prepare: {
        ...closed({
          scale: { enum: ['zscore', 'centre', 'none'], default: 'zscore' },
          within: { type: 'array', items: text, default: ['session'] },
          fit: { enum: ['all', 'train'], default: 'all' },
          noiseCeilingAbove: { type: ['number', 'null'], minimum: 0, maximum: 100, default: null },
        }),
        default: {},
      },
      decode: {
        ...closed({
          runs: count(1, 1),
          steps: count(1, 5001),
          batch: count(2, 128),
          learningRate: { ...positive, default: 1e-4 },
          temperature: { ...positive, default: 0.03 },
          noiseSd: { type: 'number', minimum: 0, default: 1 },
          initScale: { type: 'number', minimum: 0, default: 0.02 },
          foldsBy: { type: ['string', 'null'], default: null },
          alphas: {
            type: 'array',
            items: positive,
            minItems: 1,
            default: [0.1, 1, 10, 100, 1000, 10_000, 100_000],
          },
          topK: { type: 'array', items: count(1), minItems: 1, default: [1, 5, 10, 50, 100, 500] },
          permutations: count(0, 1000),
        }),
        default: {},
      },
      cluster: {
        type: 'array',
        minItems: 1,
        items: closed({
          vectors: { enum: ['weights', 'patterns', 'tuning'], default: 'patterns' },
          eps: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 2, default: 0.2 },
          minParticipants: count(1, 3),
          border: { enum: ['nearest', 'last'], default: 'nearest' },
          weighting: { enum: ['voxels', 'participants'], default: 'voxels' },
          minSize: count(1, 1),
        }),
        default: [{}],
      },
      hierarchy: {
        ...closed({
          minSize: count(2, 10),
          minPersistence: { type: 'number', minimum: 0, default: 0.1 },
        }),
        default: {},
      },
      significance: { ...closed({ draws: count(0, 0), decoderDraws: count(0, 0) }), default: {} },
      stability: {
        ...closed({ participants: { type: 'boolean', default: true }, reruns: count(0, 5) }),
        default: {},
      },
      comparisons: { type: 'boolean', default: false },
      concepts: {
        ...closed({
          top: count(1, 12),
          permutations: count(1, 500),
          pairs: count(0, 3),
          features: { type: ['array', 'null'], items: text, default: null },
        }),
        default: {},
      },
    },
    ['name', 'source', 'participants'],
  ),
};
