import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { deploymentOf } from '../../support/http/api-samples.ts';
import { problem } from '../../support/program/fake-helper.ts';
import { type CliResult, runCli } from '../../support/program/run-cli.ts';

const WITHIN_MS = 10_000;
/** Longer than any test: whoever waits for it polls. */
const NEVER_MS = 600_000;

/** A helper that streams events to one client, and counts what it is asked. */
let server: Server;
let streams: { readonly response: ServerResponse; readonly lastId: string | undefined }[];
let reads: URLSearchParams[];
let deployments: DeploymentView[];
let eventStatus: number;
let readStatus: number;
beforeEach(async () => {
  streams = [];
  reads = [];
  deployments = [deploymentOf({ id: 'one', state: 'updating' })];
  eventStatus = 200;
  readStatus = 200;
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const refuse = (status: number): void => {
      response.writeHead(status, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify(problem(status, 'x', `answers ${status}`).body));
    };
    if (url.pathname !== '/api/v1/events') {
      reads.push(url.searchParams);
      if (readStatus !== 200) return refuse(readStatus);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ items: deployments, next: null }));
      return;
    }
    if (eventStatus !== 200) return refuse(eventStatus);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('retry: 2000\n\n');
    const lastId = request.headers['last-event-id'];
    streams.push({ response, lastId: typeof lastId === 'string' ? lastId : undefined });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const until = (what: string, check: () => boolean): Promise<unknown> =>
  waitUntil(async () => check() || null, { what, withinMs: WITHIN_MS, everyMs: 5 });

type Following = { readonly stop: () => Promise<CliResult> };
const follow = (pollMs: number, ...more: readonly string[]): Following => {
  const stop = new AbortController();
  const { port } = server.address() as AddressInfo;
  const argv = ['deployments', '--follow', '--json', '--url', `http://127.0.0.1:${port}`, ...more];
  const ended = runCli(argv, { signal: stop.signal, pollMs });
  return {
    stop: async () => {
      stop.abort(new Error('Ctrl-C'));
      return ended;
    },
  };
};
/** Resolves when it is on its way, and whoever reads has had turns to do so. */
const send = async (event: string): Promise<void> => {
  await new Promise((resolve) => {
    streams.at(-1)?.response.write(`id: p-${event}\nevent: ${event}\ndata: {}\n\n`, resolve);
  });
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
};
const statesOf = ({ out }: CliResult): readonly string[] =>
  out
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as DeploymentView).state);

it('reads when an event says so, and at no other time', async () => {
  const following = follow(NEVER_MS);
  await until('it listens', () => streams.length === 1 && reads.length === 1);
  // Sent one by one, they come one by one: none may lead to a read.
  for (let count = 0; count < 20; count += 1) await send('delivery');
  deployments = [deploymentOf({ id: 'one', state: 'succeeded' })];
  await send('deployment');
  await until('it has read', () => reads.length === 2);
  await send('reset');
  await until('it has read again', () => reads.length === 3);
  const result = await following.stop();
  expect(statesOf(result)).toEqual(['updating', 'succeeded']);
  expect(result.status).toBe(0);
  expect(reads.length).toBe(3);
  expect(reads[1]?.get('since')).toBe(deployments[0]?.queuedAt);
});

it('goes on after a break from the event that it had last', async () => {
  const following = follow(1);
  await until('it listens', () => streams.length === 1);
  await send('deployment');
  await until('it has read', () => reads.length > 1);
  streams[0]?.response.end();
  await until('it listens again', () => streams.length === 2);
  expect(streams[1]?.lastId).toBe('p-deployment');
  await following.stop();
});

it.each([404, 501, 503])('asks at an interval where the events answer %i', async (status) => {
  eventStatus = status;
  const following = follow(1);
  await until('it reads', () => reads.length > 3);
  deployments = [deploymentOf({ id: 'one', state: 'failed' })];
  const before = reads.length;
  await until('it reads on', () => reads.length > before + 1);
  expect(statesOf(await following.stop())).toEqual(['updating', 'failed']);
});

it('bears a helper that is away for a while, and says so once', async () => {
  eventStatus = 404;
  const following = follow(1);
  await until('it reads', () => reads.length > 1);
  readStatus = 503;
  const before = reads.length;
  await until('it tries', () => reads.length > before + 3);
  readStatus = 200;
  deployments = [deploymentOf({ id: 'one', state: 'succeeded' })];
  const after = reads.length;
  await until('it reads on', () => reads.length > after + 1);
  const result = await following.stop();
  expect(statesOf(result)).toEqual(['updating', 'succeeded']);
  expect(result.err).toBe('answers 503; trying again\n');
});

it('ends where it is refused', async () => {
  const { port } = server.address() as AddressInfo;
  readStatus = 401;
  const argv = ['deployments', '--follow', '--url', `http://127.0.0.1:${port}`];
  const { status, err } = await runCli(argv, { pollMs: 1 });
  expect([status, err]).toEqual([1, expect.stringContaining('requires a token')]);
});

it('tells only changes to the state that is asked for', async () => {
  const following = follow(NEVER_MS, '--state', 'failed');
  await until('it listens', () => streams.length === 1);
  deployments = [deploymentOf({ id: 'one', state: 'failed' })];
  await send('deployment');
  await until('it has read', () => reads.length === 2);
  expect(reads[1]?.has('state')).toBe(false);
  expect(statesOf(await following.stop())).toEqual(['failed']);
});
