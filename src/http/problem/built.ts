import { Problem } from './problem.ts';

/** An optional part of the helper, or a 501 if it is missing. */
export const built = <T>(part: T | undefined): T => {
  if (part === undefined) throw new Problem(501, 'not-built', 'this version cannot do that yet');
  return part;
};
