import { parse } from 'yaml';
import { z } from 'zod';
import { createSecret, type Secret } from '../core/secret.ts';
import type { Config } from './config.ts';
import { messageOfErrno } from './errno.ts';
import { loadConfig } from './load-config.ts';
import type { Environment } from './read-variables.ts';
import type { ReadFile } from './secret-file.ts';

/** How the command line reaches a helper. */
export type ClientSettings = {
  /** With the base path, without a trailing slash. */
  readonly url: string;
  readonly token: Secret | null;
  /** Whether the address was said by anybody, or is only the usual one. */
  readonly isGuess: boolean;
};

export type ClientInputs = {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  readonly config?: string | undefined;
  readonly env: Environment;
  readonly readFile: ReadFile;
  /** Permission bits of a file; null, or the error of the system, where there is none. */
  readonly modeOf: (path: string) => number | null;
};

export type ReadClientSettings =
  | { readonly ok: true; readonly settings: ClientSettings }
  | { readonly ok: false; readonly problem: string; readonly hint: string };

const USUAL_URL = 'http://127.0.0.1:8080';
const OTHERS_MAY_READ = 0o077;

class Refused extends Error {
  readonly hint: string;
  constructor(problem: string, hint: string) {
    super(problem);
    this.hint = hint;
  }
}

const Profile = z.strictObject({ url: z.string().optional(), token: z.string().optional() });
type Profile = z.output<typeof Profile>;

const said = (text: string | undefined): string | null =>
  text === undefined || text === '' ? null : text;

const profilePath = (env: Environment): string | null => {
  const own = said(env['CD_HELPER_PROFILE']);
  if (own !== null) return own;
  const home = said(env['HOME']);
  const folder = said(env['XDG_CONFIG_HOME']) ?? (home === null ? null : `${home}/.config`);
  return folder === null ? null : `${folder}/cd-helper/profile.yaml`;
};

const modeIfThere = (path: string, modeOf: ClientInputs['modeOf']): number | null => {
  try {
    return modeOf(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new Refused(`${path}: ${messageOfErrno(error)}`, 'it is where the profile would be');
  }
};

const readProfile = ({ env, readFile, modeOf }: ClientInputs): Profile => {
  const path = profilePath(env);
  const mode = path === null ? null : modeIfThere(path, modeOf);
  if (path === null || mode === null) {
    if (said(env['CD_HELPER_PROFILE']) !== null) {
      throw new Refused(`${path}: there is no such file`, 'CD_HELPER_PROFILE names it');
    }
    return {};
  }
  if ((mode & OTHERS_MAY_READ) !== 0) {
    throw new Refused(`${path} may be read by others, and holds a token`, `chmod 600 ${path}`);
  }
  const expected = 'it holds the keys url and token, and no other';
  let parsed: unknown;
  try {
    parsed = parse(readFile(path)) ?? {};
  } catch (error) {
    // A parser's message quotes the text, and the text holds the token.
    const isYaml = error instanceof Error && error.name.startsWith('YAML');
    throw new Refused(`${path}: ${isYaml ? 'it is no YAML' : messageOfErrno(error)}`, expected);
  }
  const profile = Profile.safeParse(parsed);
  if (!profile.success) throw new Refused(`${path} is no profile`, expected);
  return profile.data;
};

const variableOrFile = ({ env, readFile }: ClientInputs, name: string): string | null => {
  const value = said(env[name]);
  const file = said(env[`${name}_FILE`]);
  if (value !== null || file === null) return value;
  try {
    return said(readFile(file).trim());
  } catch (error) {
    throw new Refused(`${file}: ${messageOfErrno(error)}`, `${name}_FILE names it`);
  }
};

/** A helper of this machine, as its own configuration describes it. */
const ownHelper = (config: Config): { url: string; token: Secret | null } => {
  const { host, port } = config.listen;
  const everywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };
  const reached = everywhere[host] ?? (host.includes(':') ? `[${host}]` : host);
  const operator = config.api.tokens.find(
    ({ role, value }) => role === 'operator' && value.reveal() !== '',
  );
  return {
    url: `http://${reached}:${port}${config.basePath}`,
    token: operator?.value ?? null,
  };
};

const checkedUrl = (url: string): string => {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.search !== '') {
    throw new Refused(
      `${JSON.stringify(url)} is no address of a helper`,
      'it begins with http:// or https://',
    );
  }
  return url.replace(/\/+$/, '');
};

const find = (inputs: ClientInputs): ClientSettings => {
  const saidUrl = said(inputs.url) ?? variableOrFile(inputs, 'CD_HELPER_URL');
  const saidToken = said(inputs.token) ?? variableOrFile(inputs, 'CD_HELPER_API_TOKEN');
  const profile = saidUrl === null || saidToken === null ? readProfile(inputs) : {};
  const url = saidUrl ?? said(profile.url);
  if (url !== null) {
    const clean = checkedUrl(url);
    // The token of a profile goes to the address of that profile and to no other.
    const profileFits = profile.url === undefined || checkedUrl(profile.url) === clean;
    const token = saidToken ?? (profileFits ? said(profile.token) : null);
    return { url: clean, token: token === null ? null : createSecret(token), isGuess: false };
  }
  const loaded = loadConfig({
    argvConfig: inputs.config,
    env: inputs.env,
    readFile: inputs.readFile,
  });
  const own = loaded.ok ? ownHelper(loaded.config) : { url: USUAL_URL, token: null };
  const token = saidToken ?? said(profile.token);
  return {
    url: own.url,
    token: token === null ? own.token : createSecret(token),
    isGuess: true,
  };
};

/**
 * Address and token of the helper to talk to: from options, else variables, else the profile file
 * (`~/.config/cd-helper/profile.yaml`, which nobody else may read), else the helper that the
 * configuration of this machine describes.
 */
export const readClientSettings = (inputs: ClientInputs): ReadClientSettings => {
  try {
    return { ok: true, settings: find(inputs) };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, problem: error.message, hint: error.hint };
    throw error;
  }
};
