import { expect, test } from 'vitest';
import { createIntake } from '../../../src/intake/intake.ts';
import { SENDERS } from '../../../src/intake/senders.ts';
import type { TrackingView } from '../../../src/core/policy/tracking.ts';
import { deploymentOf, digestOf, serviceOf } from '../../support/http/api-samples.ts';
import { type FakeAnswer, startFakeHelper } from '../../support/program/fake-helper.ts';
import { runCli } from '../../support/program/run-cli.ts';

const page = (items: readonly unknown[]): FakeAnswer => ({ body: { items, next: null } });
const TRACKING: TrackingView = {
  policy: 'semver:1.x',
  newest: 'v1.4.2',
  next: 'v1.4.2',
  whyNot: null,
  tags: 214,
  ran: null,
};
const WEB = serviceOf({
  name: 'shop_web',
  stack: 'shop',
  image: 'docker.io/acme/web:v1.3.0',
  verdict: 'obsolete',
  published: digestOf('b'),
  track: 'semver:1.x',
  deployment: 'd1',
});
const PUT_BACK: TrackingView = {
  ...TRACKING,
  tags: null,
  whyNot: 'the stack file says so',
  ran: { tag: 'v1.4.2', since: '2026-01-01T08:00:00Z', until: '2026-01-01T09:00:00Z' },
};

const answer = ({ path }: { readonly path: string }): FakeAnswer => {
  if (path.endsWith('/rollback')) return { body: { targets: [], others: [] } };
  if (path.endsWith('/services/shop_web')) return { body: { ...WEB, tracking: PUT_BACK } };
  if (path.endsWith('/smart-redeploy')) {
    const detail = 'would move v1.3.0 → v1.4.2: matches semver:1.x, newest of 214 tags';
    const services = [{ ...WEB, detail, tracking: TRACKING }, serviceOf({ name: 'api' })];
    return {
      body: { id: 'r1', state: 'done', reason: null, dryRun: true, counts: {}, services },
    };
  }
  if (path.endsWith('/services'))
    return page([WEB, serviceOf({ name: 'shop_api', stack: 'shop' })]);
  if (path.endsWith('/deployments/d1')) {
    return {
      body: deploymentOf({
        id: 'd1',
        from: digestOf('a'),
        to: digestOf('b'),
        fromTag: 'v1.2.0',
        toTag: 'v1.3.0',
      }),
    };
  }
  if (path.endsWith('/deployments')) return page([]);
  return page([{ name: 'default', state: 'up', problem: null }]);
};
const run = async (...argv: readonly string[]) => {
  await using helper = await startFakeHelper(answer);
  const result = await runCli([...argv, '--url', `${helper.url}/`, '--token', 't0ken']);
  return { ...result, paths: helper.requests.map(({ path }) => path) };
};

test('a dry run says what would move where, and why there', async () => {
  const { status, out } = await run('smart-redeploy', '--dry-run');
  expect(out).toContain('acme/web:v1.3.0 → v1.4.2');
  expect(out).toContain('Would be redeployed: shop_web\n');
  expect(out).toContain(
    'shop_web would move v1.3.0 → v1.4.2: matches semver:1.x, newest of 214 tags\n',
  );
  expect(status).toBe(0);
});

test('a dry run as JSON has the same', async () => {
  const { out } = await run('smart-redeploy', '--dry-run', '--json');
  expect(JSON.parse(out)).toMatchObject({
    services: [
      { detail: expect.stringContaining('newest of 214 tags'), tracking: TRACKING },
      { name: 'api' },
    ],
  });
});

test('status of one service tells what it follows and what somebody put back', async () => {
  const { out } = await run('status', 'shop_web');
  expect(out).toMatch(/tracks +semver:1\.x, newest seen v1\.4\.2/);
  expect(out).toMatch(/next +v1\.4\.2: the stack file says so/);
  expect(out).toMatch(
    /put back +stack file says v1\.3\.0, ran v1\.4\.2 since 2026-01-01T08:00:00Z/,
  );
  const { out: json } = await run('status', 'shop_web', '--json');
  expect(JSON.parse(json)).toMatchObject({ items: [{ name: 'shop_web', tracking: PUT_BACK }] });
});

test('a list of services asks for none of them', async () => {
  const { paths } = await run('status');
  expect(paths.filter((path) => path.includes('/services/'))).toEqual([]);
});

test('export prints what runs, in the words of the stack file', async () => {
  const { status, out, err } = await run('export', '--stack', 'shop');
  expect(out).toContain(`services:
  api:
    image: acme/shop_api:v1@${digestOf('a')}
  web:
    image: acme/web:v1.2.0@${digestOf('a')}
`);
  expect([status, err]).toEqual([0, '']);
  const { out: json } = await run('export', '--json');
  expect(JSON.parse(json)).toMatchObject({
    items: [{ stack: 'shop', service: 'web', tag: 'v1.2.0', digest: digestOf('a') }, {}],
  });
});

test('hook explain asks the helper what is held', async () => {
  const anyone = {
    name: 'x',
    value: { reveal: () => '' },
    senders: null,
    registry: null,
    virtualRepositories: null,
    clusters: null,
    repositories: null,
  };
  const held = [{ tag: 'v1.4.2', reason: 'known-bad', why: 'v1.4.2 failed at noon' }];
  await using helper = await startFakeHelper((asked) =>
    asked.path.endsWith('/services/shop_web')
      ? { body: { ...WEB, tracking: { ...TRACKING, held } } }
      : answer(asked),
  );
  const { status, out } = await runCli(
    ['hook', 'explain', 'body', '--url', `${helper.url}/`, '--token', 't0ken'],
    {
      files: { body: '{"push_data":{"tag":"v1.4.2"},"repository":{"repo_name":"acme/web"}}' },
      explain: (delivery) => createIntake(SENDERS, [anyone]).read(delivery, anyone),
    },
  );
  expect(out).toContain(
    '  shop_web (default) would move v1.3.0 → v1.4.2: matches semver:1.x, but it is held (known-bad): v1.4.2 failed at noon\n',
  );
  expect(status).toBe(0);
});

test('check-config --push is handed to the checks, and needs a tag', async () => {
  const asked: unknown[] = [];
  const checks = (_config: unknown, push: unknown) => {
    asked.push(push);
    return [
      { name: 'push', run: async () => ({ ok: true, detail: '1', lines: ['web would move'] }) },
    ];
  };
  const { status, out } = await runCli(['check-config', '--push', 'acme/web:v1.4.0'], { checks });
  expect(out).toContain('    web would move\n');
  expect(status).toBe(0);
  expect(asked).toEqual([
    { registry: 'docker.io', repository: 'acme/web', tag: 'v1.4.0', digest: null },
  ]);
  const refused = await runCli(['check-config', '--push', 'acme/web'], { checks });
  expect([refused.status, refused.err]).toEqual([
    2,
    '--push acme/web names no tag\nname one, such as acme/web:v1.4.0\n',
  ]);
});
