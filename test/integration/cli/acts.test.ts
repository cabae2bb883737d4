import { expect, test } from 'vitest';
import type { InspectEngine } from '../../../src/cli/terminal/cli-deps.ts';
import type { DeploymentState } from '../../../src/core/contract/views.ts';
import type { RunState } from '../../../src/core/contract/run-views.ts';
import { deploymentOf, digestOf, runOf, serviceOf } from '../../support/http/api-samples.ts';
import {
  type FakeAnswer,
  type FakeHelper,
  problem,
  startFakeHelper,
} from '../../support/program/fake-helper.ts';
import { NOON, runCli } from '../../support/program/run-cli.ts';

const page = (items: readonly unknown[]): FakeAnswer => ({ body: { items, next: null } });
const bodies = (helper: FakeHelper, method = 'POST'): unknown[] =>
  helper.requests
    .filter((request) => request.method === method)
    .map(({ body }) => JSON.parse(body));

const OBSOLETE = serviceOf({
  name: 'web',
  verdict: 'obsolete',
  published: digestOf('b'),
  deployment: 'x',
});
const UNKNOWN = serviceOf({ name: 'cron', verdict: 'unknown', reason: 'tag-gone' });

/** A helper whose run and whose one deployment go through the given states, one at each look. */
const startRunningHelper = async (
  deploymentStates: readonly DeploymentState[],
  services = [OBSOLETE],
  runEnd: RunState = 'done',
) => {
  let looks = 0;
  const stateNow = (): DeploymentState =>
    deploymentStates[Math.min(looks, deploymentStates.length - 1)] ?? 'queued';
  return startFakeHelper(({ method, path, body }) => {
    if (method === 'POST' && path === '/api/v1/smart-redeploy') {
      const { dryRun } = JSON.parse(body);
      return dryRun
        ? { body: runOf({ dryRun: true, services }) }
        : { status: 202, body: runOf({ state: 'queued', endedAt: null }) };
    }
    if (path === '/api/v1/runs/r1') {
      const isEnded = looks >= deploymentStates.length;
      return {
        body: runOf({
          services,
          state: isEnded ? runEnd : 'deploying',
          endedAt: isEnded ? 'now' : null,
        }),
      };
    }
    if (path === '/api/v1/deployments') {
      const state = stateNow();
      looks += 1;
      const triggers = [{ kind: 'smart-redeploy', run: 'r1' }] as const;
      return page([
        deploymentOf({
          id: 'x',
          state,
          triggers,
          failure:
            state === 'failed'
              ? {
                  message: 'task: non-zero exit (3)',
                  node: null,
                  nodeName: null,
                  exitCode: 3,
                  log: ['boom\u001b[2J'],
                }
              : null,
        }),
        deploymentOf({ id: 'other', state: 'failed' }),
      ]);
    }
    return problem(404, 'not-found', path);
  });
};

test('smart-redeploy --wait tells each step until the end', async () => {
  await using helper = await startRunningHelper([
    'queued',
    'updating',
    'updating',
    'verifying',
    'succeeded',
  ]);
  const { status, out } = await runCli([
    'smart-redeploy',
    '--wait',
    '--stack',
    'a*',
    '--stack',
    'b?',
    '--url',
    helper.url,
  ]);
  expect(bodies(helper)).toEqual([
    { cluster: null, services: [], stacks: ['a*', 'b?'], images: [], dryRun: false, pin: false },
  ]);
  const steps = out
    .split('\n')
    .flatMap((line) => /(queued|updating|verifying|succeeded) +web/.exec(line)?.[1] ?? []);
  expect(steps).toEqual(['queued', 'updating', 'verifying', 'succeeded']);
  expect(out).toContain('1 service: 1 obsolete; deployments: 1 succeeded');
  expect(status).toBe(0);
});

test.each([
  ['a deployment fails', ['failed'], [OBSOLETE, UNKNOWN], 'done', 1],
  ['it is rolled back', ['updating', 'rolled-back'], [OBSOLETE], 'done', 1],
  ['the run fails', ['succeeded'], [OBSOLETE], 'failed', 1],
  ['something is unknown', ['succeeded'], [OBSOLETE, UNKNOWN], 'done', 3],
  [
    'what was unknown was deployed',
    ['succeeded'],
    [{ ...UNKNOWN, id: 'id-web', reason: 'unpinned' }],
    'done',
    0,
  ],
] as const)('smart-redeploy --wait: %s', async (_, states, services, end, expected) => {
  await using helper = await startRunningHelper(states, [...services], end);
  const { status } = await runCli(['smart-redeploy', '--wait', '--url', helper.url]);
  expect(status).toBe(expected);
});

test('a failure shows the last words of the container, harmless', async () => {
  await using helper = await startRunningHelper(['failed']);
  const { out } = await runCli(['smart-redeploy', '--wait', '--url', helper.url]);
  expect(out).toContain('task: non-zero exit (3)');
  expect(out).toContain('│ boom');
  expect(out).not.toContain('\u001b');
});

test('--json gives one document at the end', async () => {
  await using helper = await startRunningHelper(['updating', 'succeeded']);
  const { out } = await runCli(['smart-redeploy', '--wait', '--json', '--url', helper.url]);
  expect(JSON.parse(out)).toMatchObject({
    id: 'r1',
    state: 'done',
    deployments: [{ id: 'x', state: 'succeeded' }],
  });
});

test('a deployment that waited before the run began is followed too', async () => {
  await using helper = await startFakeHelper(({ method, path }) => {
    if (method === 'POST') return { status: 202, body: runOf({ state: 'queued', endedAt: null }) };
    if (path === '/api/v1/runs/r1') return { body: runOf({ services: [OBSOLETE] }) };
    if (path === '/api/v1/deployments') return page([]);
    return {
      body: deploymentOf({
        id: 'x',
        state: 'failed',
        triggers: [{ kind: 'smart-redeploy', run: 'r1' }],
      }),
    };
  });
  const { status } = await runCli(['smart-redeploy', '--wait', '--url', helper.url]);
  expect(status).toBe(1);
});

test('--dry-run shows the plan and asks for nothing else', async () => {
  await using helper = await startRunningHelper([], [OBSOLETE, UNKNOWN]);
  const { status, out } = await runCli(['smart-redeploy', '--dry-run', '--url', helper.url]);
  expect(bodies(helper)).toMatchObject([{ dryRun: true }]);
  expect(out).toContain('↑ obsolete');
  expect(out).toContain('Would be redeployed: web\n');
  expect(status).toBe(3);
});

test('--dry-run --pin says what would be pinned, and what a label holds', async () => {
  const unpinned = { ...UNKNOWN, reason: 'unpinned' };
  const services = [
    { ...unpinned, name: 'cron', plan: 'deploy' as const, detail: 'would be deployed' },
    { ...unpinned, name: 'held', detail: 'the label cd-helper.x=y asks for what is not supported' },
    { ...unpinned, name: 'of-an-older-helper' },
  ];
  await using helper = await startRunningHelper([], services);
  const { out } = await runCli(['smart-redeploy', '--dry-run', '--pin', '--url', helper.url]);
  expect(out).toMatch(/ cron .* \? unknown +to be pinned\n/);
  expect(out).toMatch(/ held .* \? unknown +unpinned\n/);
  expect(out).toContain('Would be redeployed: cron, of-an-older-helper\n');
});

test.each([
  ['y', 2],
  ['YES', 2],
  ['', 1],
  ['n', 1],
])('on a terminal the plan is asked about: %j', async (answer, posts) => {
  await using helper = await startRunningHelper(['succeeded']);
  const questions: string[] = [];
  const { status, err } = await runCli(['smart-redeploy', '--url', helper.url], {
    columns: 100,
    ask: async (question) => {
      questions.push(question);
      return answer;
    },
  });
  expect(questions).toEqual(['Redeploy 1 of them now? [y/N] ']);
  expect(bodies(helper)).toHaveLength(posts);
  expect(status).toBe(posts === 2 ? 0 : 1);
  expect(err.includes('nothing was redeployed')).toBe(posts === 1);
});

test('a terminal that obeys nothing is told nothing to obey', async () => {
  await using helper = await startRunningHelper([], [OBSOLETE]);
  const show = (term: string) =>
    runCli(['smart-redeploy', '--dry-run', '--url', helper.url], {
      columns: 100,
      env: { TERM: term },
    });
  const dumb = await show('dumb');
  expect(`${dumb.out}${dumb.err}`.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  expect((await show('xterm')).err).toContain('\r\u001b[2Kchecking …');
});

test('where nothing is chosen that is said, and no more', async () => {
  await using helper = await startRunningHelper([], []);
  const { status, out, err } = await runCli(['smart-redeploy', '--dry-run', '--url', helper.url]);
  expect([out, status]).toEqual(['', 0]);
  expect(err).toContain('no service matches');
});

test('where nothing is obsolete nothing is asked', async () => {
  await using helper = await startRunningHelper([], [serviceOf({ name: 'web' })]);
  const { status, out } = await runCli(['smart-redeploy', '--url', helper.url], {
    columns: 100,
    ask: async () => 'y',
  });
  expect(out).toContain('Nothing to redeploy.');
  expect(bodies(helper)).toHaveLength(1);
  expect(status).toBe(0);
});

test('--engine only looks, and only at what is chosen', async () => {
  const asked: unknown[] = [];
  const inspectEngine: InspectEngine = async (url, _signal, options) => {
    asked.push([url, options?.selected]);
    options?.onProgress?.({ images: 2, checkedImages: 1 });
    return [serviceOf({ name: 'api', stack: 'shop' })];
  };
  const refused = await runCli(['smart-redeploy', '--engine', 'unix:///x'], { inspectEngine });
  expect([refused.status, refused.err]).toEqual([2, expect.stringContaining('--dry-run')]);
  const command = 'smart-redeploy --dry-run --engine unix:///x --stack sh* --image a/* --json';
  const looked = await runCli(command.split(' '), { inspectEngine, columns: 80 });
  expect(asked).toMatchObject([['unix:///x', { services: [], stacks: ['sh*'], images: ['a/*'] }]]);
  expect(looked.err).toContain('1 of 2 images checked');
  expect(JSON.parse(looked.out)).toMatchObject({
    state: 'done',
    dryRun: true,
    counts: { current: 1 },
    services: [{ name: 'api' }],
  });
  expect(looked.status).toBe(0);
});

test('a dry run at a terminal tells how far the helper has come', async () => {
  const told = Promise.withResolvers<void>();
  let isAsked = false;
  let looks = 0;
  const dryRun = (id: string, checkedImages: number) =>
    runOf({
      id,
      dryRun: true,
      state: 'checking',
      endedAt: null,
      progress: { services: 9, images: 7, checkedImages },
    });
  await using helper = await startFakeHelper(async ({ method }) => {
    if (method === 'GET') {
      // Somebody else's, which was there before.
      const others = dryRun('other', 1);
      if (!isAsked) return page([others]);
      looks += 1;
      // Whoever looks again has shown what it saw.
      if (looks > 1) told.resolve();
      return page([dryRun('ours', 3), others]);
    }
    isAsked = true;
    await told.promise;
    return { body: runOf({ dryRun: true, services: [OBSOLETE] }) };
  });
  const { err, status } = await runCli(['smart-redeploy', '--dry-run', '--url', helper.url], {
    columns: 80,
    pollMs: 20,
  });
  expect(status).toBe(0);
  expect(err).toContain('checking …');
  expect(err).toContain('3 of 7 images checked');
  expect(err).not.toContain('1 of 7');
  expect(err.endsWith('\r\u001b[2K')).toBe(true);
});

test('what was shown before the question is not shown again, and what differs is', async () => {
  const changed = serviceOf({ name: 'late', verdict: 'obsolete', published: digestOf('c') });
  let posts = 0;
  await using helper = await startFakeHelper(({ method, path }) => {
    if (method === 'POST') posts += 1;
    const services = posts < 2 ? [OBSOLETE, serviceOf({ name: 'late' })] : [OBSOLETE, changed];
    if (path === '/api/v1/deployments') return page([]);
    if (path === '/api/v1/runs') return page([]);
    if (path.startsWith('/api/v1/deployments/')) return { body: deploymentOf({ id: 'x' }) };
    return { body: runOf({ services }) };
  });
  const { out } = await runCli(['smart-redeploy', '--wait', '--url', helper.url], {
    columns: 100,
    ask: async () => 'y',
  });
  const rows = (name: string): number =>
    out.split('\n').filter((line) => line.includes(`${name} `)).length;
  expect(rows('  web')).toBe(1);
  expect(rows('  late')).toBe(2);
});

test.each([
  ['unknown', [UNKNOWN], 'done', 3],
  ['failed', [serviceOf({ name: 'web' })], 'failed', 1],
] as const)(
  'where nothing is obsolete and something is %s, a terminal hears so too',
  async (_, services, state, expected) => {
    await using helper = await startFakeHelper(({ method }) =>
      method === 'GET'
        ? page([])
        : { body: runOf({ dryRun: true, services, state, reason: 'cluster b: no answer' }) },
    );
    const { status, err } = await runCli(['smart-redeploy', '--url', helper.url], {
      columns: 100,
      ask: async () => 'y',
    });
    expect(status).toBe(expected);
    expect(err).toContain('cluster b: no answer');
  },
);

test('many names of a plan are told in part at a terminal, and all elsewhere', async () => {
  const services = Array.from({ length: 30 }, (_, index) =>
    serviceOf({ name: `web-${index}`, verdict: 'obsolete', published: digestOf('b') }),
  );
  await using helper = await startFakeHelper(({ method }) =>
    method === 'GET' ? page([]) : { body: runOf({ dryRun: true, services }) },
  );
  const line = async (columns?: number): Promise<string> => {
    const world = columns === undefined ? {} : { columns };
    const { out } = await runCli(['smart-redeploy', '--dry-run', '--url', helper.url], world);
    return out.split('\n').find((one) => one.startsWith('Would be')) ?? '';
  };
  // In the order of the table: numbers by their value.
  expect(await line(100)).toMatch(/: web-0, web-1, web-2, .*, web-19, and 10 more$/);
  expect(await line()).toMatch(/, web-28, web-29$/);
});

test('Ctrl-C while waiting says that the run goes on', async () => {
  const stop = new AbortController();
  await using helper = await startFakeHelper(({ method, path }) => {
    if (path === '/api/v1/runs/r1') stop.abort();
    const run = runOf({ state: 'checking', endedAt: null });
    return { status: method === 'POST' ? 202 : 200, body: run };
  });
  const { status, err } = await runCli(['smart-redeploy', '--wait', '--url', helper.url], {
    signal: stop.signal,
  });
  expect(err).toContain('run r1 continues in the background');
  expect(status).toBe(1);
});

const startActingHelper = async (ends: DeploymentState = 'succeeded') =>
  startFakeHelper(({ method, path }) => {
    if (path === '/api/v1/services') {
      return page([
        serviceOf({ name: 'web', cluster: 'a' }),
        serviceOf({ name: 'twin', cluster: 'a' }),
        serviceOf({ name: 'twin', cluster: 'b' }),
      ]);
    }
    if (path === '/api/v1/clusters') return page([{ name: 'a', state: 'up', problem: null }]);
    if (method === 'POST' && path.endsWith('/release')) return { body: serviceOf({ name: 'web' }) };
    if (method === 'POST') return { status: 202, body: deploymentOf({ id: 'x', state: 'queued' }) };
    return { body: deploymentOf({ id: 'x', state: ends }) };
  });

test.each([
  [['redeploy', 'web'], 'redeploy', '{"force":false}', 0],
  [['redeploy', 'web', '--force', '--wait'], 'redeploy', '{"force":true}', 0],
  [['rollback', 'web'], 'rollback', '{"to":null,"force":false}', 0],
  [
    ['rollback', 'web', '--to', digestOf('c')],
    'rollback',
    `{"to":"${digestOf('c')}","force":false}`,
    0,
  ],
  [['rollback', 'web', '--to', '2', '--force'], 'rollback', '{"to":"2","force":true}', 0],
  [['release', 'web'], 'release', '', 0],
])('%j', async (argv, act, body, expected) => {
  await using helper = await startActingHelper();
  const { status } = await runCli([...argv, '--url', helper.url]);
  const posted = helper.requests.filter(({ method }) => method === 'POST');
  expect(posted.map((request) => [request.path, request.body])).toEqual([
    [`/api/v1/clusters/a/services/web/${act}`, body],
  ]);
  expect(status).toBe(expected);
});

test('a rollback names what it holds beside the digest that it left', async () => {
  const queued = { id: 'x', state: 'queued', alsoHeld: [digestOf('c')] } as const;
  await using helper = await startFakeHelper(({ method, path }) => {
    if (method === 'POST') return { status: 202, body: deploymentOf(queued) };
    if (path === '/api/v1/services') return page([serviceOf({ name: 'web', cluster: 'a' })]);
    return page([{ name: 'a', state: 'up', problem: null }]);
  });
  const plain = await runCli(['rollback', 'web', '--url', helper.url]);
  expect(plain.err).toContain('cccccccccccc is held as well: it was published already');
  expect(plain.err).toContain('cd-helper release web lifts the holds');
  const json = await runCli(['rollback', 'web', '--json', '--url', helper.url]);
  expect(JSON.parse(json.out)).toMatchObject({ alsoHeld: [digestOf('c')] });
  expect(json.err).not.toContain('is held as well');
});

test('--wait ends with 1 where the deployment failed', async () => {
  await using helper = await startActingHelper('rolled-back');
  expect((await runCli(['redeploy', 'web', '--wait', '--url', helper.url])).status).toBe(1);
});

test.each([
  [['redeploy', 'we'], 'did you mean web?'],
  [['redeploy', 'nothing'], 'there is no service "nothing"'],
  [['redeploy', 'twin'], 'more than one cluster has a service "twin": a, b'],
  [['redeploy', 'nothing', '--cluster', 'qa'], 'there is no cluster "qa"\nthere are: a\n'],
])('%j is wrong use', async (argv, message) => {
  await using helper = await startActingHelper();
  const { status, err } = await runCli([...argv, '--url', helper.url]);
  expect(err).toContain(message);
  expect(status).toBe(2);
});

const FREEZE = {
  id: 'f1',
  cluster: null,
  stack: 'shop',
  service: null,
  reason: 'sale',
  by: 'oncall',
  since: 'x',
  until: null,
};

test.each([
  ['freeze --reason x --cluster prod', 404, 'not-found', 'there is no cluster prod; there is qa'],
  ['smart-redeploy --cluster prod', 404, 'not-found', 'there is no cluster prod; there is qa'],
  ['freeze --reason x', 400, 'invalid-request', 'until: the time is in the past'],
])(
  '%s: what cannot be is wrong use, and told as the helper does',
  async (argv, status, type, detail) => {
    await using helper = await startFakeHelper(() => problem(status, type, detail));
    const result = await runCli([...argv.split(' '), '--url', helper.url]);
    expect(result).toMatchObject({ status: 2, out: '', err: `${detail}\n` });
  },
);

test('freeze and thaw', async () => {
  const standing = [FREEZE];
  await using helper = await startFakeHelper(({ method }) => {
    if (method === 'POST') return { status: 201, body: FREEZE };
    return method === 'DELETE' ? { status: 204, body: '' } : page(standing);
  });
  const frozen = await runCli([
    'freeze',
    '--stack',
    'shop',
    '--for',
    '2h',
    '--reason',
    'sale',
    '--url',
    helper.url,
  ]);
  expect(bodies(helper)).toEqual([
    {
      cluster: null,
      stack: 'shop',
      service: null,
      reason: 'sale',
      until: new Date(NOON + 7_200_000).toISOString(),
    },
  ]);
  expect(frozen.out).toBe('f1  stack shop until lifted: sale (by token oncall)\n');
  const thawed = await runCli(['thaw', '--url', helper.url]);
  expect(thawed).toMatchObject({ status: 0, out: 'f1 is lifted\n' });
  expect(helper.requests.at(-1)).toMatchObject({ method: 'DELETE', path: '/api/v1/freezes/f1' });
  standing.push({ ...FREEZE, id: 'f2' });
  const several = await runCli(['thaw', '--url', helper.url]);
  expect(several.status).toBe(2);
  expect(several.err).toContain('f2');
  standing.length = 0;
  expect((await runCli(['thaw', '--url', helper.url])).status).toBe(0);
});
