import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../data/cacheFolder.js';
import { type FigureSize, readMapGeometry, type Section, writeExplorer, writeReport } from '../plot/index.js';
import { InputError } from '../util/errors.js';
import type { Command } from './command.js';
import { fsaverageSections, galleryExplorer, phantomSections } from './galleryPage.js';
import { galleryResults } from './galleryResults.js';

const sizes: readonly FigureSize[] = ['cell', 'slide', 'column'];

export const gallery: Command = {
  name: 'gallery',
  summary: 'one page with every kind of figure, and the explorer, on the phantom and fsaverage5',
  usage: '[--out DIR] [--surfaces DIR] [--size cell|slide|column]',
  options: { out: { type: 'string' }, surfaces: { type: 'string' }, size: { type: 'string' } },
  describe: {
    out: 'folder to write index.html and explorer.html to (default gallery)',
    surfaces: 'folder with fsaverage5 (default: the cache, see "sdc fetch fsaverage5")',
    size: 'how large: cell (default), slide for a projector, column for a journal',
  },
  positionals: [0, 0],
  async run({ options, print, signal, onProgress, threads }) {
    const out = String(options['out'] ?? 'gallery');
    const surfaces = String(options['surfaces'] ?? join(cacheFolder(), 'fsaverage5'));
    const size = String(options['size'] ?? 'cell') as FigureSize;
    if (!sizes.includes(size)) throw new InputError('--size', size, sizes.join(', '));
    const results = await galleryResults({ signal, onProgress, threads });
    const sections: Section[] = await phantomSections(results, { size });
    if (options['surfaces'] || existsSync(surfaces))
      sections.push(...fsaverageSections(await readMapGeometry(surfaces), { size }));
    else {
      const blocks = ['fsaverage5 is not here: run `sdc fetch fsaverage5` and make the gallery again.'];
      sections.push({ title: 'fsaverage5', blocks });
    }
    const page = join(out, 'index.html');
    const lead = 'Every kind of figure, on a phantom analysed in small: 8 participants, 400 training steps.';
    await writeReport(page, { title: 'Figures of shared-concepts', lead, sections });
    const explorer = join(out, 'explorer.html');
    await writeExplorer(explorer, await galleryExplorer(results));
    print(`wrote ${page} and ${explorer}`);
    return { page, explorer };
  },
};
