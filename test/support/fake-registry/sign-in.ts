import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export type FakeUsers = Readonly<Record<string, string>>;

export type FakeSignIn =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'basic';
      readonly users: FakeUsers;
      /** Repositories that anybody can read. */
      readonly open?: readonly string[];
    }
  | {
      readonly kind: 'token';
      readonly users: FakeUsers;
      readonly open?: readonly string[];
      /** Also issues tokens to clients without a name. */
      readonly anonymous?: boolean;
      /** The address that issues tokens; default: `/token` of the registry itself. */
      readonly realm?: string;
      /** Seconds; null omits it from the answer. */
      readonly expiresIn?: number | null;
      readonly field?: 'token' | 'access_token';
      /** Refresh tokens that `grant_type=refresh_token` accepts. */
      readonly identityTokens?: readonly string[];
    };

export type Answer = {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer;
};

const json = (status: number, body: object, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

export const registryError = (
  status: number,
  code: string,
  headers: Record<string, string> = {},
): Answer =>
  json(status, { errors: [{ code, message: code.toLowerCase(), detail: null }] }, headers);

const basicUser = (request: IncomingMessage): { name: string; password: string } | null => {
  const [scheme, text] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'basic' || text === undefined) return null;
  const pair = Buffer.from(text, 'base64').toString();
  const colon = pair.indexOf(':');
  return { name: pair.slice(0, colon), password: pair.slice(colon + 1) };
};

const readText = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

export type FakeGate = {
  /** Null if the request is allowed. */
  readonly refuse: (request: IncomingMessage, repository: string | null) => Answer | null;
  readonly answerToken: (request: IncomingMessage, url: URL) => Promise<Answer>;
  /** Makes all tokens issued so far invalid. */
  readonly forgetTokens: () => void;
  readonly allowToken: (token: string) => void;
};

/** Decides who gets access, with basic or token authentication. Tokens are opaque and expire. */
export const createGate = (signIn: FakeSignIn, origin: () => string): FakeGate => {
  const tokens = new Map<string, { scope: string; until: number }>();
  const allowed = new Set<string>();

  const refuseToken = (request: IncomingMessage, repository: string | null): Answer | null => {
    if (signIn.kind !== 'token') return null;
    const [scheme, text] = (request.headers.authorization ?? '').split(' ');
    const token = scheme?.toLowerCase() === 'bearer' ? tokens.get(text ?? '') : undefined;
    const scope = repository === null ? '' : `repository:${repository}:pull`;
    if (token !== undefined && token.until > Date.now() && token.scope === scope) return null;
    const realm = signIn.realm ?? `${origin()}/token`;
    const asked = scope === '' ? '' : `,scope="${scope}"`;
    return registryError(401, 'UNAUTHORIZED', {
      'www-authenticate': `Bearer realm="${realm}",service="fake-registry"${asked}`,
    });
  };

  const knows = (user: { name: string; password: string } | null): boolean =>
    signIn.kind !== 'none' && user !== null && signIn.users[user.name] === user.password;

  const give = (scope: string): Answer => {
    if (signIn.kind !== 'token') return registryError(404, 'UNSUPPORTED');
    const token = randomUUID();
    const seconds = signIn.expiresIn === undefined ? 300 : signIn.expiresIn;
    tokens.set(token, { scope, until: Date.now() + (seconds ?? 60) * 1000 });
    return json(200, {
      [signIn.field ?? 'token']: token,
      ...(seconds === null ? {} : { expires_in: seconds }),
    });
  };

  return {
    refuse: (request, repository) => {
      const open = signIn.kind === 'none' ? [] : (signIn.open ?? []);
      if (repository !== null && open.includes(repository)) return null;
      const bearer = /^bearer (.*)$/i.exec(request.headers.authorization ?? '')?.[1];
      if (bearer !== undefined && allowed.has(bearer)) return null;
      if (signIn.kind === 'basic' && !knows(basicUser(request))) {
        return registryError(401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="fake"' });
      }
      return refuseToken(request, repository);
    },
    answerToken: async (request, url) => {
      if (signIn.kind !== 'token') return registryError(404, 'UNSUPPORTED');
      if (request.method === 'POST') {
        const form = new URLSearchParams(await readText(request));
        const known =
          form.get('grant_type') === 'refresh_token' &&
          (signIn.identityTokens ?? []).includes(form.get('refresh_token') ?? '');
        return known ? give(form.get('scope') ?? '') : registryError(401, 'UNAUTHORIZED');
      }
      const user = basicUser(request);
      const known = user === null ? signIn.anonymous === true : knows(user);
      return known ? give(url.searchParams.get('scope') ?? '') : registryError(401, 'UNAUTHORIZED');
    },
    forgetTokens: () => tokens.clear(),
    allowToken: (token) => void allowed.add(token),
  };
};
