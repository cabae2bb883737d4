import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/http/ports/limits.ts';
import { createServer } from '../../../src/http/server.ts';
import {
  createMemoryPorts,
  HOOK_SECRET,
  OPERATOR_TOKEN,
  VIEWER_TOKEN,
} from '../../support/work/memory-ports.ts';
import { sendRaw } from '../../support/proxies/raw-http.ts';

const ports = createMemoryPorts();
const server = await createServer(ports.deps, { ...LIMITS, failureDelay: 0 });
await server.listen({ host: '127.0.0.1', port: 0 });
const { port } = server.server.address() as AddressInfo;
afterAll(() => server.close());

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

/** Everything but the one right form, of secrets that are right, wrong or somebody else's. */
const FORMS: readonly string[] = [OPERATOR_TOKEN, VIEWER_TOKEN, HOOK_SECRET, 'wrong'].flatMap(
  (secret) => [
    secret,
    `Bearer${secret}`,
    `Bearer\t${secret}`,
    `Bearer, ${secret}`,
    `Bearer ${secret}, Bearer ${secret}`,
    `Bearer ${secret} x`,
    `Bearer "${secret}"`,
    `Bearer '${secret}'`,
    `Bearer ${secret}=`,
    `Bearer ${secret}%00`,
    `Bearer ${encodeURIComponent(`${secret}\n`)}`,
    `Bearer ${secret.toUpperCase()}`,
    `Bearer ${secret.slice(0, -1)}`,
    `Bearer ${secret}${secret}`,
    `Bearer ${Buffer.from(secret).toString('base64')}`,
    `Token ${secret}`,
    `Digest ${secret}`,
    `Negotiate ${secret}`,
    `Bearer-Token ${secret}`,
    basic(secret),
    basic(`operator:${secret}`),
    basic(`:${secret}`),
  ],
);

const PATHS = [
  '/api/v1/services',
  '/api/v1/events',
  '/metrics',
  '/api/v1/actions',
  '//api/v1/services',
];
const REFUSED = [400, 401, 403, 404, 429];

const ask = async (path: string, headers: readonly string[], method = 'GET') =>
  sendRaw(
    port,
    `${[`${method} ${path} HTTP/1.1`, 'Host: h', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`,
  );

describe('the API lets nobody in', () => {
  it.each(FORMS.map((form, index) => [index, form] as const))(
    'by form %i of a header',
    async (_index, form) => {
      for (const path of PATHS) {
        const { status } = await ask(path, [`Authorization: ${form}`]);
        expect(REFUSED, `${path} ${form.slice(0, 12)}`).toContain(status);
      }
    },
  );

  it.each<[string, string, readonly string[]]>([
    ['a parameter', `/api/v1/services?token=${OPERATOR_TOKEN}`, []],
    ['another parameter', `/api/v1/services?access_token=${OPERATOR_TOKEN}`, []],
    ['a user in the address', `http://x:${OPERATOR_TOKEN}@h/api/v1/services`, []],
    ['a cookie', '/api/v1/services', [`Cookie: token=${OPERATOR_TOKEN}`]],
    [
      'the cookie of a session',
      '/api/v1/services',
      [`Cookie: cd-helper-session=${OPERATOR_TOKEN}`],
    ],
    [
      'an id of a session that is none',
      '/api/v1/services',
      [`Cookie: cd-helper-session=${'a'.repeat(43)}`],
    ],
    [
      'many ids',
      '/api/v1/services',
      [
        `Cookie: ${Array.from({ length: 50 }, (_, n) => `cd-helper-session=${String(n).padStart(43, 'b')}`).join('; ')}`,
      ],
    ],
    ['a proxy’s header', '/api/v1/services', [`Proxy-Authorization: Bearer ${OPERATOR_TOKEN}`]],
    ['a key', '/api/v1/services', [`X-Api-Key: ${OPERATOR_TOKEN}`]],
    [
      'a rewritten address',
      '/healthz',
      ['X-Original-URL: /api/v1/services', 'X-Rewrite-URL: /api/v1/services'],
    ],
    ['a method that is overridden', '/api/v1/freezes', ['X-HTTP-Method-Override: DELETE']],
    [
      'two headers, the right one second',
      '/api/v1/services',
      ['Authorization: Bearer wrong', `Authorization: Bearer ${OPERATOR_TOKEN}`],
    ],
    [
      'an address that is trusted by itself',
      '/api/v1/services',
      ['X-Forwarded-For: 127.0.0.1', 'X-Real-IP: 127.0.0.1'],
    ],
  ])('by %s', async (_what, path, headers) => {
    const { status, body: text } = await ask(path, headers);
    if (path === '/healthz') expect(text).not.toContain('items');
    else expect(REFUSED).toContain(status);
  });

  it.each([
    '/api/v1/../api/v1/services',
    '/api/v1/%2e%2e/v1/services',
    '/API/v1/services',
    '/api/v1/services;x=y',
    '/api/v1/services%00',
    '/api/v1/services%2f',
    '/healthz/../api/v1/services',
    '/docs/../api/v1/services',
    '/docs/static/..%2f..%2fapi/v1/services',
    '/docs/static/%2e%2e%2f%2e%2e%2f%2e%2e%2fpackage.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%5c..%5c..%5cpackage.json',
    '/hooks/../api/v1/services',
    'http://evil.example/api/v1/services',
  ])('by the address %s', async (path) => {
    const { status, body: text } = await ask(path, []);
    expect([...REFUSED, 405, 503]).toContain(status);
    expect(text).not.toContain('"dependencies"');
  });
});

it('the right form is taken, whatever the case of its scheme and the spaces around it', async () => {
  for (const form of [
    `Bearer ${VIEWER_TOKEN}`,
    `bearer ${VIEWER_TOKEN}`,
    `BEARER   ${VIEWER_TOKEN}  `,
  ]) {
    expect((await ask('/api/v1/services', [`Authorization: ${form}`])).status).toBe(200);
  }
});

it('nosniff stands on every answer, and no secret in any', async () => {
  for (const path of [
    '/',
    '/nothing',
    '/healthz',
    '/metrics',
    '/docs',
    '/openapi.json',
    `/hooks/${HOOK_SECRET}`,
    '/api/v1/services',
    '/%',
    '/assets/x.js',
  ]) {
    const { head, body } = await ask(path, []);
    const text = `${head}\n${body}`;
    expect(text.toLowerCase(), path).toContain('x-content-type-options: nosniff');
    expect(text, path).not.toContain(HOOK_SECRET);
  }
});
