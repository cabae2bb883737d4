import { createPrivateKey } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Secret } from '../../core/secret.ts';
import type { ApiAnswer, ForgeApi } from './forge-api.ts';

/** Provides the headers that authenticate a request for a repository. */
export type Credentials = {
  /** Throws {@link SignInRefused}, what the API throws, or the signal's reason. */
  readonly headersFor: (
    repository: string,
    signal: AbortSignal,
  ) => Promise<Readonly<Record<string, string>>>;
  /** Drops a token that the forge has refused. The next request signs in again. */
  readonly forget: (repository: string) => void;
};

/** Signing in was refused. `answer` says why. */
export class SignInRefused extends Error {
  override readonly name = 'SignInRefused';
  readonly answer: ApiAnswer;
  readonly doing: string;
  constructor(doing: string, answer: ApiAnswer) {
    super(doing);
    this.doing = doing;
    this.answer = answer;
  }
}

/** The same token for every repository. */
export const tokenCredentials = (
  header: (token: string) => Record<string, string>,
  token: Secret,
): Credentials => ({
  headersFor: async () => header(token.reveal()),
  forget: () => undefined,
});

/** GitHub allows ten minutes, and clocks may differ by one minute. */
const JWT_LIFE_S = 9 * 60;
const CLOCK_SKEW_S = 60;
/** A token is renewed while it is still valid for another request. */
const RENEW_BEFORE_MS = 5 * 60_000;

export type GitHubApp = { readonly id: number; readonly privateKey: Secret };

/** A token for the app itself. It serves only to get tokens of installations. */
export const appToken = async ({ id, privateKey }: GitHubApp, now: number): Promise<string> => {
  const at = Math.floor(now / 1_000);
  return new SignJWT({})
    .setProtectedHeader({ alg: 'RS256' })
    .setIssuedAt(at - CLOCK_SKEW_S)
    .setExpirationTime(at + JWT_LIFE_S)
    .setIssuer(String(id))
    .sign(createPrivateKey(privateKey.reveal()));
};

type Installation = { readonly token: string; readonly expiresAt: number };

const textAt = (body: unknown, key: string): string | null => {
  const value = (body as Readonly<Record<string, unknown>> | null)?.[key];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
};

/**
 * Signs in as a GitHub App, with a token of the installation that a repository belongs to. The token is renewed
 * before it expires.
 */
export const appCredentials = (api: ForgeApi, app: GitHubApp, now: () => number): Credentials => {
  const known = new Map<string, Installation>();
  const signIn = async (repository: string, signal: AbortSignal): Promise<Installation> => {
    const authorization = `Bearer ${await appToken(app, now())}`;
    const headers = { authorization };
    const found = await api.call(
      { method: 'GET', path: `/repos/${repository}/installation`, headers },
      signal,
    );
    const id = textAt(found.body, 'id');
    if (found.status !== 200 || id === null) {
      throw new SignInRefused(`finding the app's installation for ${repository}`, found);
    }
    const made = await api.call(
      { method: 'POST', path: `/app/installations/${id}/access_tokens`, headers, body: {} },
      signal,
    );
    const token = textAt(made.body, 'token');
    const expiresAt = Date.parse(textAt(made.body, 'expires_at') ?? '');
    if (made.status !== 201 || token === null || Number.isNaN(expiresAt)) {
      throw new SignInRefused(`signing in to ${repository}`, made);
    }
    return { token, expiresAt };
  };
  return {
    headersFor: async (repository, signal) => {
      const [owner = ''] = repository.split('/');
      let installation = known.get(owner);
      if (installation === undefined || installation.expiresAt - now() < RENEW_BEFORE_MS) {
        installation = await signIn(repository, signal);
        known.set(owner, installation);
      }
      return { authorization: `Bearer ${installation.token}` };
    },
    forget: (repository) => {
      known.delete(repository.split('/')[0] ?? '');
    },
  };
};
