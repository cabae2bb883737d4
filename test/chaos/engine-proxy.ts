import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceSpec } from '../support/fake-engine/spec.ts';

export type UpdateMoment = 'before' | 'after';

/**
 * What happens to the request or answer of an update. `drop` closes the connection without an answer, and `refuse`
 * answers a request with 503 instead of the engine.
 */
export type OnUpdate = (moment: UpdateMoment, body: Buffer) => Promise<'pass' | 'drop' | 'refuse'>;

/** An update that the engine accepted. */
export type AuditedUpdate = {
  readonly name: string;
  readonly image: string;
  /** Monotonic: when the engine's answer arrived. */
  readonly at: number;
};

export type EngineProxy = {
  readonly url: string;
  readonly updates: readonly AuditedUpdate[];
  /** Updates that the engine accepted. */
  readonly accepted: () => number;
  /** Updates that reached the engine, whatever it answered. */
  readonly asked: () => number;
  /** Called before an update is forwarded and, if the engine accepted it, before its answer is. */
  readonly setOnUpdate: (onUpdate: OnUpdate) => void;
  /** `act` runs before the first update whose spec contains `text` is forwarded. */
  readonly onUpdateOf: (text: string, act: () => Promise<void>) => void;
  readonly close: () => Promise<void>;
};

/** Swarmpit's requests have no API version. */
const UPDATE = /^(?:\/v[\d.]+)?\/services\/[^/]+\/update\?/;

const updateOf = (body: Buffer): AuditedUpdate => {
  const { Name, TaskTemplate } = JSON.parse(body.toString()) as ServiceSpec;
  return { name: Name, image: TaskTemplate.ContainerSpec.Image, at: performance.now() };
};

/**
 * Sits between the helper and the engine's socket, so that a test can end either of them exactly before or after an
 * update. The product's code does not know it. Every answer is delayed by `slowByMs`.
 */
export const startEngineProxy = async (
  engineSocket: string,
  socketPath: string,
  slowByMs = 0,
): Promise<EngineProxy> => {
  let onUpdate: OnUpdate = async () => 'pass';
  const acts = new Map<string, () => Promise<void>>();
  const updates: AuditedUpdate[] = [];
  let asked = 0;

  const actOn = async (body: Buffer): Promise<void> => {
    for (const [text, act] of acts) {
      if (!body.includes(text)) continue;
      acts.delete(text);
      await act();
    }
  };

  const handOn = async (from: IncomingMessage, to: ServerResponse): Promise<void> => {
    const isUpdate = from.method === 'POST' && UPDATE.test(from.url ?? '');
    const body = await buffer(from);
    await delay(slowByMs);
    if (isUpdate) await actOn(body);
    const fate = isUpdate ? await onUpdate('before', body) : 'pass';
    if (fate === 'drop') {
      from.socket.destroy();
      return;
    }
    if (fate === 'refuse') {
      to.writeHead(503, { 'content-type': 'application/json' });
      to.end(JSON.stringify({ message: 'the engine is busy' }));
      return;
    }
    if (isUpdate) asked += 1;
    const { host: _host, ...headers } = from.headers;
    const sent = request({
      socketPath: engineSocket,
      method: from.method,
      path: from.url,
      headers: { ...headers, host: 'engine' },
    });
    sent.end(body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const isAccepted = isUpdate && answer.statusCode === 200;
    if (isAccepted) {
      const said = await buffer(answer);
      updates.push(updateOf(body));
      if ((await onUpdate('after', body)) === 'drop') {
        from.socket.destroy();
        return;
      }
      to.writeHead(200, answer.headers).end(said);
      return;
    }
    to.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(to);
  };

  const server = createServer((from, to) => {
    handOn(from, to).catch(() => from.socket.destroy());
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    url: `unix://${socketPath}`,
    updates,
    accepted: () => updates.length,
    asked: () => asked,
    setOnUpdate: (next) => {
      onUpdate = next;
    },
    onUpdateOf: (text, act) => {
      acts.set(text, act);
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
};
