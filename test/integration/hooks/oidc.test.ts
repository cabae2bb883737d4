import { createHmac } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSecret } from '../../../src/core/secret.ts';
import type { HookSecret } from '../../../src/http/ports/ports.ts';
import { createServer } from '../../../src/http/server.ts';
import { createFetchKeys } from '../../../src/intake/fetch-keys.ts';
import { createTokenProof, type OidcExpectation } from '../../../src/intake/prove-token.ts';
import {
  AUDIENCE,
  createSigner,
  EMAIL,
  ISSUER,
  type KeyServer,
  type Signer,
  signToken,
  startKeyServer,
} from '../../support/http/key-server.ts';
import { createMemoryPorts, hookSecret } from '../../support/work/memory-ports.ts';

const PUSH = {
  message: {
    data: Buffer.from(
      JSON.stringify({
        action: 'INSERT',
        tag: 'europe-docker.pkg.dev/acme/images/web:v1',
        digest: `europe-docker.pkg.dev/acme/images/web@sha256:${'a'.repeat(64)}`,
      }),
    ).toString('base64'),
    messageId: '136969346945',
  },
  subscription: 'projects/acme/subscriptions/cd',
};

type OidcSecret = HookSecret & { readonly oidc: OidcExpectation | null };

let google: Signer;
let stranger: Signer;
let keyServer: KeyServer;
const servers: FastifyInstance[] = [];
beforeAll(async () => {
  [google, stranger] = await Promise.all([createSigner('google-1'), createSigner('google-1')]);
  keyServer = await startKeyServer(google.publicKey);
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  Object.assign(keyServer.state, { keys: [google.publicKey], status: 200, asked: 0, body: null });
});
afterAll(() => keyServer.close());

const expectation = (changes: Partial<OidcExpectation> = {}): OidcExpectation => ({
  audience: AUDIENCE,
  email: EMAIL,
  issuer: ISSUER,
  keys: keyServer.address,
  ...changes,
});

const wanting = (
  name: string,
  value: string,
  changes: Partial<OidcExpectation> = {},
  limits: Partial<HookSecret> = {},
): OidcSecret => ({
  ...hookSecret(name, value, limits),
  value: createSecret(value),
  oidc: expectation(changes),
});

const plain = (name: string, value: string): OidcSecret => ({
  ...hookSecret(name, value),
  oidc: null,
});

const start = async (hookSecrets: readonly OidcSecret[], now: () => number = Date.now) => {
  const ports = createMemoryPorts({ hookSecrets, now });
  const proveToken = createTokenProof(hookSecrets, {
    fetchKeys: createFetchKeys(() => null),
    now,
    log: ports.deps.log,
  });
  const server = await createServer({ ...ports.deps, proveToken });
  servers.push(server);
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const post = async (path: string, token: string | null, body: unknown = PUSH) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, text, retryAfter: answer.headers.get('retry-after') };
  };
  return { ...ports, post };
};

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token', () => {
  it('that is right lets its sender in, and is named by its secret', async () => {
    const { post, accepted, logLines } = await start([wanting('pubsub', '')]);
    const token = await signToken(google);
    const { status, text } = await post('/hooks', token);
    expect(status).toBe(202);
    expect(JSON.parse(text)).toMatchObject({
      pushes: [{ image: 'europe-docker.pkg.dev/acme/images/web:v1' }],
    });
    expect(accepted[0]).toMatchObject({ sender: 'google-artifact-registry', secret: 'pubsub' });
    expect(JSON.stringify([accepted, logLines])).not.toContain(token);
  });

  const now = Math.floor(Date.now() / 1000);
  it.each([
    ['for another audience', { aud: 'https://elsewhere.example.org/hooks' }],
    ['for no audience', { aud: undefined }],
    ['of another account', { email: 'other@acme.iam.gserviceaccount.com' }],
    ['of no account', { email: undefined }],
    ['of an account that nobody verified', { email_verified: false }],
    ['of an account that says it was verified', { email_verified: 'true' }],
    ['of an account of which nothing is said', { email_verified: undefined }],
    ['of another issuer', { iss: 'https://accounts.example.org' }],
    ['of no issuer', { iss: undefined }],
    ['that has expired', { exp: now - 60, iat: now - 3660 }],
    ['that never expires', { exp: undefined }],
    ['that is not valid yet', { nbf: now + 600 }],
  ])('%s is refused', async (_name, claims) => {
    const { post, accepted } = await start([wanting('pubsub', '')]);
    expect(await post('/hooks', await signToken(google, claims))).toMatchObject({ status: 401 });
    expect(accepted).toEqual([]);
  });

  it.each([
    ['iss without its scheme', { iss: 'accounts.google.com' }],
    ['several audiences', { aud: ['x', AUDIENCE] }],
    ['an end a moment ago', { exp: now - 5 }],
  ])('with %s is right', async (_name, claims) => {
    const { post } = await start([wanting('pubsub', '')], () => now * 1000);
    expect(await post('/hooks', await signToken(google, claims))).toMatchObject({ status: 202 });
  });

  it('signed by another key of the same name is refused', async () => {
    const { post } = await start([wanting('pubsub', '')]);
    expect((await post('/hooks', await signToken(stranger))).status).toBe(401);
  });

  it('that is not signed, or with the published key as a shared secret, is refused', async () => {
    const { post, accepted } = await start([wanting('pubsub', '')]);
    const claims = encode({ iss: ISSUER, aud: AUDIENCE, email: EMAIL, email_verified: true });
    const unsigned = `${encode({ alg: 'none', typ: 'JWT' })}.${claims}.`;
    expect((await post('/hooks', unsigned)).status).toBe(401);
    expect((await post('/hooks', `${unsigned}x`)).status).toBe(401);
    const head = encode({ alg: 'HS256', kid: 'google-1' });
    for (const key of [JSON.stringify(google.publicKey), google.publicKey.n ?? '']) {
      const mac = createHmac('sha256', key).update(`${head}.${claims}`).digest('base64url');
      expect((await post('/hooks', `${head}.${claims}.${mac}`)).status).toBe(401);
    }
    expect(accepted).toEqual([]);
  });

  it('names no address that is asked for a key', async () => {
    const elsewhere = await startKeyServer(stranger.publicKey);
    try {
      const { post } = await start([wanting('pubsub', '')]);
      const token = await new SignJWT({ aud: AUDIENCE, email: EMAIL, email_verified: true })
        .setProtectedHeader({
          alg: 'RS256',
          kid: 'google-1',
          jku: elsewhere.address,
          x5u: elsewhere.address,
          jwk: stranger.publicKey,
        })
        .setIssuer(ISSUER)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(stranger.privateKey);
      expect((await post('/hooks', token)).status).toBe(401);
      const issued = await signToken(stranger, { iss: elsewhere.address });
      expect((await post('/hooks', issued)).status).toBe(401);
      expect(elsewhere.state.asked).toBe(0);
    } finally {
      await elsewhere.close();
    }
  });

  it.each(['a.b.c', 'e30.e30.e30', `${'a'.repeat(9000)}.b.c`, '..', 'eyJ.eyJ.', '-.-.-'])(
    '%s is none',
    async (token) => {
      const { post } = await start([wanting('pubsub', '')]);
      expect((await post('/hooks', token)).status).toBe(401);
      expect(keyServer.state.asked).toBe(0);
    },
  );
});

describe('a secret that wants a token', () => {
  it('does not let in without one, nor one without the secret', async () => {
    const { post, accepted } = await start([wanting('pubsub', 'in-the-path')]);
    const token = await signToken(google);
    expect((await post('/hooks/in-the-path', null)).status).toBe(401);
    expect((await post('/hooks', token)).status).toBe(401);
    expect((await post('/hooks/other', token)).status).toBe(401);
    expect((await post('/hooks/in-the-path', await signToken(stranger))).status).toBe(401);
    expect(accepted).toEqual([]);
    expect((await post('/hooks/in-the-path', token)).status).toBe(202);
  });

  it('lets in nobody by a signature made with it', async () => {
    const { deps } = await start([wanting('pubsub', 'signs')]);
    const server = servers[0];
    const body = JSON.stringify({ image: 'acme/app:v1' });
    const signature = createHmac('sha256', 'signs').update(body).digest('hex');
    const answer = await server?.inject({
      method: 'POST',
      url: '/hooks',
      headers: {
        'content-type': 'application/json',
        'x-hub-signature-256': `sha256=${signature}`,
      },
      body,
    });
    expect(answer?.statusCode).toBe(401);
    expect(deps.hookSecrets).toHaveLength(1);
  });

  it('is the one whose account and audience the token names', async () => {
    const { post, accepted } = await start([
      wanting('first', '', { email: 'first@acme.iam' }),
      wanting('second', '', { audience: 'second' }),
      plain('third', 'third-secret'),
    ]);
    const first = await signToken(google, { email: 'first@acme.iam' });
    const second = await signToken(google, { aud: 'second' });
    const neither = await signToken(google, { aud: 'second', email: 'first@acme.iam' });
    expect((await post('/hooks', first)).status).toBe(202);
    expect((await post('/hooks', second)).status).toBe(202);
    expect((await post('/hooks', neither)).status).toBe(401);
    expect(accepted.map(({ secret }) => secret)).toEqual(['first', 'second']);
    // A wrong token is wrong beside any secret; somebody else's token says nothing.
    expect((await post('/hooks/third-secret', neither)).status).toBe(401);
    const foreign = await signToken(google, { iss: 'https://gateway.example.org' });
    expect((await post('/hooks/third-secret', foreign)).status).toBe(202);
    expect((await post('/hooks/third-secret', null)).status).toBe(202);
  });

  it('keeps to its senders and networks', async () => {
    const { post } = await start([
      wanting('pubsub', '', {}, { senders: ['google-artifact-registry'] }),
      wanting('far', '', { audience: 'far' }, { networks: ['10.0.0.0/8'] }),
    ]);
    const token = await signToken(google);
    expect((await post('/hooks', token, { image: 'acme/app:v1' })).status).toBe(401);
    expect((await post('/hooks', token)).status).toBe(202);
    expect((await post('/hooks', await signToken(google, { aud: 'far' }))).status).toBe(401);
  });
});

describe('the keys', () => {
  it('are fetched when first wanted, and then kept', async () => {
    const { post } = await start([wanting('pubsub', '')]);
    expect(keyServer.state.asked).toBe(0);
    const token = await signToken(google);
    await Promise.all(Array.from({ length: 20 }, () => post('/hooks', token)));
    expect(keyServer.state.asked).toBe(1);
  });

  it('are not fetched again for whatever key a token names', async () => {
    const { post } = await start([wanting('pubsub', '')]);
    await post('/hooks', await signToken(google));
    for (let count = 0; count < 5; count += 1) {
      const token = await signToken({ ...stranger, kid: `made-up-${count}` });
      expect((await post('/hooks', token)).status).toBe(401);
    }
    expect(keyServer.state.asked).toBe(1);
  });

  it.each([
    ['a failure', { status: 500 }],
    ['a redirect', { status: 302 }],
    ['no JSON', { body: '<html>' }],
    ['other JSON', { body: '[]' }],
    ['too much', { body: `{"keys":[],"pad":"${'x'.repeat(300 * 1024)}"}` }],
  ])('that cannot be had for %s are a 503 and no 401', async (_name, state) => {
    const { post, accepted, logLines } = await start([wanting('pubsub', ''), plain('x', 'right')]);
    Object.assign(keyServer.state, state);
    const token = await signToken(google);
    const answer = await post('/hooks', token);
    expect(answer.status).toBe(503);
    expect(Number(answer.retryAfter)).toBeGreaterThan(0);
    expect(accepted).toEqual([]);
    expect(logLines.join('\n')).not.toContain(token);
    expect((await post('/hooks/right', null)).status).toBe(202);
  });

  it('that cannot be had are not asked for by each delivery, and are had later', async () => {
    let now = Date.now();
    const { post } = await start([wanting('pubsub', '')], () => now);
    keyServer.state.status = 500;
    const token = await signToken(google);
    for (let count = 0; count < 5; count += 1) {
      expect((await post('/hooks', token)).status).toBe(503);
    }
    expect(keyServer.state.asked).toBe(1);
    keyServer.state.status = 200;
    now += 2_001;
    expect((await post('/hooks', token)).status).toBe(202);
  });

  it('may be of elliptic curves', async () => {
    const curve = await createSigner('curve', 'ES256');
    keyServer.state.keys = [curve.publicKey];
    const { post } = await start([wanting('pubsub', '')]);
    expect((await post('/hooks', await signToken(curve))).status).toBe(202);
  });
});
