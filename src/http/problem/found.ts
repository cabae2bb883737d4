import { Problem } from './problem.ts';

/** The value, or a 404 that says what does not exist. */
export const found = <T>(thing: T | null, what: string): T => {
  if (thing === null) throw new Problem(404, 'not-found', `there is no such ${what}`);
  return thing;
};
