import { compare, parse, type SemVer } from 'semver';

/** The part of a version after its numbers. */
export type Suffix = {
  /** Dot-separated, without its dash; null for a release. */
  readonly prerelease: string | null;
  /** The build variant, such as `alpine`; empty if there is none. */
  readonly variant: string;
};

/** A tag that names a version: `v1.4.0-rc.1-alpine_982c388`. */
export type Version = Suffix & { readonly number: SemVer };

const NUMBERS = /^v?(\d+\.\d+\.\d+)(?=$|[-_])/;
/** Tags that move with the versions below them, such as `v1`, `1.3-alpine`. */
const PARTIAL = /^v?\d+(?:\.\d+){0,2}(?=$|[-_])/;
const PRERELEASE = /^(?:\d+|(?:alpha|beta|a|b|rc|pre|preview|dev|next|snapshot)\d*)$/i;

const beginsPrerelease = (text: string): boolean => PRERELEASE.test(text.split(/[.-]/)[0] ?? '');

/** Reads `-rc.1-alpine_982c388`. The part after `_` is build metadata, because a tag cannot contain `+`. */
export const readSuffix = (text: string): Suffix => {
  const [named = ''] = text.split('_', 1);
  const rest = named.replace(/^-/, '');
  if (!beginsPrerelease(rest)) return { prerelease: null, variant: rest };
  // A variant may follow a prerelease. All of `rc-1` and of `rc.1-5-gabc` is prerelease.
  const dash = rest.indexOf('-');
  const after = dash === -1 ? '' : rest.slice(dash + 1);
  if (after === '' || beginsPrerelease(after)) return { prerelease: rest, variant: '' };
  return { prerelease: rest.slice(0, dash), variant: after };
};

/** Reads three numbers, with or without a leading `v`, and a suffix; null for any other tag. */
export const readVersion = (tag: string): Version | null => {
  const [head, numbers] = NUMBERS.exec(tag) ?? [];
  if (head === undefined || numbers === undefined) return null;
  const suffix = readSuffix(tag.slice(head.length));
  const pre = suffix.prerelease === null ? '' : `-${suffix.prerelease}`;
  const number = parse(`${numbers}${pre}`);
  return number === null ? null : { ...suffix, number };
};

/** A list of 100,000 tags is processed tag by tag, and each is read several times in a row. */
const MOST_REMEMBERED = 16;

/** The same, with a cache of the last results. */
export const createVersionReader = (): typeof readVersion => {
  const known = new Map<string, Version | null>();
  return (tag) => {
    const found = known.get(tag);
    if (found !== undefined) return found;
    if (known.size >= MOST_REMEMBERED) known.clear();
    const read = readVersion(tag);
    known.set(tag, read);
    return read;
  };
};

export const compareVersions = (a: Version, b: Version): number => compare(a.number, b.number);

/** The variant of a service's tag. What it moves to must have the same one. */
export const variantOf = (tag: string): string => {
  const head = PARTIAL.exec(tag)?.[0];
  return head === undefined ? '' : readSuffix(tag.slice(head.length)).variant;
};

/** Why a variant does not match that of the present tag; null if it does. */
export const refusesVariant = (variant: string, present: string): string | null => {
  const wanted = variantOf(present);
  if (variant === wanted) return null;
  const has = variant === '' ? 'no variant' : `the variant ${variant}`;
  return `it has ${has}, and ${present} has ${wanted === '' ? 'none' : wanted}`;
};
