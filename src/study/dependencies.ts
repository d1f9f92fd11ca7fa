import type { Unit } from './unit.js';

/**
 * For each unit, by id, the units that make its inputs, each once. An input inside a folder that a unit makes comes
 * from that unit. O(units · inputs).
 */
export function dependencies(units: readonly Unit[]): Map<string, Unit[]> {
  const makers = new Map(units.flatMap((unit) => unit.outputs.map((path) => [path, unit] as const)));
  const makerOf = (path: string): Unit | undefined => {
    for (let at = path; at; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
      const maker = makers.get(at);
      if (maker) return maker;
    }
    return undefined;
  };
  return new Map(
    units.map((unit) => [
      unit.id,
      [...new Set(unit.inputs.map(makerOf).filter((maker) => maker !== undefined))],
    ]),
  );
}
