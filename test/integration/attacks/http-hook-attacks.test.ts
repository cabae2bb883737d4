import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../../../src/http/server.ts';
import { createMemoryPorts, HOOK_SECRET, OPERATOR_TOKEN } from '../../support/work/memory-ports.ts';
import { type RawAnswer, sendRaw } from '../../support/proxies/raw-http.ts';

const ports = createMemoryPorts();
const server = await createServer(ports.deps);
/** One that waits for nobody, for those who are slow on purpose. */
const hastyPorts = createMemoryPorts();
const hasty = await createServer(hastyPorts.deps, {
  headersTimeout: 300,
  requestTimeout: 600,
  checkInterval: 50,
});
let port = 0;
let hastyPort = 0;
/** Everything that ever left the servers, to be searched for the secret at the end. */
const said: string[] = [];

beforeAll(async () => {
  await server.listen({ host: '127.0.0.1', port: 0 });
  await hasty.listen({ host: '127.0.0.1', port: 0 });
  ({ port } = server.server.address() as AddressInfo);
  ({ port: hastyPort } = hasty.server.address() as AddressInfo);
});

afterEach(async () => {
  // Whatever was tried: the process is unharmed and the next sender is served.
  const body = '{"image":"acme/app:v1"}';
  const { status } = await raw(
    head(`/hooks/${HOOK_SECRET}`, { 'content-length': body.length }),
    body,
  );
  expect(status).toBe(202);
  ports.accepted.length = 0;
});

afterAll(async () => {
  await Promise.all([server.close(), hasty.close()]);
});

const rawTo = async (target: number, ...parts: string[]): Promise<RawAnswer> => {
  const answer = await sendRaw(target, ...parts);
  said.push(answer.head, answer.body);
  return answer;
};

const raw = (...parts: string[]): Promise<RawAnswer> => rawTo(port, ...parts);
const rawToHasty = (...parts: string[]): Promise<RawAnswer> => rawTo(hastyPort, ...parts);

const head = (
  path: string,
  headers: Record<string, string | number> = {},
  method = 'POST',
): string =>
  [
    `${method} ${path} HTTP/1.1`,
    'Host: helper',
    ...Object.entries({ 'content-type': 'application/json', ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    ),
    '',
    '',
  ].join('\r\n');

const PATH = `/hooks/${HOOK_SECRET}`;

const post = (body: string, headers: Record<string, string | number> = {}) =>
  raw(head(PATH, { 'content-length': Buffer.byteLength(body), ...headers }), body);

const expectProblem = (answer: RawAnswer, status: number, code: string, detail: RegExp): void => {
  expect(answer.status).toBe(status);
  expect(answer.head.toLowerCase()).toContain('content-type: application/problem+json');
  const problem = JSON.parse(answer.body);
  expect(problem).toMatchObject({ type: `urn:cd-helper:problem:${code}`, status });
  expect(problem.detail).toMatch(detail);
  expect([...ports.accepted, ...hastyPorts.accepted]).toEqual([]);
};

describe('bodies', () => {
  it.each([
    ['garbage', 'this is not JSON', 'malformed-json', /line 1 column 1\b/],
    ['a comma too many', '{"image": "acme/app",}', 'malformed-json', /line 1 column 22\b/],
    ['an error on a later line', '{\n  "image": acme\n}', 'malformed-json', /line 2 column 12\b/],
    ['an end too early', '{"image": "acme/a', 'malformed-json', /line 1 column 11\b/],
    ['nothing but spaces', '   ', 'malformed-json', /line 1 column 4\b/],
    ['nothing known', '{"hello":"world"}', 'no-sender-recognised', /docker-hub.*generic/],
    ['a text', '"acme/app:v1"', 'no-sender-recognised', /Looked for/],
    ['deep nesting', `${'['.repeat(100_000)}1${']'.repeat(100_000)}`, 'too-deep', /64/],
    ['deep nesting that never ends', '{"a":'.repeat(40_000), 'too-deep', /64/],
    [
      'too many pushes',
      JSON.stringify(Array.from({ length: 101 }, (_, n) => ({ image: `a/b:${n}` }))),
      'too-many-pushes',
      /101.*100/,
    ],
  ])('%s', async (_name, body, code, detail) => {
    expectProblem(await post(body), 400, code, detail);
  });

  it('brackets in texts are no nesting', async () => {
    const { status } = await post(
      JSON.stringify({ image: 'acme/app:v1', note: `\\"${'['.repeat(500)}` }),
    );
    expect(status).toBe(202);
  });

  it.each([
    ['__proto__', '{"__proto__":{"image":"evil/app","polluted":1},"image":"acme/app:v1"}'],
    ['constructor', '{"constructor":{"prototype":{"polluted":1}},"image":"acme/app:v1"}'],
    ['an escaped __proto__', '{"\\u005f_proto__":{"polluted":1},"image":"acme/app:v1"}'],
    ['__proto__ of a list', '[{"__proto__":{"tag":"v9","polluted":1},"image":"acme/app:v1"}]'],
    [
      '__proto__ in a sender’s own form',
      '{"push_data":{"__proto__":{"tag":"v9","polluted":1},"tag":"v1"},"repository":{"repo_name":"acme/app"}}',
    ],
  ])('%s means nothing', async (_name, body) => {
    const { status, body: answer } = await post(body);
    expect(status).toBe(202);
    expect(JSON.parse(answer)).toMatchObject({ pushes: [{ image: 'docker.io/acme/app:v1' }] });
    expect(ports.accepted[0]?.pushes).toHaveLength(1);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it.each([
    ['nothing but a __proto__', '{"__proto__":{"image":"evil/app:v1"}}'],
    ['a sender’s form in a __proto__', '{"__proto__":{"push_data":{"tag":"v1"},"repository":{}}}'],
  ])('%s is nobody’s', async (_name, body) => {
    expectProblem(await post(body), 400, 'no-sender-recognised', /Looked for/);
  });

  it('no body', async () => {
    expectProblem(await raw(head(PATH)), 400, 'no-body', /no body/);
    expectProblem(await raw(head(PATH, { 'content-length': 0 })), 400, 'no-body', /no body/);
    expectProblem(
      await raw('POST ' + PATH + ' HTTP/1.1\r\nHost: h\r\n\r\n'),
      400,
      'no-body',
      /no body/,
    );
  });

  it('not UTF-8', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}${PATH}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Uint8Array.of(0x22, 0xff, 0xfe, 0x22),
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ type: 'urn:cd-helper:problem:not-utf-8' });
  });

  it.each([
    ['300 KiB that say so', 300],
    ['9 MiB that say so', 9 * 1024],
  ])('%s', async (_name, kibibytes) => {
    const body = 'x'.repeat(kibibytes * 1024);
    expectProblem(await post(body), 413, 'body-too-large', /256 KiB/);
  });

  it('300 KiB in chunks that say nothing', async () => {
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const answer = await raw(
      head(PATH, { 'transfer-encoding': 'chunked' }),
      ...Array<string>(19).fill(chunk),
      '0\r\n\r\n',
    );
    expectProblem(answer, 413, 'body-too-large', /256 KiB/);
  });

  it('chunks without end', async () => {
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const parts = Array<string>(64).fill(chunk);
    const answer = await raw(head(PATH, { 'transfer-encoding': 'chunked' }), ...parts);
    expectProblem(answer, 413, 'body-too-large', /256 KiB/);
  });

  it('exactly 256 KiB are read', async () => {
    const frame = JSON.stringify({ image: 'acme/app:v1', pad: '' });
    const body = frame.replace('""', `"${'x'.repeat(256 * 1024 - frame.length)}"`);
    expect(Buffer.byteLength(body)).toBe(256 * 1024);
    expect((await post(body)).status).toBe(202);
    ports.accepted.length = 0;
    expect((await post(`${body} `)).status).toBe(413);
  });

  it('a compressed one is not unpacked', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}${PATH}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: gzipSync('x'.repeat(10_000_000)),
    });
    expect(answer.status).toBe(415);
    expect(await answer.json()).toMatchObject({ type: 'urn:cd-helper:problem:compressed' });
    expect(ports.accepted).toEqual([]);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'text/json',
    'jsonish',
    '; ;',
  ])('content type %s', async (type) => {
    const answer = await post('{"image":"acme/app:v1"}', { 'content-type': type });
    expectProblem(answer, 415, 'not-json', /application\/json/);
  });

  it("names the sender's setting for a form-encoded body", async () => {
    const answer = await post('payload=%7B%7D', {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    });
    expectProblem(answer, 415, 'not-json', /GitHub: Settings → Webhooks → Content type/);
  });

  it.each([
    [
      'https://ghcr.io/acme/app:v1',
      /^no image can be read\. https:\/\/ghcr\.io\/acme\/app:v1: an image has no scheme/,
    ],
    ['acme/app:v1,acme/app:v2', /acme\/app:v1,acme\/app:v2: one text names one image/],
  ])('the image %s of a script, which is told so', async (image, detail) => {
    expectProblem(await post(JSON.stringify({ image })), 400, 'no-image-readable', detail);
  });

  it('a body without content type', async () => {
    const text = `POST ${PATH} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}`;
    expectProblem(await raw(text), 415, 'not-json', /Content-Type/);
  });
});

describe('addresses', () => {
  it.each([
    [`/hooks//${HOOK_SECRET}`, 404],
    [`//hooks/${HOOK_SECRET}`, 404],
    [`/x/../hooks/${HOOK_SECRET}`, 404],
    [`/hooks/../hooks/${HOOK_SECRET}`, 404],
    [`/hooks/./${HOOK_SECRET}`, 404],
    [`/hooks/${HOOK_SECRET}/..`, 404],
    [`/hooks/%2e%2e/hooks/${HOOK_SECRET}`, 404],
    [`/hooks/..%2f${HOOK_SECRET}`, 401],
    [`/hooks/%2e%2e%2f${HOOK_SECRET}`, 401],
    [`/hooks/..%5c${HOOK_SECRET}`, 401],
    [`/hooks\\${HOOK_SECRET}`, 404],
    [`/hooks/${HOOK_SECRET}%252f`, 401],
    ['/hooks/__proto__', 401],
    ['/hooks/constructor', 401],
    [`/__proto__/${HOOK_SECRET}`, 404],
    ['/hooks/..%2f..%2fapi%2fv1%2fservices', 401],
    [`/hooks%2f${HOOK_SECRET}`, 404],
    [`/hooks/%2f${HOOK_SECRET}`, 401],
    [`/hooks/${HOOK_SECRET}%2f`, 401],
    [`/hooks/${HOOK_SECRET}%00`, 401],
    [`/hooks/${HOOK_SECRET}/x`, 404],
    [`/hooks/${HOOK_SECRET}//`, 404],
    [`/hooks/%zz${HOOK_SECRET}`, 400],
    [`/hooks/${HOOK_SECRET}%`, 400],
    [`/HOOKS/${HOOK_SECRET}`, 404],
    [`/hooks/${'x'.repeat(600)}`, 414],
    [`/hooks/${'x'.repeat(20_000)}`, 431],
    [`hooks/${HOOK_SECRET}`, 400],
  ])('%s is %i', async (path, status) => {
    const body = '{"image":"acme/app:v1"}';
    const answer = await raw(head(path, { 'content-length': body.length }), body);
    expect(answer.status).toBe(status);
    expect(answer.head.toLowerCase()).toContain('application/problem+json');
    expect(ports.accepted).toEqual([]);
  });

  it.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is 405', async (method) => {
    const answer = await raw(head(PATH, {}, method));
    expectProblem(answer, 405, 'method-not-allowed', /POST/);
    expect(answer.head.toLowerCase()).toContain('allow: post');
  });

  it('an unknown method is refused', async () => {
    expect((await raw(head(PATH, {}, 'BREW'))).status).toBe(400);
    expect((await raw(head(PATH, {}, 'PROPFIND'))).status).toBe(404);
  });
});

describe('connections', () => {
  it('that send their body slowly are ended with 408', async () => {
    const answer = await rawToHasty(head(PATH, { 'content-length': 100 }), '{"image":');
    expectProblem(answer, 408, 'too-slow', /too long/);
  });

  it('that send their headers slowly are ended with 408', async () => {
    expectProblem(
      await rawToHasty('POST /hooks/x HTTP/1.1\r\nHost: h\r\nX-'),
      408,
      'too-slow',
      /too long/,
    );
  });

  it('that send nothing are ended', async () => {
    expect((await rawToHasty('')).status).toBe(408);
  });

  it('that send no HTTP hear so', async () => {
    expectProblem(await raw('\u0016\u0003\u0001hello\r\n\r\n'), 400, 'malformed-request', /HTTP/);
  });

  it('that smuggle a second length are refused', async () => {
    const answer = await raw(
      head(PATH, { 'content-length': 2, 'transfer-encoding': 'chunked' }),
      '0\r\n\r\n',
    );
    expect(answer.status).toBe(400);
  });

  it('with a wrong secret are answered before their body is read', async () => {
    const answer = await raw(head('/hooks/wrong', { 'content-length': 100_000 }));
    expectProblem(answer, 401, 'wrong-secret', /Invalid or missing webhook secret/);
  });
});

it('bears any bytes for a body without a 5xx', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), async (body) => {
      const { status } = await post(body);
      expect([200, 202, 400]).toContain(status);
    }),
    { numRuns: 150 },
  );
});

it('never said or wrote the secret', async () => {
  const metrics = await fetch(`http://127.0.0.1:${port}/metrics`, {
    headers: { authorization: `Bearer ${OPERATOR_TOKEN}` },
  });
  const everything = [
    ...said,
    ...ports.logLines,
    ...hastyPorts.logLines,
    await metrics.text(),
  ].join('\n');
  expect(everything).toContain('delivery accepted');
  expect(everything).toContain('hook refused');
  expect(everything).toContain('cd_helper_deliveries_total{sender="generic",result="pushes"}');
  expect(everything).toContain('"secret":"main","status":413,"code":"body-too-large"');
  expect(everything).toMatch(/cd_helper_hook_refusals_total\{status="401"\} [1-9]/);
  expect(everything).toMatch(/cd_helper_hook_refusals_total\{status="415"\} [1-9]/);
  expect(everything).not.toContain(HOOK_SECRET);
  expect(everything).not.toContain(OPERATOR_TOKEN);
});
