import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readColumns } from '../data/index.js';
import { clusterName, type StudyConfig, studyPaths } from '../study/index.js';

/** A study's results in a few lines of text: top-1 of each decoder and participant, clusters of each clustering. */
export async function studySummary(folder: string, config: StudyConfig): Promise<string[]> {
  return [...(await retrievalLines(folder, config)), ...(await clusterLines(folder, config))];
}

async function retrievalLines(folder: string, config: StudyConfig): Promise<string[]> {
  const lines: string[] = [];
  for (const participant of config.participants) {
    const path = join(folder, studyPaths.metrics(participant));
    if (!existsSync(path)) continue;
    const { decoder, split, metric, k, value } = await readColumns(path);
    const find = (name: string, what: string) => {
      const row = Array.from(decoder as string[]).findIndex(
        (each, i) => each === name && split![i] === 'test' && metric![i] === what && k![i] === 1,
      );
      return row < 0 ? undefined : (value![row] as number);
    };
    const names = [...new Set(decoder as string[])];
    const shown = names.map((name) => {
      const accuracy = find(name, 'top-k');
      const p = find(name, 'p-value');
      return accuracy === undefined
        ? ''
        : `${percent(accuracy)} (p ${p === undefined ? 'n/a' : p.toFixed(3)})`.padEnd(20);
    });
    if (shown.every((text) => text === '')) continue;
    if (lines.length === 0) {
      lines.push('', `test top-1 (chance ${percent(find(names[0]!, 'chance') ?? Number.NaN)})`);
      lines.push(
        ['participant', ...names]
          .map((name, i) => name.padEnd(i ? 20 : 13))
          .join('')
          .trimEnd(),
      );
    }
    lines.push(`${participant.padEnd(13)}${shown.join('')}`.trimEnd());
  }
  return lines;
}

async function clusterLines(folder: string, config: StudyConfig): Promise<string[]> {
  const lines: string[] = [];
  for (const cluster of config.cluster) {
    const path = join(folder, studyPaths.concepts(cluster), 'clusters.tsv');
    if (!existsSync(path)) continue;
    const { size, participants } = await readColumns(path);
    if (lines.length === 0) lines.push('', 'clusters');
    const sizes = Array.from(
      size as ArrayLike<number>,
      (voxels, i) => `${voxels} voxels of ${participants![i]}`,
    );
    const more = sizes.length > 6 ? `, … (${sizes.length})` : '';
    lines.push(`${clusterName(cluster)}: ${sizes.length ? sizes.slice(0, 6).join(', ') + more : 'none'}`);
  }
  return lines;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
