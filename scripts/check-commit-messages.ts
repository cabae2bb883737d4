/**
 * Reads commit subjects from standard input, one per line, and fails for those that are not
 * {@link https://www.conventionalcommits.org Conventional Commits}: `git log --format=%s main.. | node
 * scripts/check-commit-messages.ts`
 */
import { text } from 'node:stream/consumers';

const FORM =
  /^(?:build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test)(?:\([a-z0-9/-]+\))?!?: \S/;
/** Git itself writes these. */
const BY_GIT = /^(?:Merge |Revert ")/;
const LONGEST = 120;

const problemOf = (subject: string): string | null => {
  if (subject === '' || BY_GIT.test(subject)) return null;
  if (!FORM.test(subject)) {
    return 'expected "type(scope): what changes", such as "fix(store): …"';
  }
  return subject.length > LONGEST
    ? `the first line has ${subject.length} characters, at most ${LONGEST} are allowed`
    : null;
};

for (const subject of (await text(process.stdin)).split('\n')) {
  const problem = problemOf(subject);
  if (problem === null) continue;
  console.error(`commit message: ${problem}, but found: ${subject}`);
  process.exitCode = 1;
}
