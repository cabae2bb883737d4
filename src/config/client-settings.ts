import { createSecret, type Secret } from '../core/secret.ts';
import type { Config } from './schema/config.ts';
import { messageOfErrno } from './source/errno.ts';
import { loadConfig } from './load-config.ts';
import { HOOK_SECRET, splitList } from './source/variables.ts';
import { ProfileRefused, type ProfileSources, readProfile } from './profile.ts';

/** How the command line connects to a helper. */
export type ClientSettings = {
  /** With the base path, without a trailing slash. */
  readonly url: string;
  readonly token: Secret | null;
  /** Whether the address is only the default, because none was given. */
  readonly isGuess: boolean;
};

export type ClientInputs = ProfileSources & {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  readonly config?: string | undefined;
};

export type ReadClientSettings =
  | { readonly ok: true; readonly settings: ClientSettings }
  | { readonly ok: false; readonly problem: string; readonly hint: string };

const USUAL_URL = 'http://127.0.0.1:8080';

const said = (text: string | undefined): string | null =>
  text === undefined || text === '' ? null : text;

/**
 * The first webhook secret in the environment, or in the file that it names; null if there is none. May throw
 * {@link ProfileRefused}.
 */
export const readHookSecret = (inputs: Pick<ClientInputs, 'env' | 'readFile'>): Secret | null => {
  const [first] = splitList(variableOrFile(inputs, HOOK_SECRET) ?? '');
  return first === undefined ? null : createSecret(first);
};

const variableOrFile = (
  { env, readFile }: Pick<ClientInputs, 'env' | 'readFile'>,
  name: string,
): string | null => {
  const value = said(env[name]);
  const file = said(env[`${name}_FILE`]);
  if (value !== null || file === null) return value;
  try {
    return said(readFile(file).trim());
  } catch (error) {
    throw new ProfileRefused(`${file}: ${messageOfErrno(error)}`, `${name}_FILE names it`);
  }
};

/** The helper of this machine, according to its own configuration. */
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
  if (parsed !== null && `${parsed.username}${parsed.password}` !== '') {
    // The address is not shown, because it contains the password.
    throw new ProfileRefused(
      'the address of a helper has no user and no password in it',
      'leave them out; the helper knows people by their token: cd-helper login',
    );
  }
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.search !== '') {
    throw new ProfileRefused(
      `${JSON.stringify(url)} is no address of a helper`,
      'it begins with http:// or https://',
    );
  }
  // Addresses copied from a browser have the dashboard's route after a #.
  return url.replace(/#.*$/, '').replace(/\/+$/, '');
};

/** Other characters cannot be sent in a header, and the failure would look like a wrong address. */
const checkedToken = (token: string | null): Secret | null => {
  if (token !== null && !/^[\x21-\x7e]+$/.test(token)) {
    throw new ProfileRefused(
      'the token has something in it that no token has, such as a space or the end of a line',
      '--token, CD_HELPER_API_TOKEN or the profile gives it',
    );
  }
  return token === null ? null : createSecret(token);
};

const find = (inputs: ClientInputs): ClientSettings => {
  const saidUrl = said(inputs.url) ?? variableOrFile(inputs, 'CD_HELPER_URL');
  const saidToken = said(inputs.token) ?? variableOrFile(inputs, 'CD_HELPER_API_TOKEN');
  const profile = saidUrl === null || saidToken === null ? readProfile(inputs) : {};
  const url = saidUrl ?? said(profile.url);
  if (url !== null) {
    const clean = checkedUrl(url);
    // The token of a profile goes to the address of that profile only.
    const profileFits = profile.url === undefined || checkedUrl(profile.url) === clean;
    const token = saidToken ?? (profileFits ? said(profile.token) : null);
    return { url: clean, token: checkedToken(token), isGuess: false };
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
    token: checkedToken(token) ?? own.token,
    isGuess: true,
  };
};

/**
 * Address and token of the helper to use: from options, else from variables, else from the profile file
 * (`~/.config/cd-helper/profile.yaml`, which nobody else may read), else from the configuration of a helper on this
 * machine.
 */
export const readClientSettings = (inputs: ClientInputs): ReadClientSettings => {
  try {
    return { ok: true, settings: find(inputs) };
  } catch (error) {
    if (error instanceof ProfileRefused)
      return { ok: false, problem: error.message, hint: error.hint };
    throw error;
  }
};
