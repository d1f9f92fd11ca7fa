import { addPart } from '../engine/addPart.js';
import { parts } from '../engine/parts.js';
import type { Command } from './command.js';

/** `sdc add`: optional parts, fetched when first wanted. */
export const add: Command = {
  name: 'add',
  summary: 'fetch an optional part (webgpu, tfjs-node-gpu, tfjs-node, tfjs-wasm, transformers) and try it',
  usage: 'NAME',
  options: {},
  describe: {},
  positionals: [0, 1],
  async run({ positionals: [name], print, signal, onProgress }) {
    if (!name) {
      for (const [part, { purpose }] of Object.entries(parts)) print(`${part.padEnd(14)}  ${purpose}`);
      return Object.fromEntries(Object.entries(parts).map(([part, { purpose }]) => [part, purpose]));
    }
    const added = await addPart(name, { signal, onProgress });
    print(`${name} ${added.before ? 'is there already' : 'added'}: ${added.folder}`);
    for (const { name: engine, device, stepMs } of added.engines) {
      print(`engine ${engine} works${device ? ` on ${device}` : ''}: ${stepMs!.toFixed(0)} ms a tiny step`);
    }
    return added;
  },
};
