import type { ConceptCard } from '../concepts/index.js';
import { readColumns } from '../data/index.js';
import { type Block, condensedTree, coreCounts, hierarchyBranches } from '../plot/index.js';
import { type ClusterConfig, studyPaths } from '../study/index.js';
import { ndarray } from '../util/array.js';
import { cardNames } from './readCards.js';

type Columns = Awaited<ReturnType<typeof readColumns>>;

/** Selected branches in colour and with a name, at most; the largest come first. */
const mostNamed = 20;

/** Why this eps: core voxels over eps, the clusters of every eps, and what the hierarchy selects by itself. */
export async function epsBlocks(
  cluster: ClusterConfig,
  cards: readonly ConceptCard[],
  input: (path: string) => string,
): Promise<Block[]> {
  const folder = studyPaths.concepts(cluster);
  const read = (name: string) => readColumns(input(`${folder}/${name}`));
  const [cores, branches, selection, persistence] = await Promise.all(
    ['cores.tsv', 'hierarchy.tsv', 'selection.tsv', 'persistence.tsv'].map(read),
  );
  const nSelected = selection!['cluster']!.length;
  const kept = numbers(persistence!, 'selected').filter((selected) => selected >= 0).length;
  const blocks: Block[] = [
    { heading: 'Why this eps?' },
    `Every eps has its clusters. Left to itself, with no eps given, the hierarchy selects ${nSelected}, each at an eps of its own and each lasting long enough to shrink eps by a tenth in the mean; ${kept} of the ${cards.length} at eps ${cluster.eps} have a partner among them. An eps at which the clusters neither appear nor merge is a safe one.`,
    { figure: coreFigure(cores!, cluster) },
  ];
  if (branches!['branch']!.length > 0) {
    const tree = treeOf(branches!, persistence!, cards);
    const isShown = cluster.eps < Math.max(...tree.map(({ epsTop }) => epsTop));
    const line = isShown
      ? `Dashed: the eps in use, ${cluster.eps}. Above what is shown all is one.`
      : `The eps in use, ${cluster.eps}, lies above what is shown: there all is one.`;
    const more = nSelected > mostNamed ? ` In colour the ${mostNamed} largest of ${nSelected} selected.` : '';
    blocks.push({
      figure: condensedTree(tree, isShown ? { eps: cluster.eps } : {}),
      caption: line + more,
    });
  }
  if (nSelected) {
    const owners = ownersOf(persistence!, cards);
    blocks.push({
      details: 'What the hierarchy selects',
      blocks: [
        {
          table: numbers(selection!, 'cluster').map((selected, i) => ({
            ...{ selected, 'matches concept': owners.get(selected) ?? '–' },
            ...{ eps: numbers(selection!, 'eps')[i], persistence: numbers(selection!, 'persistence')[i] },
            ...{
              voxels: numbers(selection!, 'size')[i],
              participants: numbers(selection!, 'participants')[i],
            },
          })),
        },
      ],
    });
  }
  return blocks;
}

function coreFigure(cores: Columns, { eps, minParticipants }: ClusterConfig) {
  const least = numbers(cores, 'minParticipants');
  const radii = [...new Set(numbers(cores, 'eps'))];
  const own = (column: string) =>
    Int32Array.from(numbers(cores, column).filter((_, row) => least[row] === minParticipants));
  const shape = [1, radii.length];
  return coreCounts(
    {
      ...{ eps: radii, minParticipants: [minParticipants] },
      ...{ core: ndarray(own('core'), shape), nClusters: ndarray(own('clusters'), shape) },
    },
    {
      eps,
      minParticipants,
      subtitle: 'clusters of at least as many core voxels as a branch of the hierarchy',
    },
  );
}

function treeOf(branches: Columns, persistence: Columns, cards: readonly ConceptCard[]) {
  const owners = ownersOf(persistence, cards);
  const [parent, birthEps, topEps, size, lasts, cluster] = [
    ...['parent', 'birthEps', 'topEps', 'size', 'persistence', 'cluster'].map((name) =>
      numbers(branches, name),
    ),
  ] as [number[], number[], number[], number[], number[], number[]];
  const selected = Array.from({ length: Math.min(mostNamed, Math.max(...cluster) + 1) }, (_, c) =>
    cluster.indexOf(c),
  );
  return hierarchyBranches(
    {
      branches: parent.map((own, b) => ({
        ...{ parent: own, birthEps: birthEps[b]!, topEps: topEps[b]! },
        ...{ size: size[b]!, persistence: lasts[b]! },
      })),
      selected,
    },
    selected.map((_, c) => owners.get(c) ?? `selected ${c}`),
  );
}

/** The concept of the fixed eps that each selected cluster matches, by name. */
function ownersOf(persistence: Columns, cards: readonly ConceptCard[]): Map<number, string> {
  const names = cardNames(cards);
  return new Map(numbers(persistence, 'selected').map((selected, c) => [selected, names[c]!]));
}

function numbers(columns: Columns, name: string): number[] {
  return Array.from(columns[name]!, Number);
}
