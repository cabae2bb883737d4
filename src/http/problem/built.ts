import { Problem } from './problem.ts';

/** A part that this helper has, or a 501. */
export const built = <T>(part: T | undefined): T => {
  if (part === undefined) throw new Problem(501, 'not-built', 'this version cannot do that yet');
  return part;
};
