import { matchesGlob } from '../glob.ts';
import { noPolicy, type ParsedPolicy, problemOfGlob } from './policy.ts';
import { byVersion } from './semver.ts';

/** Follows the newest version among the tags that match. Prereleases only if the pattern contains a dash. */
export const globPolicy = (pattern: string): ParsedPolicy => {
  const problem = problemOfGlob(pattern);
  if (problem !== null) return noPolicy(problem);
  if (!/^[v\d*?]/.test(pattern)) {
    return noPolicy(
      `"${pattern}" matches no version of three numbers: use newest: to follow what was pushed last, or regex: to compare a number in the tag`,
    );
  }
  const takesPrereleases = pattern.includes('-');
  const policy = byVersion(`glob:${pattern}`, ({ prerelease }, tag) => {
    if (!matchesGlob(pattern, tag)) return `it does not match ${pattern}`;
    return prerelease === null || takesPrereleases
      ? null
      : `it is a prerelease, which ${pattern} does not name`;
  });
  return { ok: true, policy };
};
