import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/http/ports/limits.ts';
import { createServer } from '../../../src/http/server.ts';
import { createMemoryPorts, HOOK_SECRET, OPERATOR_TOKEN } from '../../support/work/memory-ports.ts';

type Ports = ReturnType<typeof createMemoryPorts>;

let ports: Ports;
let server: Awaited<ReturnType<typeof createServer>>;
let url: string;
const start = async (failureDelay: number): Promise<void> => {
  // The clock of the limit stands, so that nothing is forgiven however slow the machine is.
  ports = createMemoryPorts({ now: () => Date.UTC(2026, 0, 1), trustedProxies: ['127.0.0.0/8'] });
  server = await createServer(ports.deps, { ...LIMITS, failureDelay });
  await server.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
};
afterEach(() => server.close());

const JUNK = { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}`, 'x-github-event': 'package' };
const post = (path: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
const IMAGE = '{"image":"acme/web:v1"}';

describe('whoever guesses', () => {
  beforeEach(() => start(0));

  it('is counted whatever the request claims, and a right secret or token always gets in', async () => {
    const statuses = new Map<number, number>();
    for (let count = 0; count < 300; count += 1) {
      const { status } =
        count % 2 === 0
          ? await post('/hooks', '{"broken', JUNK)
          : await post('/hooks', IMAGE, { ...JUNK, 'content-type': 'text/plain' });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect(Object.fromEntries(statuses)).toEqual({ 400: 50, 415: 50, 429: 200 });
    expect((await post('/hooks/wrong', IMAGE)).status).toBe(429);
    expect((await post(`/hooks/${HOOK_SECRET}`, IMAGE)).status).toBe(202);
    const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };
    expect((await fetch(`${url}/api/v1/services`, { headers })).status).toBe(200);
    // One line for each of the first few of a minute; the rest come as a number when it is over.
    const refusals = ports.logLines.filter((line) => line.includes('hook refused'));
    expect(refusals.length).toBeLessThanOrEqual(40);
  });

  it('writes few lines, from however many addresses', async () => {
    for (let count = 0; count < 200; count += 1) {
      const from = { 'x-forwarded-for': `198.51.${count % 100}.${count}` };
      expect((await post('/hooks/wrong', IMAGE, from)).status).toBe(401);
    }
    expect(ports.logLines.length).toBeLessThanOrEqual(20);
  });

  it('gains nothing by the many addresses of one IPv6 network', async () => {
    const statuses = [];
    for (let count = 0; count < 101; count += 1) {
      const from = { 'x-forwarded-for': `2001:db8:1:2::${count.toString(16)}` };
      statuses.push((await post('/hooks/wrong', IMAGE, from)).status);
    }
    expect(statuses.slice(0, 100)).toEqual(Array(100).fill(401));
    expect(statuses[100]).toBe(429);
  });
});

describe('the more are wrong', () => {
  beforeEach(() => start(400));

  it('the later they are answered, and nobody else waits', async () => {
    const took = async (ask: () => Promise<Response>): Promise<number> => {
      const began = performance.now();
      await ask();
      return performance.now() - began;
    };
    const wrong = () => post('/hooks/wrong', IMAGE);
    await Promise.all(Array.from({ length: 98 }, wrong));
    const last = took(wrong);
    // It is answered while that still waits.
    expect((await post(`/hooks/${HOOK_SECRET}`, IMAGE)).status).toBe(202);
    expect(await last).toBeGreaterThan(300);
    await wrong();
    expect((await wrong()).status).toBe(429);
  });
});
