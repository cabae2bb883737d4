import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../../../src/http/server.ts';
import { createMemoryPorts } from '../../support/work/memory-ports.ts';
import { sendRaw } from '../../support/proxies/raw-http.ts';

const PAGE = '<!doctype html><script type="module" src="./assets/index-1a2b.js"></script>';
const SCRIPT = 'export const x = 1;\n'.repeat(200);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
  mkdirSync(join(folder, 'web/assets'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'not ours to show');
  for (const [name, text] of [
    ['index.html', PAGE],
    ['assets/index-1a2b.js', SCRIPT],
    ['assets/index-1a2b.css', 'a{}'],
  ] as const) {
    writeFileSync(join(folder, 'web', name), text);
    if (name.endsWith('.css')) continue;
    writeFileSync(join(folder, 'web', `${name}.br`), brotliCompressSync(text));
    writeFileSync(join(folder, 'web', `${name}.gz`), gzipSync(text));
  }
  writeFileSync(join(folder, 'web/assets/packed-1a2b.js.gz'), gzipSync(SCRIPT));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let server: FastifyInstance | undefined;
afterEach(() => server?.close());

const start = async (basePath: string, isBuilt = true): Promise<string> => {
  const dashboard = isBuilt ? join(folder, 'web') : null;
  server = await createServer(createMemoryPorts({ basePath, dashboard }).deps);
  return server.listen({ host: '127.0.0.1', port: 0 });
};

describe.each(['', '/cd-helper'])('under %j', (basePath) => {
  it('the page is shown to everybody, with what keeps it safe, and asked for anew', async () => {
    const origin = await start(basePath);
    const answer = await fetch(`${origin}${basePath}/`, { headers: { 'accept-encoding': 'br' } });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe(PAGE);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('content-encoding')).toBe('br');
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    expect(answer.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it.each([
    ['br', 'br'],
    ['gzip, deflate', 'gzip'],
    ['identity', null],
  ])('assets come compressed as %s allows, for ever', async (accepted, encoding) => {
    const origin = await start(basePath);
    const address = `${origin}${basePath}/assets/index-1a2b.js`;
    const answer = await fetch(address, { headers: { 'accept-encoding': accepted } });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe(SCRIPT);
    expect(answer.headers.get('content-type')).toMatch(/javascript; charset=utf-8$/);
    expect(answer.headers.get('content-encoding')).toBe(encoding);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('vary')).toMatch(/accept-encoding/i);
  });

  it.each([
    ['br, gzip', 'gzip'],
    ['identity', null],
  ])('an asset that is there only compressed comes as %s allows', async (accepted, encoding) => {
    const origin = await start(basePath);
    const headers = { 'accept-encoding': accepted };
    const answer = await fetch(`${origin}${basePath}/assets/packed-1a2b.js`, { headers });
    expect([answer.status, await answer.text()]).toEqual([200, SCRIPT]);
    expect(answer.headers.get('content-encoding')).toBe(encoding);
    expect(answer.headers.get('content-type')).toMatch(/javascript; charset=utf-8$/);
  });

  it('an asset that was not compressed comes as it is', async () => {
    const origin = await start(basePath);
    const answer = await fetch(`${origin}${basePath}/assets/index-1a2b.css`);
    expect([answer.status, await answer.text()]).toEqual([200, 'a{}']);
  });

  it.each([
    'assets/none.js',
    'assets/',
    'assets',
    'index.html',
    'assets/..%2f..%2fsecret.txt',
    'assets/../../secret.txt',
    'assets/%2e%2e/%2e%2e/secret.txt',
    'assets/%00',
    'assets//index-1a2b.js',
  ])('nothing else is found: %s', async (path) => {
    const origin = await start(basePath);
    const { port, host } = new URL(origin);
    const answer = await sendRaw(
      Number(port),
      `GET ${basePath}/${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
    expect([400, 403, 404]).toContain(answer.status);
    expect(answer.head.toLowerCase()).toContain('application/problem+json');
    expect(answer.body).not.toContain('not ours to show');
  });

  it('is only read', async () => {
    const origin = await start(basePath);
    for (const path of ['/', '/assets/index-1a2b.js']) {
      const { status, headers } = await fetch(`${origin}${basePath}${path}`, { method: 'POST' });
      expect([status, headers.get('allow')]).toEqual([405, expect.stringContaining('GET')]);
    }
  });
});

it('the base path without its slash leads to the page', async () => {
  const origin = await start('/cd-helper');
  const answer = await fetch(`${origin}/cd-helper?x=1`, { redirect: 'manual' });
  expect([answer.status, answer.headers.get('location')]).toEqual([302, '/cd-helper/']);
});

it('where it was not built it says so, and all else works', async () => {
  const origin = await start('', false);
  const answer = await fetch(`${origin}/`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({
    type: 'urn:cd-helper:problem:not-built',
    detail: 'the dashboard is not built: run ./dev build',
  });
  expect((await fetch(`${origin}/assets/index-1a2b.js`)).status).toBe(404);
  expect((await fetch(`${origin}/healthz`)).status).toBe(200);
});
