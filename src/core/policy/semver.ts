import { minVersion, Range, SemVer } from 'semver';
import { noPolicy, type ParsedPolicy, type Policy } from './policy.ts';
import { compareVersions, createVersionReader, refusesVariant, type Version } from './version.ts';

/** `-0` after an incomplete version. The semver library accepts it only after complete ones. */
const LOOSE_ZERO = /(?<![\w.*])(v?[\dxX*]+(?:\.[\dxX*]+)?|v?\d+\.[\dxX*]+\.[xX*])-0(?=$|\s)/g;
const NAMES_PRERELEASE = /[\dxX*]-[0-9A-Za-z]/;

/** One of the alternatives between `||`. Each decides for itself whether it takes prereleases. */
const readRange = (text: string): Range | null => {
  const includePrerelease = NAMES_PRERELEASE.test(text);
  try {
    return new Range(text.replace(LOOSE_ZERO, '$1'), { includePrerelease });
  } catch {
    return null;
  }
};

/** Follows versions in a range, in npm's syntax. Prereleases only if the range names one, such as `1.x-0`. */
export const semverPolicy = (range: string): ParsedPolicy => {
  if (range === '') return noPolicy('a range is missing, such as 1.x');
  const texts = range.split('||').map((text) => text.trim());
  const ranges = texts.map((text) => (text === '' ? null : readRange(text)));
  const wrong = ranges.indexOf(null);
  if (wrong !== -1) {
    const what = `"${texts[wrong] ?? ''}" is not a version range`;
    return noPolicy(
      range.includes(',')
        ? `${what}: conditions are separated by a space, such as ">=1.2 <1.5"`
        : `${what}: expected one such as 1.x, ~1.3, ">=1.2 <2", or 1.x-0 with prereleases`,
    );
  }
  const read = ranges.filter((one) => one !== null);
  if (read.every((one) => minVersion(one) === null)) {
    return noPolicy(`no version is in the range "${range}"`);
  }
  const isIn = ({ number }: Version): boolean => read.some((one) => one.test(number));
  const refuses = (version: Version): string | null => {
    if (isIn(version)) return null;
    if (version.prerelease === null) return `it is not in the range ${range}`;
    const release = new SemVer(version.number.version.split('-')[0] ?? '');
    return read.some((one) => one.test(release))
      ? `it is a prerelease, which the range ${range} does not name; 1.x-0 would take them`
      : `it is not in the range ${range}`;
  };
  return { ok: true, policy: byVersion(`semver:${range}`, refuses) };
};

/** A policy that orders tags by the versions that they name. */
export const byVersion = (
  text: string,
  refuses: (version: Version, tag: string) => string | null,
): Policy => {
  const read = createVersionReader();
  return {
    text,
    ordersTags: true,
    refuses: (tag, present) => {
      const version = read(tag);
      if (version === null) return 'it is not a version of three numbers';
      return refusesVariant(version.variant, present) ?? refuses(version, tag);
    },
    compare: (a, b) => {
      const [one, other] = [read(a.tag), read(b.tag)];
      return one === null || other === null ? null : compareVersions(one, other);
    },
  };
};
