import { RE2JS } from 're2js';
import { compareNumbers } from './compare-numbers.ts';
import { noPolicy, type ParsedPolicy } from './policy.ts';

/** A longer pattern is a mistake, and would be compiled for each service. */
const LONGEST = 500;
const IN_A_STACK_FILE = 'in a stack file, write $$ for $';

type Read =
  | { readonly kind: 'numbers'; readonly numbers: readonly (bigint | null)[] }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Follows the tags that match, ordered by the numbers in the named groups, in group order. The engine is RE2, which is
 * linear in the tag for every pattern: anyone who can push chooses the tags.
 */
export const regexPolicy = (pattern: string): ParsedPolicy => {
  if (pattern === '') return noPolicy('a pattern is missing, such as ^main-(?<n>\\d+)$');
  if (pattern.length > LONGEST) return noPolicy(`the pattern is longer than ${LONGEST} characters`);
  const compiled = compile(pattern);
  if ('problem' in compiled) return noPolicy(`${compiled.problem}; ${IN_A_STACK_FILE}`);
  const { regex } = compiled;
  const groups = Object.entries(regex.namedGroups())
    .toSorted(([, a], [, b]) => a - b)
    .map(([name]) => name);
  if (groups.length === 0) {
    return noPolicy(
      `"${pattern}" has no group: write (?<n>\\d+) around the number to compare; ${IN_A_STACK_FILE}`,
    );
  }
  const read = (tag: string): Read => {
    const found = regex.matcher(tag);
    if (!found.find()) return { kind: 'refused', why: `it does not match ${pattern}` };
    const texts = groups.map((name) => found.group(name));
    const other = texts.findIndex((text) => text !== null && !/^\d+$/.test(text));
    return other === -1
      ? { kind: 'numbers', numbers: texts.map((text) => (text === null ? null : BigInt(text))) }
      : {
          kind: 'refused',
          why: `its group ${groups[other]} holds no number but "${texts[other]}"`,
        };
  };
  return {
    ok: true,
    policy: {
      text: `regex:${pattern}`,
      ordersTags: true,
      refuses: (tag) => {
        const one = read(tag);
        return one.kind === 'refused' ? one.why : null;
      },
      compare: (a, b) => {
        const [one, other] = [read(a.tag), read(b.tag)];
        return one.kind === 'refused' || other.kind === 'refused'
          ? null
          : compareNumbers(one.numbers, other.numbers);
      },
    },
  };
};

const compile = (pattern: string): { readonly regex: RE2JS } | { readonly problem: string } => {
  try {
    return { regex: RE2JS.compile(pattern) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { problem: why.replace('error parsing regexp: ', 'the pattern cannot be read: ') };
  }
};
