import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export type Signer = {
  readonly kid: string;
  readonly publicKey: JWK;
  readonly privateKey: CryptoKey;
};

/** Claims like those of Pub/Sub, with changes. `undefined` removes a claim. */
export type Claims = Readonly<Record<string, unknown>>;

export const AUDIENCE = 'https://cd.example.org/hooks';
export const EMAIL = 'pusher@acme.iam.gserviceaccount.com';
export const ISSUER = 'https://accounts.google.com';

export const createSigner = async (kid: string, algorithm = 'RS256'): Promise<Signer> => {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = await exportJWK(publicKey);
  return { kid, publicKey: { ...jwk, kid, alg: algorithm, use: 'sig' }, privateKey };
};

export const signToken = async (
  { kid, privateKey, publicKey }: Signer,
  changes: Claims = {},
): Promise<string> => {
  const now = Math.floor(Date.now() / 1000);
  const claims: Record<string, unknown> = {
    aud: AUDIENCE,
    azp: '113774264463038321964',
    email: EMAIL,
    email_verified: true,
    sub: '113774264463038321964',
    iss: ISSUER,
    iat: now,
    exp: now + 3600,
    ...changes,
  };
  for (const [name, value] of Object.entries(claims)) if (value === undefined) delete claims[name];
  return new SignJWT(claims)
    .setProtectedHeader({ alg: publicKey.alg ?? 'RS256', kid, typ: 'JWT' })
    .sign(privateKey);
};

export type KeyServer = {
  readonly address: string;
  /** Its next answer, and the number of requests so far. */
  readonly state: { keys: readonly JWK[]; status: number; asked: number; body: string | null };
  readonly close: () => Promise<void>;
};

/** Publishes keys over HTTP like an issuer. */
export const startKeyServer = async (...keys: readonly JWK[]): Promise<KeyServer> => {
  const state: KeyServer['state'] = { keys, status: 200, asked: 0, body: null };
  const server = createServer((_request, reply) => {
    state.asked += 1;
    reply
      .writeHead(state.status, { 'content-type': 'application/json', location: '/elsewhere' })
      .end(state.body ?? JSON.stringify({ keys: state.keys }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/certs`,
    state,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
