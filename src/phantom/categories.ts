/** Category, the more general kinds it belongs to (their words join its pictures' keywords), its subgroups. */
const table: readonly (readonly [category: string, kinds: string, subgroups: string])[] = [
  [
    'face',
    'living',
    'face-smiling face-affection face-tongue face-hand face-neutral-skeptical face-sleepy face-unwell face-hat ' +
      'face-glasses face-concerned face-negative face-costume cat-face monkey-face',
  ],
  [
    'hand',
    'living body',
    'hand-fingers-open hand-fingers-partial hand-single-finger hand-fingers-closed hands hand-prop body-parts',
  ],
  [
    'person',
    'living people',
    'person person-gesture person-role person-fantasy person-activity person-sport person-resting family',
  ],
  ['animal', 'living', 'animal-mammal animal-bird animal-amphibian animal-reptile animal-marine animal-bug'],
  ['nature', 'scene', 'plant-flower plant-other sky-weather'],
  ['food', 'edible', 'food-fruit food-vegetable food-prepared food-asian food-sweet'],
  ['drink', 'edible', 'drink dishware'],
  ['place', 'scene', 'place-map place-geographic place-building place-religious place-other hotel'],
  ['vehicle', 'artifact', 'transport-ground transport-water transport-air'],
  ['clock', 'artifact', 'time'],
  ['sport', 'leisure', 'sport award-medal'],
  ['game', 'leisure', 'game event arts-crafts'],
  ['clothing', 'artifact', 'clothing'],
  ['music', 'artifact', 'sound music musical-instrument'],
  ['tool', 'artifact', 'tool lock science'],
  ['device', 'artifact', 'phone computer light-video'],
  ['paper', 'artifact', 'book-paper mail writing office money'],
  ['household', 'artifact', 'household medical other-object'],
  ['heart', 'symbol', 'heart'],
  ['sign', 'symbol', 'emotion transport-sign warning av-symbol gender other-symbol person-symbol'],
  ['arrow', 'symbol', 'arrow'],
  ['zodiac', 'symbol', 'religion zodiac'],
  ['word', 'symbol text', 'keycap alphanum punctuation math currency'],
  ['geometric', 'symbol', 'geometric'],
];

const bySubgroup = new Map(
  table.flatMap(([category, , subgroups]) => subgroups.split(' ').map((s) => [s, category])),
);
const kindsOf = new Map(table.map(([category, kinds]) => [category, kinds.split(' ')]));

/** Category of a Unicode emoji subgroup; undefined for those that the phantom leaves out (flags, components). */
export function categoryOf(subgroup: string): string | undefined {
  return bySubgroup.get(subgroup);
}

/** The category's own word and those of the kinds it belongs to. */
export function categoryKeywords(category: string): string[] {
  return [category, ...(kindsOf.get(category) ?? [])];
}
