import { calverPolicy } from './calver.ts';
import { globPolicy } from './glob.ts';
import { newestPolicy } from './newest.ts';
import { noPolicy, type ParsedPolicy } from './policy.ts';
import { regexPolicy } from './regex.ts';
import { semverPolicy } from './semver.ts';

const KINDS: Readonly<Record<string, (text: string) => ParsedPolicy>> = {
  semver: semverPolicy,
  glob: globPolicy,
  regex: regexPolicy,
  calver: calverPolicy,
  newest: newestPolicy,
};

/** Parses the label `cd-helper.track`, such as `semver:1.x`, and reports everything that can be wrong with it. */
export const parsePolicy = (label: string): ParsedPolicy => {
  const colon = label.indexOf(':');
  const kind = label.slice(0, Math.max(colon, 0)).trim();
  const parse = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (parse !== undefined) return parse(label.slice(colon + 1).trim());
  const kinds = Object.keys(KINDS).map((one) => `${one}:`);
  return noPolicy(`it must begin with one of ${kinds.join(', ')}`);
};
