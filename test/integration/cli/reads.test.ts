import { createServer as createTcpServer } from 'node:net';
import { expect, test } from 'vitest';
import { deploymentOf, digestOf, serviceOf } from '../../support/http/api-samples.ts';
import { type FakeAnswer, problem, startFakeHelper } from '../../support/program/fake-helper.ts';
import { runCli } from '../../support/program/run-cli.ts';
import { inspectEngine } from '../../../src/wiring/inspect-engine.ts';

const page = (items: readonly unknown[], next: string | null = null): FakeAnswer => ({
  body: { items, next },
});

const SERVICES = [
  serviceOf({ name: 'web', stack: 'shop', verdict: 'obsolete', published: digestOf('b') }),
  serviceOf({ name: 'api', stack: 'shop' }),
  serviceOf({ name: 'cron', verdict: 'unknown', reason: 'tag-gone', published: null }),
];

const answerServices = ({ path }: { readonly path: string }): FakeAnswer =>
  path.endsWith('/services')
    ? page(SERVICES)
    : page([{ name: 'default', state: 'up', problem: null }]);

test('status: plain lines without a terminal, and 3 where something is unknown', async () => {
  await using helper = await startFakeHelper(answerServices);
  const { status, out } = await runCli(['status', '--url', `${helper.url}/`, '--token', 't0ken']);
  expect(out).toBe(
    [
      'CLUSTER  STACK  SERVICE  HEALTH  IMAGE         RUNNING → PUBLISHED          UP   AGE  VERDICT     REASON',
      'default  -      cron     ✓ ok    acme/cron:v1  aaaaaaaaaaaa                 2/2  2h   ? unknown   tag-gone',
      'default  shop   web      ✓ ok    acme/web:v1   aaaaaaaaaaaa → bbbbbbbbbbbb  2/2  2h   ↑ obsolete',
      'default  shop   api      ✓ ok    acme/api:v1   aaaaaaaaaaaa                 2/2  2h   ✓ current',
      '',
    ].join('\n'),
  );
  expect(status).toBe(3);
  expect(helper.requests[0]?.headers.authorization).toBe('Bearer t0ken');
});

const FAILING = serviceOf({
  name: 'pay',
  stack: 'shop',
  health: 'failing',
  healthReason: 'crash-loop',
  healthSince: '2026-01-01T09:56:00.000Z',
  restarts: 4,
  lastError: 'task: non-zero exit (3)',
  replicas: { running: 0, desired: 1 },
});
const HELD = serviceOf({
  name: 'cart',
  stack: 'shop',
  health: 'degraded',
  healthReason: 'task-failed',
  runsHeld: { digest: digestOf('a'), hold: 'left-by-person', heldSince: '2026-01-01T09:00:00Z' },
});

test('status: what fails comes first, with its reason, and is status 1 whatever is unknown', async () => {
  const services = [...SERVICES, serviceOf({ name: 'x', health: 'unknown' }), FAILING, HELD];
  await using helper = await startFakeHelper(({ path, ...rest }) =>
    path.endsWith('/services') ? page(services) : answerServices({ path, ...rest }),
  );
  const plain = await runCli(['status', '--url', helper.url]);
  expect(plain.out.split('\n').slice(1, 4)).toEqual([
    expect.stringMatching(/^default {2}shop {3}pay {6}✗ failing .*✓ current {3}crash-loop$/),
    expect.stringMatching(/^default {2}shop {3}cart {5}! degraded .*✓ current {3}task-failed$/),
    expect.stringMatching(/^default {2}shop {3}web .* ✓ ok .*↑ obsolete/),
  ]);
  expect(plain.status).toBe(1);
  expect(plain.err).toContain(
    'failing: pay: its tasks fail again and again: task: non-zero exit (3)\n',
  );
  expect(plain.err).toContain(
    'cart: somebody else deployed sha256:aaaaaaaaaaaa, which was rolled back by a person at 2026-01-01T09:00:00Z\n',
  );
  const wide = await runCli(['status', '--no-color', '--url', helper.url], { columns: 120 });
  expect(wide.out).toContain('6 services: 1 failing, 1 degraded, 4 current');
  expect(wide.out.split('\n')[1]).toBe('shop');
  expect((await runCli(['status', 'x', '--url', helper.url, '--json'])).status).toBe(3);
  expect((await runCli(['status', 'cart', '--url', helper.url, '--json'])).status).toBe(0);
});

test('status: the card of a failing service begins with what is wrong', async () => {
  await using helper = await startFakeHelper(({ path }) =>
    path.endsWith('/services')
      ? page([FAILING])
      : page(path.endsWith('/deployments') ? [] : [{ name: 'default', state: 'up' }]),
  );
  const { out, status } = await runCli(['status', 'pay', '--no-color', '--url', helper.url], {
    columns: 100,
  });
  const lines = out.split('\n');
  expect(lines[0]).toBe('pay  ✗ failing  ✓ current  cluster default, stack shop');
  expect(out.replaceAll(/\s+/g, ' ')).toMatch(
    /health its tasks fail again and again \(crash-loop\); since .*; 4 failed tasks in the last hour; last: task: non-zero exit \(3\)/,
  );
  expect(status).toBe(1);
});

test('status: filtered by health, which the helper does', async () => {
  await using helper = await startFakeHelper(answerServices);
  await runCli(['status', '--health', 'failing', '--url', helper.url]);
  expect(helper.requests[0]?.query).toMatchObject({ health: 'failing' });
  const wrong = await runCli(['status', '--health', 'bad', '--url', helper.url]);
  expect(wrong.status).toBe(2);
});

test('status: grouped by stack on a terminal, within its width', async () => {
  await using helper = await startFakeHelper(answerServices);
  const { out } = await runCli(['status', 'shop', '--no-color', '--url', helper.url], {
    columns: 74,
  });
  const lines = out.trimEnd().split('\n');
  expect(lines).toEqual([
    '  SERVICE  IMAGE        RUNNING → PUBLISHED          UP   AGE  VERDICT',
    'shop',
    '  web      acme/web:v1  aaaaaaaaaaaa → bbbbbbbbbbbb  2/2  2h   ↑ obsolete',
    '  api      acme/api:v1  aaaaaaaaaaaa                 2/2  2h   ✓ current',
    '',
    '2 services: 1 current, 1 obsolete',
  ]);
  const coloured = await runCli(['status', '--url', helper.url], { columns: 74 });
  expect(coloured.out).toContain('\u001b[33m↑ obsolete');
  const plain = await runCli(['status', '--url', helper.url], {
    columns: 74,
    env: { NO_COLOR: '1' },
  });
  expect(plain.out).not.toContain('\u001b');
});

test.each([
  [['status', 'WEB'], ['web'], 0],
  [['status', 'c*n'], ['cron'], 3],
  [['status', 'acme/api'], ['api'], 0],
  [['status', 'nothing*'], [], 0],
])('%j', async (argv, names, expected) => {
  await using helper = await startFakeHelper(answerServices);
  const { status, out } = await runCli([...argv, '--url', helper.url, '--json']);
  expect(JSON.parse(out).items.map(({ name }: { name: string }) => name)).toEqual(names);
  expect(status).toBe(expected);
});

test('status: filters are the helper’s', async () => {
  await using helper = await startFakeHelper(answerServices);
  const filters = { cluster: 'default', stack: 'shop', verdict: 'obsolete', image: 'acme/web:v1' };
  const argv = Object.entries(filters).flatMap(([name, value]) => [`--${name}`, value]);
  await runCli(['services', ...argv, '--url', helper.url]);
  expect(helper.requests[0]?.query).toMatchObject(filters);
  const wrong = await runCli(['status', '--cluster', 'prod', '--url', helper.url]);
  expect([wrong.status, wrong.err]).toEqual([2, expect.stringContaining('there are: default')]);
});

test('status: a cluster that is down is told, since its services are missing', async () => {
  await using helper = await startFakeHelper(({ path }) =>
    path.endsWith('/services')
      ? page([])
      : page([{ name: 'qa', state: 'down', problem: 'no route' }]),
  );
  const { status, err } = await runCli(['status', '--url', helper.url]);
  expect(err).toContain('cluster qa is down: no route');
  expect(err).toContain('its services cannot be shown now');
  expect(status).toBe(3);
  const act = await runCli(['rollback', 'web', '--url', helper.url]);
  expect([act.status, act.err]).toEqual([
    3,
    'cannot tell whether the service "web" exists\ncluster qa is down: no route\n',
  ]);
});

test('status: what is behind unknown is told once, and what to do', async () => {
  const away = {
    verdict: 'unknown',
    reason: 'unreachable',
    detail: 'registry.test: no route',
  } as const;
  const services = [
    serviceOf({ ...away, name: 'a' }),
    serviceOf({ ...away, name: 'b' }),
    serviceOf({ name: 'c', verdict: 'unknown', reason: 'not-checked' }),
    serviceOf({ name: 'web' }),
  ];
  await using helper = await startFakeHelper(({ path }) =>
    page(path.endsWith('/services') ? services : []),
  );
  const { err } = await runCli(['status', '--url', helper.url]);
  expect(err).toBe(
    'unknown: registry.test: no route\nnot checked yet: cd-helper smart-redeploy --dry-run asks the registries\n',
  );
  expect((await runCli(['status', 'we*', '--url', helper.url])).err).toBe('');
});

test('status --engine asks no helper', async () => {
  const asked: string[] = [];
  const { status, out } = await runCli(['status', '--engine', 'unix:///x', '--json'], {
    inspectEngine: async (url) => {
      asked.push(url);
      return [serviceOf({ name: 'web' })];
    },
  });
  expect([status, asked, JSON.parse(out).items.length]).toEqual([0, ['unix:///x'], 1]);
});

test.each([['status'], ['smart-redeploy --dry-run']])(
  '%s --engine tells in one line why an engine cannot be looked at',
  async (command) => {
    const at = (url: string) => runCli([...command.split(' '), '--engine', url], { inspectEngine });
    const away = await at('unix:///nowhere/docker.sock');
    expect(away).toMatchObject({ status: 1, out: '' });
    expect(away.err).toMatch(/^there is no socket at unix:\/\/\/nowhere\/docker\.sock.*\n$/);
    const wrong = await at('nowhere');
    expect(wrong).toMatchObject({ status: 2, out: '' });
    expect(wrong.err).toMatch(/^"nowhere" is not an address of a cluster.*\n$/);
  },
);

test('status: what one service is asked for by name, its status tells alone', async () => {
  const services = [
    serviceOf({ name: 'web' }),
    serviceOf({ name: 'web-old', verdict: 'unknown', reason: 'tag-gone' }),
  ];
  await using helper = await startFakeHelper(({ path }) =>
    path.endsWith('/services')
      ? page(services)
      : page(path.endsWith('/clusters') ? [{ name: 'default', state: 'up', problem: null }] : []),
  );
  const status = async (...argv: readonly string[]) =>
    (await runCli(['status', ...argv, '--url', helper.url])).status;
  expect(await status('web')).toBe(0);
  expect(await status('web*')).toBe(3);
  expect(await status('web', '--json')).toBe(3);
});

test('lists are read over all their pages, and no further than asked', async () => {
  await using helper = await startFakeHelper(({ query }) => {
    const at = Number(query['cursor'] ?? 0);
    const limit = Number(query['limit']);
    const items = Array.from({ length: Math.min(limit, 1_200 - at) }, (_, index) =>
      deploymentOf({ id: String(at + index) }),
    );
    const next = at + items.length;
    return page(items, next < 1_200 ? String(next) : null);
  });
  const all = await runCli(['deployments', '--limit', '5000', '--json', '--url', helper.url]);
  expect(JSON.parse(all.out).items).toHaveLength(1_200);
  expect(helper.requests).toHaveLength(3);
  const some = await runCli(['deployments', '--limit', '7', '--json', '--url', helper.url]);
  expect(JSON.parse(some.out).items).toHaveLength(7);
});

test('deployments: filters go to the helper, failures say why', async () => {
  await using helper = await startFakeHelper(() =>
    page([
      deploymentOf({
        id: 'x',
        state: 'rolled-back',
        reason: 'task-failed',
        failure: {
          message: 'task: non-zero exit (3)',
          node: 'n1',
          nodeName: null,
          exitCode: 3,
          log: [],
        },
      }),
    ]),
  );
  const { out } = await runCli([
    'deployments',
    '--state',
    'rolled-back',
    '--service',
    'web',
    '--url',
    helper.url,
  ]);
  expect(helper.requests[0]?.query).toEqual({ state: 'rolled-back', service: 'web', limit: '20' });
  expect(out).toMatch(
    /web .*aaaaaaaaaaaa → bbbbbbbbbbbb.*↩ rolled-back +12s +hook +task-failed: task: non-zero exit \(3\)/,
  );
});

test('deployments --follow tells each change once, until Ctrl-C', async () => {
  const stop = new AbortController();
  let asked = 0;
  const states = ['queued', 'updating', 'updating', 'succeeded'] as const;
  await using helper = await startFakeHelper(() => {
    const state = states[asked];
    asked += 1;
    if (state === undefined) stop.abort();
    return page([deploymentOf({ id: 'x', state: state ?? 'succeeded' })]);
  });
  const { status, out } = await runCli(['deployments', '-f', '--json', '--url', helper.url], {
    signal: stop.signal,
  });
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).state),
  ).toEqual(['queued', 'updating', 'succeeded']);
  expect(status).toBe(0);
});

test('history --json is a list as all others are, times as people say them', async () => {
  await using helper = await startFakeHelper(() =>
    page([deploymentOf({ id: 'a' }), deploymentOf({ id: 'b' })]),
  );
  const { out } = await runCli(['history', 'web', '--since', '2h', '--json', '--url', helper.url]);
  expect(JSON.parse(out).items.map(({ id }: { id: string }) => id)).toEqual(['a', 'b']);
  expect(helper.requests[0]?.query['service']).toBe('web');
  expect(helper.requests[0]?.query['since']).toBe(new Date(2026, 0, 1, 10).toISOString());
});

test('history --ndjson: every page, one deployment a line', async () => {
  await using helper = await startFakeHelper(({ query }) =>
    query['cursor'] === undefined
      ? page([deploymentOf({ id: 'c' }), deploymentOf({ id: 'b' })], 'more')
      : page([deploymentOf({ id: 'a' })]),
  );
  const { out, status } = await runCli(['history', '--ndjson', '--url', helper.url]);
  const lines = out.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).id)).toEqual(['c', 'b', 'a']);
  expect(helper.requests.map(({ query }) => [query['limit'], query['cursor']])).toEqual([
    ['500', undefined],
    ['500', 'more'],
  ]);
  expect(status).toBe(0);
});

test('deliveries: what came, and what became of it', async () => {
  const delivery = {
    id: 'd1',
    receivedAt: '2026-01-01T10:00:00.000Z',
    sender: 'docker-hub',
    secret: 'default',
    address: '10.0.0.1',
    status: 202,
    ignored: [],
    duplicateOf: null,
  };
  await using helper = await startFakeHelper(() =>
    page([
      {
        ...delivery,
        pushes: [{ image: 'docker.io/acme/web:v1', results: [] }],
        deployments: ['x'],
      },
      { ...delivery, pushes: [], ignored: [{ reason: 'not-a-push' }], deployments: [] },
      { ...delivery, pushes: [{ image: 'a', results: [] }], duplicateOf: 'd0', deployments: [] },
      {
        ...delivery,
        pushes: [{ image: 'a', results: [{ cluster: 'c', state: 'waiting', outcome: null }] }],
        deployments: [],
      },
    ]),
  );
  const { out } = await runCli(['deliveries', '--url', helper.url]);
  const outcomes = out.trimEnd().split('\n').slice(1);
  expect(outcomes[0]).toContain('docker.io/acme/web:v1  1 deployment');
  expect(outcomes[1]).toContain('ignored: not-a-push');
  expect(outcomes[2]).toContain('duplicate of d0');
  expect(outcomes[3]).toContain('waiting');
});

test('deliveries of one: what came in, and what each cluster made of it', async () => {
  const delivery = {
    id: 'd1',
    receivedAt: '2026-01-01T10:00:00.000Z',
    sender: 'docker-hub',
    secret: 'main',
    address: '10.0.0.1',
    status: 202,
    pushes: [
      {
        image: 'docker.io/acme/web:v1',
        digest: digestOf('a'),
        results: [
          { cluster: 'qa', state: 'done', outcome: 'deployed', detail: null, endedAt: null },
          { cluster: 'far', state: 'waiting', outcome: null, detail: 'it is down', endedAt: null },
        ],
      },
    ],
    ignored: [{ reason: 'no-tag', about: 'docker.io/acme/api' }],
    duplicateOf: null,
    deployments: ['x1'],
    headers: { 'user-agent': 'hub' },
    body: `{"tag":"\u001b[2Jv1"}${' '.repeat(3_000)}`,
  };
  await using helper = await startFakeHelper(({ path }) =>
    path === '/api/v1/deliveries/d1'
      ? { body: delivery }
      : problem(404, 'not-found', 'there is no such delivery'),
  );
  const { status, out } = await runCli(['deliveries', 'd1', '--url', helper.url]);
  expect(out).toContain(`push         docker.io/acme/web:v1 with ${digestOf('a')}\n`);
  expect(out).toMatch(/^ +qa {2}deployed\n +far {2}waiting: it is down$/m);
  expect(out).toContain('ignored      no-tag (docker.io/acme/api)\n');
  expect(out).toContain('story        cd-helper deployments x1\n');
  expect(out).toContain('header       user-agent: hub\n');
  expect(out).toContain('body         {"tag":"v1"}');
  expect(out).toMatch(/… \(3\d{3} characters; --json gives all\)\n/);
  expect(status).toBe(0);
  const whole = await runCli(['deliveries', 'd1', '--json', '--url', helper.url]);
  expect(JSON.parse(whole.out)).toEqual(delivery);
  const none = await runCli(['deliveries', 'd2', '--url', helper.url]);
  expect([none.status, none.err]).toEqual([2, 'there is no such delivery\n']);
});

test('history of one that was never deployed names it', async () => {
  await using helper = await startFakeHelper(({ path }) =>
    page(path === '/api/v1/services' ? [serviceOf({ name: 'new' })] : []),
  );
  const { err } = await runCli(['history', 'new', '--url', helper.url]);
  expect(err).toBe('nothing was deployed of "new"\n');
});

test('what a helper says cannot command the terminal', async () => {
  const evil = 'x\u001b[2J\nforged';
  await using helper = await startFakeHelper(({ path }) =>
    path.endsWith('/services')
      ? page([serviceOf({ name: evil, stack: evil, image: evil, reason: evil })])
      : page([{ name: evil, state: 'down', problem: evil }]),
  );
  for (const columns of [80, undefined]) {
    const { out, err } = await runCli(
      ['status', '--url', helper.url, '--no-color'],
      columns === undefined ? {} : { columns },
    );
    expect(`${out}${err}`).not.toContain('\u001b');
    expect(`${out}${err}`).not.toMatch(/^forged/m);
  }
});

test.each([
  ['no token', [], problem(401, 'no-token', 'x'), 'the helper requires a token'],
  [
    'a wrong token',
    ['--token', 't'],
    problem(401, 'wrong-token', 'x'),
    'the helper refused the token',
  ],
  ['a role too low', ['--token', 't'], problem(403, 'role-too-low', 'x'), 'the token is read-only'],
  ['a problem', [], problem(409, 'conflict', 'it is frozen'), 'it is frozen\n'],
  [
    'a wrong base path',
    [],
    { status: 404, type: 'text/html', body: '<h1>' },
    'the base path may be missing',
  ],
  ['no base path', [], problem(404, 'no-such-address', 'x'), 'the base path may be missing'],
  ['another program', [], { type: 'text/html', body: '<h1>' }, 'but it is not a helper'],
  [
    'a problem of another program',
    [],
    { status: 404, body: { message: 'no' } },
    'but it is not a helper',
  ],
  [
    'a proxy without helper',
    [],
    { status: 502, type: 'text/html', body: '' },
    'cannot reach the helper',
  ],
  [
    'a redirection',
    [],
    { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
    'but it is not a helper',
  ],
  [
    'a redirection to the same elsewhere',
    [],
    { status: 308, headers: { location: 'https://cd.local/x/api/v1/deliveries?limit=20' } },
    'leads to https://cd.local/x\nto send the token there, use --url https://cd.local/x\n',
  ],
  ['half an answer', [], { body: '{"items": [' }, 'the answer is incomplete'],
] as const)('%s: one clear line, and 1', async (_, argv, answer: FakeAnswer, message) => {
  await using helper = await startFakeHelper(() => answer);
  const { status, err } = await runCli(['deliveries', '--url', helper.url, ...argv]);
  expect(err).toContain(message);
  expect(err).not.toMatch(/ {4}at /);
  expect(status).toBe(1);
});

test.each([
  ['nobody listens', 'http://127.0.0.1:1', 'nothing listens at http://127.0.0.1:1'],
  ['no such name', 'http://nowhere.invalid', 'the host nowhere.invalid cannot be resolved'],
])('%s', async (_, url, message) => {
  const { status, err } = await runCli(['status', '--url', url]);
  expect(err).toContain(message);
  expect(err).toContain('CD_HELPER_URL');
  expect(status).toBe(1);
});

test('TLS where there is none', async () => {
  await using helper = await startFakeHelper(() => page([]));
  const { err } = await runCli(['status', '--url', helper.url.replace('http:', 'https:')]);
  expect(err).toContain('does not speak TLS');
});

test('Ctrl-C ends a command that waits for an answer', async () => {
  const stop = new AbortController();
  const server = createTcpServer(() => stop.abort());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { status } = await runCli(['status', '--url', `http://127.0.0.1:${port}`], {
    signal: stop.signal,
  });
  expect(status).toBe(1);
  server.close();
});
