import { compareNumbers } from './compare-numbers.ts';
import { noPolicy, type ParsedPolicy } from './policy.ts';
import { readSuffix, refusesVariant, type Suffix } from './version.ts';

type Token = {
  readonly pattern: string;
  /** The significance of this part: a month must stand after its year. */
  readonly weight: number;
};

/** The tokens of {@link https://calver.org calver.org}. The short ones also accept a leading zero. */
const TOKENS: Readonly<Record<string, Token>> = {
  YYYY: { pattern: '\\d{4}', weight: 0 },
  YY: { pattern: '\\d{1,3}', weight: 0 },
  '0Y': { pattern: '\\d{2,3}', weight: 0 },
  MM: { pattern: '(?:1[0-2]|0?[1-9])', weight: 1 },
  '0M': { pattern: '(?:0[1-9]|1[0-2])', weight: 1 },
  WW: { pattern: '(?:[1-4]\\d|5[0-3]|0?[1-9])', weight: 1 },
  '0W': { pattern: '(?:0[1-9]|[1-4]\\d|5[0-3])', weight: 1 },
  DD: { pattern: '(?:[12]\\d|3[01]|0?[1-9])', weight: 2 },
  '0D': { pattern: '(?:0[1-9]|[12]\\d|3[01])', weight: 2 },
  MAJOR: { pattern: '\\d{1,18}', weight: 3 },
  MINOR: { pattern: '\\d{1,18}', weight: 3 },
  MICRO: { pattern: '\\d{1,18}', weight: 3 },
};
const WORD = /YYYY|YY|0Y|MM|0M|WW|0W|DD|0D|MAJOR|MINOR|MICRO/g;
const KNOWN = Object.keys(TOKENS).join(', ');

type Read = Suffix & { readonly numbers: readonly bigint[] };

/**
 * Follows tags that are dates in the given form and have the variant of the present tag. The latest date is the newest.
 */
export const calverPolicy = (format: string): ParsedPolicy => {
  const words = format.match(WORD) ?? [];
  const problem = problemOf(format, words);
  if (problem !== null) return noPolicy(problem);
  const source = format
    .replaceAll('.', '\\.')
    .replaceAll(WORD, (word) => `(${TOKENS[word]?.pattern ?? ''})`);
  const form = new RegExp(`^v?${source}(?=$|[-_])`);

  const read = (tag: string): Read | null => {
    const [head, ...numbers] = form.exec(tag) ?? [];
    if (head === undefined) return null;
    return { ...readSuffix(tag.slice(head.length)), numbers: numbers.map(BigInt) };
  };
  /** A present tag in another form has the same suffix rules as any version. */
  const refusesSuffix = ({ variant }: Read, present: string): string | null => {
    const known = read(present);
    if (known === null) return refusesVariant(variant, present);
    if (known.variant === variant) return null;
    return `its variant is ${variant || 'none'}, and that of ${present} is ${known.variant || 'none'}`;
  };
  return {
    ok: true,
    policy: {
      text: `calver:${format}`,
      ordersTags: true,
      refuses: (tag, present) => {
        const one = read(tag);
        if (one === null) return `it is not of the form ${format}`;
        if (one.prerelease !== null) return 'it is a prerelease, which calver: does not take';
        return refusesSuffix(one, present);
      },
      compare: (a, b) => {
        const [one, other] = [read(a.tag), read(b.tag)];
        return one === null || other === null ? null : compareNumbers(one.numbers, other.numbers);
      },
    },
  };
};

const problemOf = (format: string, words: readonly string[]): string | null => {
  if (format === '') return 'a form is missing, such as YYYY.MM.MICRO';
  const between = format.replaceAll(WORD, '');
  if (/[^._-]/.test(between)) {
    return `"${format}" holds "${between.replaceAll(/[._-]/g, '')}": expected ${KNOWN}, joined by ".", "-" or "_"`;
  }
  const weights = words.map((word) => TOKENS[word]?.weight ?? 0);
  if (!weights.includes(0)) return `"${format}" has no year: expected YYYY, YY or 0Y in it`;
  const dates = weights.filter((weight) => weight < 3);
  const isSorted = dates.every((weight, index) => index === 0 || weight > (dates[index - 1] ?? 0));
  return isSorted
    ? null
    : `"${format}" is not in the order in which dates grow: year, then month or week, then day`;
};
