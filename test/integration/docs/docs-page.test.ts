import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { createServer } from '../../../src/http/server.ts';
import { createMemoryPorts } from '../../support/work/memory-ports.ts';

let server: FastifyInstance | undefined;
afterEach(() => server?.close());

const start = async (basePath: string): Promise<string> => {
  server = await createServer(createMemoryPorts({ basePath }).deps);
  return `${await server.listen({ host: '127.0.0.1', port: 0 })}${basePath}`;
};

describe.each(['', '/cd-helper'])('the page of the API under %j', (basePath) => {
  it.each(['/docs', '/docs/'])('at %s is made of our own files, all there', async (path) => {
    const base = await start(basePath);
    const page = await fetch(base + path);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const html = await page.text();
    const parts = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part = '']) => part);
    expect(parts.length).toBeGreaterThan(5);
    for (const part of parts) {
      const address = new URL(part, base + path);
      expect(address.origin).toBe(new URL(base).origin);
      const answer = await fetch(address);
      expect(answer.status, address.href).toBe(200);
      await answer.arrayBuffer();
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
    // Scripts and styles are files: nothing in the page itself runs.
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|style="|onload=/);
    const dashboard = await fetch(`${base}/`);
    await dashboard.text();
    for (const name of ['content-security-policy', 'x-frame-options']) {
      expect(page.headers.get(name)).toBe(dashboard.headers.get(name));
    }
  });

  it('shows the description that the helper gives', async () => {
    const base = await start(basePath);
    const [shown, told] = await Promise.all(
      ['/docs/json', '/openapi.json'].map(async (path) => (await fetch(base + path)).json()),
    );
    expect(shown).toEqual(told);
  });
});
