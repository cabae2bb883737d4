import { randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { IssuedCertificate } from '../http/test-authority.ts';

export type TokenServer = {
  readonly realm: string;
  readonly close: () => Promise<void>;
};

const LIFE_SECONDS = 300;

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token that distribution's registry can verify: a signed JWT with its signer's certificate. */
const signToken = (signer: IssuedCertificate, claims: object): string => {
  const certificate = signer.cert.replaceAll(/-----[^-]+-----|\s/g, '');
  const header = { typ: 'JWT', alg: 'ES256', x5c: [certificate] };
  const text = `${encode(header)}.${encode(claims)}`;
  const key = { key: signer.key, dsaEncoding: 'ieee-p1363' as const };
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
};

/** Issues pull tokens to clients with the right password. */
export const startTokenServer = async (options: {
  /** Address to listen on; default: 127.0.0.1. */
  hostAddress?: string;
  /** The server's certificate for that address. */
  tls: IssuedCertificate;
  signer: IssuedCertificate;
  issuer: string;
  service: string;
  users: Readonly<Record<string, string>>;
}): Promise<TokenServer> => {
  const grant = (request: IncomingMessage): object | null => {
    const [, text = ''] = (request.headers.authorization ?? '').split(' ');
    const pair = Buffer.from(text, 'base64').toString();
    const [name = '', password] = pair.split(':');
    if (password === undefined || options.users[name] !== password) return null;
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const access = searchParams.getAll('scope').map((scope) => {
      const [type, repository] = scope.split(':');
      return { type, name: repository, actions: ['pull'] };
    });
    const now = Math.floor(Date.now() / 1000);
    const token = signToken(options.signer, {
      iss: options.issuer,
      sub: name,
      aud: options.service,
      nbf: now - 10,
      iat: now,
      exp: now + LIFE_SECONDS,
      jti: randomUUID(),
      access,
    });
    return { token, expires_in: LIFE_SECONDS };
  };

  const server = createServer(options.tls, (request, response) => {
    const granted = grant(request);
    response.writeHead(granted === null ? 401 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(granted ?? { details: 'incorrect username or password' }));
  });
  const { hostAddress = '127.0.0.1' } = options;
  server.listen(0, hostAddress);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    realm: `https://${hostAddress}:${port}/token`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
