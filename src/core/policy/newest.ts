import { matchesGlob } from '../glob.ts';
import { noPolicy, type ParsedPolicy, problemOfGlob } from './policy.ts';

/** Follows the matching tag that was pushed last. The first push of a tag with its digest counts. */
export const newestPolicy = (pattern: string): ParsedPolicy => {
  const problem = problemOfGlob(pattern);
  if (problem !== null) return noPolicy(problem);
  return {
    ok: true,
    policy: {
      text: `newest:${pattern}`,
      ordersTags: false,
      refuses: (tag) => (matchesGlob(pattern, tag) ? null : `it does not match ${pattern}`),
      compare: (a, b) =>
        a.arrivedAt === null || b.arrivedAt === null ? null : a.arrivedAt - b.arrivedAt,
    },
  };
};
