import { randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { type ChannelSettings, createChannels } from '../../../src/adapters/notify/channels.ts';
import type { FinalState } from '../../../src/core/contract/final-state.ts';
import { createTimeOrderedIds } from '../../../src/core/time-ordered-id.ts';
import { endDeployment, findDeployment } from '../../../src/store/deployments/deployments.ts';
import { recordIntent } from '../../../src/store/deployments/intents.ts';
import type { Store } from '../../../src/store/sqlite/open-store.ts';
import { openTestStore } from '../../support/store/open-test-store.ts';
import { queueDeployment } from '../../../src/store/deployments/queue-deployment.ts';
import { type Trigger } from '../../../src/store/deployments/triggers.ts';
import { queueRetry } from '../../../src/store/deployments/retries.ts';
import { keepNotifying, type NotifyTiming } from '../../../src/work/notify/notify.ts';
import { systemClock } from '../../../src/work/loop/system-clock.ts';
import { digestOfChar, makeService } from '../../support/work/make-service.ts';
import { createMemoryPorts } from '../../support/work/memory-ports.ts';
import { type Answer, type Received, startReceiver } from '../../support/notify/notify-receiver.ts';
import { basicsOf } from '../../support/notify/notify-samples.ts';

let folder: string;
let store: Store;
const newId = createTimeOrderedIds(Date.now, randomFillSync);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'notify-'));
  store = await openTestStore(join(folder, 'store.db'));
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What a crash of the process leaves: the file, opened anew. */
const restart = async (): Promise<void> => {
  await store.close();
  store = await openTestStore(join(folder, 'store.db'));
};

type Wanted = { service?: string; cluster?: string; stack?: string | null; triggers?: Trigger[] };

const PUSH: Trigger = { kind: 'hook', source: 'delivery-1' };

const queue = async ({
  service = 'web',
  cluster = 'production',
  stack = null,
  triggers = [PUSH],
}: Wanted = {}): Promise<string> =>
  store.db.transaction().execute(async (query) => {
    const wanted = {
      id: newId(),
      cluster,
      service: makeService({ id: `id-of-${service}`, name: service, stack }),
      image: { registry: 'docker.io', repository: 'acme/web', tag: 'v1' },
      from: digestOfChar('a'),
      to: digestOfChar('b'),
      cause: 'digest-differs' as const,
      triggers,
    };
    return (await queueDeployment(query, wanted, Date.now())).id;
  });

const LOG = ['connecting to the database', 'a line of a container'];

const end = async (id: string, state: FinalState = 'succeeded'): Promise<void> => {
  const isFailure = state === 'failed' || state === 'rolled-back';
  const failure = isFailure
    ? { message: 'task: non-zero exit (3)', node: null, nodeName: null, exitCode: 3, log: LOG }
    : null;
  const reason = isFailure ? 'image-unavailable' : null;
  await store.db
    .transaction()
    .execute((query) => endDeployment(query, id, { state, reason, failure }, Date.now()));
};

const TIMING: NotifyTiming = {
  everyMs: 5,
  quietMs: 60_000,
  longestMs: 120_000,
  backoff: { firstMs: 10, longestMs: 20 },
  giveUpMs: 60_000,
};

type Running = AsyncDisposable & { readonly logLines: readonly string[] };

/** Notifies until the end of its scope. */
const notify = (
  channels: readonly ChannelSettings[],
  timing: Partial<NotifyTiming> = {},
  timeoutMs = 5_000,
): Running => {
  const made = createChannels({ channels, source: 'urn:test', timeoutMs });
  const { deps, logLines } = createMemoryPorts();
  const stop = new AbortController();
  const running = keepNotifying(
    {
      channels: made.list,
      db: store.db,
      onChange: store.onChange,
      clock: systemClock,
      newId,
      random: Math.random,
      log: deps.log,
      keepMs: 3_600_000,
      timing: { ...TIMING, ...timing },
    },
    stop.signal,
  );
  return {
    logLines,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      await made.close();
    },
  };
};

const webhook = (url: string, change: Partial<ChannelSettings> = {}): ChannelSettings => ({
  ...basicsOf(url, change),
  type: 'webhook',
  secret: null,
});
const slack = (url: string, change: Partial<ChannelSettings> = {}): ChannelSettings => ({
  ...basicsOf(url, change),
  type: 'slack',
});

const deploymentOf = ({ body }: Received): string => (body as { id: string }).id;
const servicesOf = ({ body }: Received): readonly string[] =>
  [...(body as { text: string }).text.matchAll(/ (\S+) on /g)].map(([, name]) => name ?? '');

/** Resolves when nothing is left to be announced or sent. */
const settled = async (): Promise<void> => {
  await waitUntil(
    async () => {
      const pending = await store.db.selectFrom('notifications').select('deployment_id').execute();
      const waiting = await store.db
        .selectFrom('notification_messages')
        .select('id')
        .where('state', '=', 'waiting')
        .execute();
      return pending.length + waiting.length === 0 ? true : null;
    },
    { what: 'everything is told', withinMs: 10_000, everyMs: 5 },
  );
};

const messages = async () =>
  store.db
    .selectFrom('notification_messages')
    .select(['channel', 'state', 'attempts', 'last_error'])
    .orderBy('id')
    .execute();

test('what ended before a crash is told after it, once', async () => {
  await using receiver = await startReceiver();
  const id = await queue();
  await end(id);
  await restart();
  {
    await using _ = notify([webhook(receiver.url)]);
    await settled();
  }
  await restart();
  await using _ = notify([webhook(receiver.url)]);
  const next = await queue();
  await end(next);
  expect((await receiver.first(2)).map(deploymentOf)).toEqual([id, next]);
});

test('what was being sent when the helper stopped is sent again, as the same event', async () => {
  let isHung = true;
  await using receiver = await startReceiver((response) => {
    if (!isHung) response.end();
  });
  const id = await queue();
  await end(id);
  {
    await using _ = notify([webhook(receiver.url)]);
    await receiver.first(1);
  }
  await restart();
  isHung = false;
  await using _ = notify([webhook(receiver.url)]);
  await settled();
  expect(receiver.received.map(deploymentOf)).toEqual([id, id]);
  expect(receiver.received[1]?.raw).toEqual(receiver.received[0]?.raw);
});

test('a deployment that was not ended in the end is told of to nobody', async () => {
  const id = await queue();
  const undone = store.db.transaction().execute(async (query) => {
    const ended = { state: 'succeeded', reason: null, failure: null } as const;
    await endDeployment(query, id, ended, Date.now());
    throw new Error('crash');
  });
  await expect(undone).rejects.toThrow('crash');
  expect(await store.db.selectFrom('notifications').selectAll().execute()).toEqual([]);
});

test('one that hangs and one that answers 500 delay nobody', async () => {
  const hang: Answer = () => {};
  await using hanging = await startReceiver(hang);
  await using failing = await startReceiver((response) => {
    response.writeHead(500).end();
  });
  await using well = await startReceiver();
  const channels = [
    webhook(hanging.url, { name: 'hanging' }),
    webhook(failing.url, { name: 'failing' }),
    webhook(well.url, { name: 'well' }),
  ];
  await using _ = notify(channels, {}, 60_000);
  const ids = [];
  for (let i = 0; i < 10; i += 1) {
    const id = await queue({ service: `web${i}` });
    await end(id);
    ids.push(id);
  }
  await failing.first(2);
  const received = await well.first(10);
  expect(received.map(deploymentOf).toSorted()).toEqual(ids);
  // The other hangs with the first of them until the end.
  expect(hanging.received).toHaveLength(1);
});

test('one that fails is asked again until it takes it, and no other is asked twice', async () => {
  let tries = 0;
  await using flaky = await startReceiver((response) => {
    tries += 1;
    response.writeHead(tries < 4 ? 503 : 200).end();
  });
  await using well = await startReceiver();
  await using notifying = notify([
    slack(flaky.url, { name: 'flaky' }),
    slack(well.url, { name: 'well' }),
  ]);
  await end(await queue());
  await settled();
  expect(flaky.received).toHaveLength(4);
  expect(well.received).toHaveLength(1);
  expect(await messages()).toEqual([
    { channel: 'flaky', state: 'sent', attempts: 4, last_error: null },
    { channel: 'well', state: 'sent', attempts: 1, last_error: null },
  ]);
  expect(notifying.logLines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
});

test('a receiver that never takes it is given up at the deadline, and the log says so without its address', async () => {
  await using receiver = await startReceiver((response) => {
    response.writeHead(500).end();
  });
  await using notifying = notify([slack(`${receiver.url}/a-token-in-the-path`)], {
    giveUpMs: 2_000,
  });
  await end(await queue());
  await settled();
  const [message] = await messages();
  expect(message).toMatchObject({ state: 'failed', last_error: 'it answered 500' });
  expect(message?.attempts).toBeGreaterThan(1);
  expect(notifying.logLines.filter((line) => line.startsWith('error'))).toEqual([
    expect.stringMatching(/given up.*"problem":"it answered 500"/),
  ]);
  expect(notifying.logLines.join()).not.toMatch(/a-token|127\.0\.0\.1/);
});

test('a refusal is not repeated', async () => {
  await using receiver = await startReceiver((response) => {
    response.writeHead(403).end('invalid_token');
  });
  await using _ = notify([slack(receiver.url)]);
  await end(await queue());
  await settled();
  expect(await messages()).toMatchObject([
    { state: 'failed', attempts: 1, last_error: 'it answered 403 invalid_token' },
  ]);
});

test('a receiver that asks for a pause gets it, for all that waits', async () => {
  let isFirst = true;
  await using receiver = await startReceiver((response) => {
    response.writeHead(isFirst ? 429 : 200, { 'retry-after': '1' }).end();
    isFirst = false;
  });
  await using _ = notify([webhook(receiver.url)]);
  const ids = [await queue({ service: 'a' }), await queue({ service: 'b' })];
  for (const id of ids) await end(id);
  await settled();
  const [first, second] = receiver.received;
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(990);
  expect(new Set(receiver.received.map(deploymentOf))).toEqual(new Set(ids));
});

test('what one push led to is told in one message when the last of it has ended', async () => {
  await using receiver = await startReceiver();
  await using _ = notify([slack(receiver.url)]);
  const ids = [];
  for (const service of ['a', 'b', 'c']) ids.push(await queue({ service }));
  const other = await queue({
    service: 'z',
    triggers: [{ kind: 'person', source: 'oncall' }],
  });
  const [a = '', b = '', c = ''] = ids;
  await end(a);
  await end(b);
  await end(other);
  // Another's push is complete and told, so this one had its chance.
  expect((await receiver.first(1)).map(servicesOf)).toEqual([['z']]);
  await end(c, 'rolled-back');
  expect((await receiver.first(2)).map(servicesOf)).toEqual([['z'], ['a', 'b', 'c']]);
});

test('what is ready is told after a quiet while, however long the rest takes', async () => {
  await using receiver = await startReceiver();
  const ended = await queue({ service: 'fast' });
  await queue({ service: 'slow' });
  await end(ended);
  await using _ = notify([slack(receiver.url)], { quietMs: 50 });
  expect((await receiver.first(1)).map(servicesOf)).toEqual([['fast']]);
});

test('more than fits goes into several messages, and nothing is left out', async () => {
  await using receiver = await startReceiver();
  const services = Array.from({ length: 23 }, (_, i) => `s${i}`);
  const ids = [];
  for (const service of services) ids.push(await queue({ service }));
  for (const id of ids) await end(id);
  await using _ = notify([slack(receiver.url)]);
  const received = await receiver.first(3);
  expect(received.map((one) => servicesOf(one).length)).toEqual([10, 10, 3]);
  expect(received.flatMap(servicesOf)).toEqual(services);
});

const STATES: readonly FinalState[] = [
  'succeeded',
  'failed',
  'rolled-back',
  'superseded',
  'skipped',
];

test.each([
  ['everything but what changed nothing', {}, ['succeeded', 'failed', 'rolled-back']],
  ['the states that are named', { states: ['skipped', 'failed'] }, ['failed', 'skipped']],
  ['its cluster', { clusters: ['prod*'] }, ['succeeded', 'failed', 'rolled-back']],
  ['no other cluster', { clusters: ['qa'] }, []],
  ['its stack', { stacks: ['x', 'sh?p'] }, ['succeeded', 'failed', 'rolled-back']],
  ['no other stack', { stacks: ['other'] }, []],
  ['its service', { services: ['*-failed'] }, ['failed']],
] as const)('a channel is told %s', async (_, filter, expected) => {
  await using receiver = await startReceiver();
  await using all = await startReceiver();
  for (const state of STATES) {
    const id = await queue({ service: `web-${state}`, stack: 'shop' });
    await end(id, state);
  }
  await using notifying = notify([
    webhook(receiver.url, filter),
    webhook(all.url, { name: 'all', states: STATES }),
  ]);
  await all.first(STATES.length);
  await settled();
  expect(notifying.logLines.filter((line) => line.startsWith('error'))).toEqual([]);
  const states = receiver.received.map(
    ({ body }) => (body as { data: { customData: { state: string } } }).data.customData.state,
  );
  expect(states).toEqual(expected);
});

test('a service without a stack is in none', async () => {
  await using receiver = await startReceiver();
  await using _ = notify([webhook(receiver.url, { stacks: ['*'] })]);
  await end(await queue());
  await settled();
  expect(receiver.received).toEqual([]);
});

test('log lines of containers go only where they are asked for, and are not kept for others', async () => {
  await using without = await startReceiver();
  await using having = await startReceiver();
  await end(await queue(), 'failed');
  await using _ = notify([
    webhook(without.url, { name: 'without' }),
    webhook(having.url, { name: 'having', logs: true }),
  ]);
  const [one] = await without.first(1);
  const [other] = await having.first(1);
  expect(one?.raw.toString()).not.toContain('a line of a container');
  expect(other?.raw.toString()).toContain('a line of a container');
});

/** Ends a deployment as rolled back and queues its next attempt, as a rollout does in one commit. */
const endAndRetry = async (id: string, at = Date.now()): Promise<string> => {
  const ended = await findDeployment(store.db, id);
  if (ended === null) throw new Error('no deployment');
  const next = newId();
  const taken = { state: 'rolled-back', reason: 'image-unavailable', failure: null } as const;
  await store.db.transaction().execute(async (query) => {
    await endDeployment(query, id, taken, Date.now());
    await queueRetry(query, ended, next, at);
  });
  return next;
};

const LONG_AGO = Date.now() - 3_600_000;

test('the same failure tried again is no news, another end is', async () => {
  await using receiver = await startReceiver();
  await using _ = notify([webhook(receiver.url)]);
  const first = await queue();
  const second = await endAndRetry(first, LONG_AGO);
  const third = await endAndRetry(second, LONG_AGO);
  await end(third, 'succeeded');
  await settled();
  expect(receiver.received.map(deploymentOf)).toEqual([first, third]);
});

test('an attempt that waits for its time is not waited for', async () => {
  await using receiver = await startReceiver();
  await using _ = notify([webhook(receiver.url)]);
  const id = await queue();
  await endAndRetry(id);
  expect((await receiver.first(1)).map(deploymentOf)).toEqual([id]);
});

test('whoever led to it is named, and how long it took', async () => {
  await using receiver = await startReceiver();
  const id = await queue({ triggers: [{ kind: 'person', source: 'oncall' }] });
  const intent = {
    phase: 'forward',
    target: null,
    version: 1,
    forceUpdate: 0,
    at: Date.now() - 12_000,
    failed: null,
    refuted: false,
  } as const;
  await recordIntent(store.db, id, intent, Date.now() + 60_000);
  await end(id);
  await using _ = notify([slack(receiver.url)]);
  const [one] = await receiver.first(1);
  expect(one?.body).toMatchObject({
    text: expect.stringMatching(/ succeeded after 12 s\n.*\nby oncall$/s),
  });
});

test('with nobody to tell nothing piles up, and a channel that comes later hears no old news', async () => {
  await end(await queue());
  {
    await using _ = notify([]);
    await settled();
  }
  await using receiver = await startReceiver();
  await using _ = notify([webhook(receiver.url)]);
  const id = await queue({ service: 'later' });
  await end(id);
  await settled();
  expect(receiver.received.map(deploymentOf)).toEqual([id]);
});

test('what waits for a channel that is configured no more is given up', async () => {
  await using hanging = await startReceiver(() => {});
  await end(await queue());
  {
    await using _ = notify([webhook(hanging.url, { name: 'old' })]);
    await hanging.first(1);
  }
  await using other = await startReceiver();
  await using _ = notify([webhook(other.url, { name: 'new' })]);
  await settled();
  expect(await messages()).toMatchObject([
    { channel: 'old', state: 'failed', last_error: 'the channel is no longer configured' },
  ]);
});
