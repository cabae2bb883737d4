import { createSecret, type Secret } from '../core/secret.ts';
import type { Config } from './schema/config.ts';
import { messageOfErrno } from './source/errno.ts';
import { loadConfig } from './load-config.ts';
import { HOOK_SECRET, splitList } from './source/variables.ts';
import { ProfileRefused, type ProfileSources, readProfile } from './profile.ts';

/** How the command line reaches a helper. */
export type ClientSettings = {
  /** With the base path, without a trailing slash. */
  readonly url: string;
  readonly token: Secret | null;
  /** Whether the address was said by anybody, or is only the usual one. */
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

/** The first hook secret of the environment, or of the file that it names; null if it names none. May throw {@link ProfileRefused}. */
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
  if (parsed !== null && `${parsed.username}${parsed.password}` !== '') {
    // Nor is it shown: the password is in it.
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
  // The dashboard's own places stand behind a #, in addresses that are copied from a browser.
  return url.replace(/#.*$/, '').replace(/\/+$/, '');
};

/** Others cannot be sent, and the answer to them would be told as one to a wrong address. */
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
    // The token of a profile goes to the address of that profile and to no other.
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
 * Address and token of the helper to talk to: from options, else variables, else the profile file
 * (`~/.config/cd-helper/profile.yaml`, which nobody else may read), else the helper that the
 * configuration of this machine describes.
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
