import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { messageOfErrno } from './source/errno.ts';
import type { Environment } from './source/read-variables.ts';
import type { ReadFile } from './source/secret-file.ts';

const OTHERS_MAY_READ = 0o077;

const Profile = z.strictObject({ url: z.string().optional(), token: z.string().optional() });
/** Address and token of the helper that a person's command line uses. */
export type Profile = z.output<typeof Profile>;

export type ProfileSources = {
  readonly env: Environment;
  readonly readFile: ReadFile;
  /** Permission bits of a file; null, or the system's error, if there is none. */
  readonly modeOf: (path: string) => number | null;
};

/** Why a profile cannot be used, and what to do about it. */
export class ProfileRefused extends Error {
  override readonly name = 'ProfileRefused';
  readonly hint: string;
  constructor(problem: string, hint: string) {
    super(problem);
    this.hint = hint;
  }
}

const said = (text: string | undefined): string | null =>
  text === undefined || text === '' ? null : text;

/** The path of the profile; null if the environment names no home directory. */
export const profilePath = (env: Environment): string | null => {
  const own = said(env['CD_HELPER_PROFILE']);
  if (own !== null) return own;
  const home = said(env['HOME']);
  const folder = said(env['XDG_CONFIG_HOME']) ?? (home === null ? null : `${home}/.config`);
  return folder === null ? null : `${folder}/cd-helper/profile.yaml`;
};

const modeIfThere = (path: string, modeOf: ProfileSources['modeOf']): number | null => {
  try {
    return modeOf(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new ProfileRefused(
      `${path}: ${messageOfErrno(error)}`,
      'it is where the profile would be',
    );
  }
};

/** The profile, empty if there is none. Throws {@link ProfileRefused}, for example if others may read the file. */
export const readProfile = ({ env, readFile, modeOf }: ProfileSources): Profile => {
  const path = profilePath(env);
  const mode = path === null ? null : modeIfThere(path, modeOf);
  if (path === null || mode === null) {
    if (said(env['CD_HELPER_PROFILE']) !== null) {
      throw new ProfileRefused(
        `${path}: there is no such file`,
        'CD_HELPER_PROFILE names it; cd-helper login writes it',
      );
    }
    return {};
  }
  if ((mode & OTHERS_MAY_READ) !== 0) {
    throw new ProfileRefused(
      `${path} may be read by others, and holds a token`,
      `chmod 600 ${path}`,
    );
  }
  const expected = 'it holds the keys url and token, and no other; cd-helper login writes it';
  let parsed: unknown;
  try {
    parsed = parse(readFile(path)) ?? {};
  } catch (error) {
    // A parser's message quotes the text, which contains the token.
    const isYaml = error instanceof Error && error.name.startsWith('YAML');
    throw new ProfileRefused(
      `${path}: ${isYaml ? 'it is no YAML' : messageOfErrno(error)}`,
      expected,
    );
  }
  const profile = Profile.safeParse(parsed);
  if (!profile.success) throw new ProfileRefused(`${path} is no profile`, expected);
  return profile.data;
};

/** The text of a profile file. */
export const printProfile = (profile: Profile): string => stringify(profile);
