import type { AddressInfo } from 'node:net';
import * as fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServer } from '../../../src/http/server.ts';
import { createLog } from '../../../src/log/create-log.ts';
import { formForPeople } from '../../../src/log/form-for-people.ts';
import { createMemoryPorts, HOOK_SECRET, hookSecret } from '../../support/work/memory-ports.ts';

/** What would begin a line, colour a terminal, rewrite what stands before it, or run in a page. */
const HARMFUL = [
  'v1\n{"level":"info","msg":"sign-in accepted","actor":"root"}',
  'v1\r\nX-Injected: yes',
  '\u001b[2J\u001b]0;owned\u0007',
  '\u001b[31mred\u001b[0m',
  '\u009b31m',
  '\b\b\b\b',
  '\u202egnp.exe',
  '\u2028next',
  '\u0000',
  '<script>alert(1)</script>',
];

/** Everything but the line breaks that lines end with. */
const CONTROL = /(?!\n)[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

describe.each([false, true])('a log that is pretty: %s', (pretty) => {
  let server: FastifyInstance;
  let port: number;
  let written: string;
  beforeEach(async () => {
    written = '';
    const destination = { write: (line: string) => void (written += line) };
    const log = createLog({
      level: 'trace',
      form: pretty ? formForPeople(false) : undefined,
      secrets: [HOOK_SECRET],
      destination,
    });
    const secrets = [hookSecret('main', HOOK_SECRET, { repositories: ['docker.io/acme/*'] })];
    const { deps } = createMemoryPorts({
      log,
      hookSecrets: secrets,
      trustedProxies: ['127.0.0.0/8'],
    });
    server = await createServer(deps);
    await server.listen({ host: '127.0.0.1', port: 0 });
    ({ port } = server.server.address() as AddressInfo);
  });
  afterEach(() => server.close());

  const post = async (body: unknown, headers: Record<string, string> = {}, path = HOOK_SECRET) => {
    const answer = await fetch(`http://127.0.0.1:${port}/hooks/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };

  const expectHarmless = (lines: number): void => {
    expect(written.split('\n').filter((line) => line !== '')).toHaveLength(lines);
    expect(written).not.toMatch(CONTROL);
  };

  it.each(HARMFUL)('bears %j wherever it stands', async (text) => {
    const bodies = [
      { image: `acme/app:${text}` },
      { image: text },
      { image: 'acme/app', tag: text },
      { image: 'acme/app:v1', digest: text },
      { push_data: { tag: text }, repository: { repo_name: text } },
      { type: text, event_data: {} },
      { docker_url: text, updated_tags: [text] },
      { specversion: '1.0', type: text, source: text, id: text },
      { events: [{ id: text, action: text, target: { repository: text, tag: text } }] },
      `{"image": ${text}`,
    ];
    for (const body of bodies) {
      const { status, text: answer, headers } = await post(body);
      expect([200, 202, 400]).toContain(status);
      expect(answer).not.toMatch(CONTROL);
      expect(headers.get('content-type')).toMatch(/^application\/(?:problem\+)?json/);
    }
    expectHarmless(bodies.length);
  });

  it('bears it in headers and addresses', async () => {
    const header = 'x\t\u0085\u009b31m {"level":"info"}';
    await post({ image: 'acme/app:v1' }, { 'user-agent': header, 'x-github-delivery': header });
    await post({}, { 'x-github-event': header });
    await post({ image: 'acme/app:v1' }, { 'x-forwarded-for': 'x\u009b31m, "} {' });
    await post({ image: 'acme/app:v1' }, {}, encodeURIComponent('wrong\n\u001b[31m'));
    await post({ image: 'acme/app:v1' }, { 'content-type': `application/json; ${header}` });
    expectHarmless(5);
  });

  it('bears any text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 30 }), async (text) => {
        written = '';
        await post({ push_data: { tag: text }, repository: { repo_name: `acme/${text}` } });
        expectHarmless(1);
      }),
      { numRuns: 100 },
    );
  });
});
