import { Problem } from './problem.ts';

/** What was found, or a 404 that says what there is none of. */
export const found = <T>(thing: T | null, what: string): T => {
  if (thing === null) throw new Problem(404, 'not-found', `there is no such ${what}`);
  return thing;
};
