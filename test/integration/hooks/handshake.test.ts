import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServer } from '../../../src/http/server.ts';
import { createMemoryPorts, HOOK_SECRET } from '../../support/work/memory-ports.ts';

let server: FastifyInstance;
let ports: ReturnType<typeof createMemoryPorts>;
let url: string;
beforeEach(async () => {
  ports = createMemoryPorts({ basePath: '/cd' });
  server = await createServer(ports.deps);
  await server.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}/cd`;
});
afterEach(() => server.close());

const ask = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${url}${path}`, { method: 'OPTIONS', headers });

const PATH = `/hooks/${HOOK_SECRET}`;
const ORIGIN = { 'webhook-request-origin': 'eventgrid.azure.net' };

describe('the handshake of CloudEvents', () => {
  it.each([
    ['at the address with the secret', PATH, {}],
    ['with a slash behind', `${PATH}/`, {}],
    ['with the secret in a header', '/hooks', { authorization: `Bearer ${HOOK_SECRET}` }],
  ])('is answered %s', async (_name, path, headers) => {
    const answer = await ask(path, { ...ORIGIN, ...headers });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('webhook-allowed-origin')).toBe('eventgrid.azure.net');
    expect(answer.headers.get('allow')).toBe('POST');
    expect(answer.headers.has('webhook-allowed-rate')).toBe(false);
    expect(await answer.text()).toBe('');
    expect(ports.accepted).toEqual([]);
  });

  it('grants the rate that is asked for, and more', async () => {
    const answer = await ask(PATH, { ...ORIGIN, 'webhook-request-rate': '120' });
    expect(answer.headers.get('webhook-allowed-rate')).toBe('*');
  });

  it.each([
    ['a wrong secret', '/hooks/wrong'],
    ['no secret', '/hooks'],
  ])('is refused with %s', async (_name, path) => {
    const answer = await ask(path, ORIGIN);
    expect(answer.status).toBe(401);
    expect(answer.headers.has('webhook-allowed-origin')).toBe(false);
  });

  it.each([
    '*',
    'a b',
    'evil.test/x',
    'https://evil.test',
    '10.0.0.1',
    `${'a'.repeat(64)}.test`,
    '',
  ])('is refused for the origin "%s"', async (origin) => {
    const answer = await ask(PATH, { 'webhook-request-origin': origin });
    expect([400, 405]).toContain(answer.status);
    expect(answer.headers.has('webhook-allowed-origin')).toBe(false);
  });

  it('without an origin is no handshake', async () => {
    const answer = await ask(PATH);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
  });

  it('calls no address that is offered for a later answer', async () => {
    let called = 0;
    const elsewhere = createHttpServer((_request, reply) => {
      called += 1;
      reply.end();
    }).listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const { port } = elsewhere.address() as AddressInfo;
    try {
      const callback = `http://127.0.0.1:${port}/confirm`;
      await ask(PATH, { ...ORIGIN, 'webhook-request-callback': callback });
      const body = [
        {
          id: '1',
          eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
          data: { validationCode: 'c0de', validationUrl: callback },
        },
      ];
      const answer = await fetch(`${url}${PATH}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'aeg-event-type': 'SubscriptionValidation' },
        body: JSON.stringify(body),
      });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ validationResponse: 'c0de' });
      await server.close();
      expect(called).toBe(0);
    } finally {
      elsewhere.close();
    }
  });
});
