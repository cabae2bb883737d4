import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiStage, openApiStage, OPERATOR, VIEWER } from '../../support/http/api-stage.ts';
import { type EventReader, openEventReader } from '../../support/http/read-events.ts';

let stage: ApiStage;
const readers: EventReader[] = [];
beforeAll(async () => {
  stage = await openApiStage();
  const { engine, registry, image } = stage;
  for (const name of ['web', 'api']) {
    const digest = registry.setTag(`acme/${name}`, 'v1', 'one');
    engine.addService({ name, image: image(`acme/${name}`, 'v1', digest) });
  }
}, 60_000);
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close();
});
afterAll(() => stage.close());

const listen = async (
  headers: Readonly<Record<string, string>> = {},
  query = '',
): Promise<EventReader> => {
  const url = `${stage.helper().url}/api/v1/events${query}`;
  const reader = await openEventReader(url, { authorization: `Bearer ${VIEWER}`, ...headers });
  readers.push(reader);
  return reader;
};

const freeze = async (): Promise<void> => {
  await stage.ask('/api/v1/freezes', {
    method: 'POST',
    body: { reason: 'night', service: 'nobody' },
  });
};
const typesOf = ({ events }: EventReader) => events.map(({ type }) => type);

describe('who listens', () => {
  it('hears of a push from its delivery to its verified end', async () => {
    const reader = await listen();
    await reader.until('the reset', ({ length }) => length > 0);
    await stage.push('acme/web', 'two');
    const deployments = (): readonly unknown[] =>
      reader.events.filter(({ type }) => type === 'deployment').map(({ data }) => data);
    await reader.until('the end of the deployment', () => deployments().length >= 4);
    expect(typesOf(reader)[0]).toBe('reset');
    expect(deployments().map((data) => (data as { state: string }).state)).toEqual([
      'queued',
      'updating',
      'verifying',
      'succeeded',
    ]);
    for (const type of ['delivery', 'push', 'check', 'published', 'step']) {
      expect(typesOf(reader)).toContain(type);
    }
    expect(reader.text().startsWith('retry: 2000\n\n')).toBe(true);
    const { headers } = reader;
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-encoding')).toBeNull();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('goes on where it broke off: nothing is missing and nothing comes twice', async () => {
    const steady = await listen();
    const first = await listen();
    await Promise.all([freeze(), freeze()]);
    await first.until('what was done', ({ length }) => length > 4);
    first.close();
    const heard = [...first.events];
    await freeze();
    const byHeader = await listen({ 'last-event-id': heard.at(-1)?.id ?? '' });
    const byQuery = await listen({}, `?lastEventId=${heard.at(-1)?.id ?? ''}`);
    await freeze();
    await steady.until('all', ({ length }) => length >= 9);
    const wanted = steady.events.length - heard.length;
    for (const reader of [byHeader, byQuery]) {
      await reader.until('the rest', ({ length }) => length >= wanted);
      expect([...heard, ...reader.events]).toEqual(steady.events);
    }
  });

  it('is told to begin anew after a restart', async () => {
    const before = await listen();
    await before.until('the reset', ({ length }) => length > 0);
    await stage.restart();
    await before.ended;
    const after = await listen({ 'last-event-id': before.events.at(-1)?.id ?? '' });
    await after.until('the reset', ({ length }) => length > 0);
    expect(typesOf(after)).toEqual(['reset']);
    expect(after.events[0]?.id).not.toBe(before.events[0]?.id);
  });

  it('needs to be signed in, with any role', async () => {
    for (const [authorization, status] of [
      [`Bearer ${VIEWER}`, 200],
      [`Bearer ${OPERATOR}`, 200],
      ['Bearer wrong', 401],
    ] as const) {
      expect((await listen({ authorization })).status).toBe(status);
    }
    expect((await stage.ask('/api/v1/events', { token: null })).status).toBe(401);
    expect((await stage.ask('/api/v1/events', { method: 'HEAD' })).status).toBe(405);
  });

  it('hears nothing more once it has signed out', async () => {
    const ours = { 'x-cd-helper': 'dashboard' };
    const asked = { method: 'POST', token: null, body: { token: VIEWER }, headers: ours };
    const { headers } = await stage.ask('/api/v1/session', asked);
    const cookie = (headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const url = `${stage.helper().url}/api/v1/events`;
    const reader = await openEventReader(url, { cookie });
    readers.push(reader);
    await reader.until('the reset', ({ length }) => length > 0);
    await stage.ask('/api/v1/session', {
      method: 'DELETE',
      token: null,
      headers: { cookie, ...ours },
    });
    await freeze();
    await reader.ended;
    expect(typesOf(reader)).toEqual(['reset']);
  });

  it('may say whatever it likes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ maxLength: 200 }),
        fc.string({ unit: 'binary', maxLength: 200 }),
        async (header, query) => {
          const { status } = await stage.ask(
            `/api/v1/events?lastEventId=${encodeURIComponent(query.toWellFormed())}`,
            { headers: { 'last-event-id': header.trim() } },
          );
          expect([200, 400]).toContain(status);
        },
      ),
      { numRuns: 40 },
    );
  });
});

it('a helper that is told to stop waits for nobody who listens', async () => {
  const reader = await listen();
  await reader.until('the reset', ({ length }) => length > 0);
  expect(await stage.helper().stop()).toBe(0);
  await reader.ended;
  await stage.restart();
});
