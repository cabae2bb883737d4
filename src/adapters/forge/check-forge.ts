import { appToken } from './credentials.ts';
import {
  type CreatedForge,
  FIXED_HEADERS,
  type ForgeSettings,
  tokenHeader,
} from './create-forge.ts';
import { type ApiAnswer, ForgeUnreachable } from './forge-api.ts';
import { refusalOf } from './refusal.ts';

/** The result of trying a forge: one line for a person, and what to do if something is missing. */
export type ForgeCheck = { readonly ok: boolean; readonly detail: string; readonly hint?: string };

type Wanted = ForgeSettings['report'];

const field = (body: unknown, key: string): unknown =>
  (body as Readonly<Record<string, unknown>> | null)?.[key];

const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

const refused = (answer: ApiAnswer, doing: string): ForgeCheck => ({
  ok: false,
  detail: refusalOf(answer, doing).detail,
});

const missingPermissions = (missing: readonly string[], who: string, hint: string): ForgeCheck =>
  missing.length === 0
    ? { ok: true, detail: who }
    : { ok: false, detail: `${who}, without ${missing.join(' and ')}`, hint };

/** An app's answer lists its permissions. */
const judgeApp = ({ status, body }: ApiAnswer, wanted: Wanted): ForgeCheck | null => {
  if (status !== 200) return null;
  const permissions = (field(body, 'permissions') ?? {}) as Readonly<Record<string, unknown>>;
  const missing = wanted.filter((kind) => permissions[kind] !== 'write');
  return missingPermissions(
    missing.map((kind) => `the permission ${kind}: write`),
    `signed in as the app ${asText(field(body, 'slug') ?? field(body, 'name'))}`,
    'change the permissions of the app, and accept them for the installation',
  );
};

/** A classic token lists its scopes in a header. A fine-grained one does not reveal its permissions. */
const judgeGitHubToken = ({ headers, body }: ApiAnswer, wanted: Wanted): ForgeCheck => {
  const who = `signed in as ${asText(field(body, 'login'))}`;
  const listed = headers['x-oauth-scopes'];
  if (listed === undefined) {
    return { ok: true, detail: `${who}; a fine-grained token does not show its permissions` };
  }
  const scopes = listed.split(',').map((scope) => scope.trim());
  const needed = wanted.map((kind) => (kind === 'deployments' ? 'repo_deployment' : 'repo:status'));
  const missing = needed.filter((scope) => !scopes.includes(scope) && !scopes.includes('repo'));
  return missingPermissions(
    missing.map((scope) => `the scope ${scope}`),
    who,
    'create a token with these scopes',
  );
};

const judgeGitLabToken = ({ body }: ApiAnswer): ForgeCheck => {
  const scopes = field(body, 'scopes');
  const name = asText(field(body, 'name'));
  const missing = Array.isArray(scopes) && !scopes.includes('api') ? ['the scope api'] : [];
  return missingPermissions(missing, `signed in with the token ${name}`, 'create a token with it');
};

/** Signs in to a forge and lists missing permissions. Throws only the signal's reason. */
export const checkForge = async (
  { type, app, token, report }: ForgeSettings,
  { api }: Pick<CreatedForge, 'api'>,
  now: () => number,
  signal: AbortSignal,
): Promise<ForgeCheck> => {
  const ask = (path: string, headers: Readonly<Record<string, string>>) =>
    api.call({ method: 'GET', path, headers: { ...FIXED_HEADERS[type], ...headers } }, signal);
  try {
    if (app !== null) {
      const answer = await ask('/app', { authorization: `Bearer ${await appToken(app, now())}` });
      return judgeApp(answer, report) ?? refused(answer, 'signing in as the app');
    }
    const headers = tokenHeader(type)(token?.reveal() ?? '');
    const path = type === 'gitlab' ? '/personal_access_tokens/self' : '/user';
    const answer = await ask(path, headers);
    if (answer.status !== 200) return refused(answer, 'signing in with the token');
    if (type === 'github') return judgeGitHubToken(answer, report);
    if (type === 'gitlab') return judgeGitLabToken(answer);
    return { ok: true, detail: `signed in as ${asText(field(answer.body, 'login'))}` };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ForgeUnreachable) return { ok: false, detail: error.message };
    // The key is invalid. Its text must not be shown.
    return {
      ok: false,
      detail: 'the private key of the app cannot be read',
      hint: 'use the PEM file that GitHub gave',
    };
  }
};
