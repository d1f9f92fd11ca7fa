import { InputError } from '../util/errors.js';

/** Throws unless eps is a distance between two different directions: in (0, 2). */
export function checkEps(eps: number, what = 'eps'): void {
  if (!(eps > 0 && eps < 2)) {
    throw new InputError(what, eps, 'in (0, 2)', 'it is a cosine distance: 0 same direction, 1 orthogonal');
  }
}

/** Throws unless each voxel can be near minParticipants participants other than its own. */
export function checkMinParticipants(minParticipants: number, nParticipants: number): void {
  if (nParticipants < 2) {
    throw new InputError(
      'number of participants',
      nParticipants,
      'at least 2',
      'a shared concept needs others',
    );
  }
  if (!Number.isInteger(minParticipants) || minParticipants < 1 || minParticipants >= nParticipants) {
    throw new InputError(
      'minParticipants',
      minParticipants,
      `an integer from 1 to ${nParticipants - 1}`,
      `it counts participants other than the voxel's own, of ${nParticipants}`,
    );
  }
}

/** Throws unless the value is one of the choices. */
export function checkChoice(what: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    throw new InputError(what, value, choices.map((choice) => JSON.stringify(choice)).join(' or '));
  }
}
