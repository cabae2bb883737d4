import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { crashing, good } from '../../../sandbox/image/sample.ts';
import {
  type Filter,
  type SeenCall,
  type SocketProxy,
  startSocketProxy,
} from '../../support/proxies/socket-proxy.ts';
import { endedDeployments } from '../../support/stage/open-stage.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { useStage } from '../../support/stage/use-stage.ts';

/** What `deploy/stack.yml` lets through, by the proxy's own rule: `^` and `$` put around each expression. */
const readFilter = (): Filter => {
  const file = join(import.meta.dirname, '../../../deploy/stack.yml');
  const stack = parse(readFileSync(file, 'utf8')) as {
    readonly services: { readonly 'socket-proxy': { readonly command: readonly string[] } };
  };
  const allowed = new Map<string, RegExp>();
  for (const argument of stack.services['socket-proxy'].command) {
    const [, method, expression] = /^-allow([A-Z]+)=(.*)$/.exec(argument) ?? [];
    if (method === undefined || expression === undefined) continue;
    // In YAML for stack files a dollar sign is written twice.
    allowed.set(method, new RegExp(`^${expression.replaceAll('$$', '$')}$`));
  }
  // The proxy matches the path as it was decoded.
  return (method, path) => allowed.get(method)?.test(decodeURIComponent(path)) ?? false;
};

const passes = readFilter();

const ID = 'x8zg1sqa7q2l0ln2w0c3mm9u5';

/** What can be read of a Docker Engine. */
const READABLE = [
  '/_ping',
  '/version',
  '/info',
  '/events',
  '/system/df',
  ...['nodes', 'tasks', 'services', 'secrets', 'configs', 'networks', 'volumes', 'plugins'].flatMap(
    (kind) => [`/${kind}`, `/${kind}/ID`],
  ),
  '/services/ID/logs',
  '/tasks/ID/logs',
  '/swarm',
  '/swarm/unlockkey',
  '/containers/json',
  '/containers/ID/json',
  '/containers/ID/logs',
  '/images/json',
  '/images/ID/json',
  '/distribution/ID/json',
];

describe('the filter between the helper and the engine', () => {
  const seen: SeenCall[] = [];
  let proxy: SocketProxy;
  beforeAll(async () => {
    const { socket } = ownSandbox().engines[0];
    proxy = await startSocketProxy(socket, passes, (call) => seen.push(call));
  });
  afterAll(() => proxy.close());
  const stage = useStage(() => ({ env: { CD_HELPER_ENGINE_URL: proxy.url } }));

  test('lets everything through that the helper asks', async () => {
    const { sandbox, services, helper } = stage;
    const image = (digest?: string) => sandbox.image('filter/web', 'v1', digest);
    const one = await sandbox.pushImage('filter/web', 'v1', good('one'));
    // Long enough for an engine on a busy machine to see the crash within it.
    const rollback = { failureAction: 'rollback', monitorMs: 5_000 } as const;
    await services.deploy(
      { name: 'filter-web', image: image(one.digest), ...rollback },
      { name: 'filter-everywhere', image: image(one.digest), mode: 'global', ...rollback },
    );
    // A good version, one that crashes, whose container's last lines are read, and a run.
    const two = await sandbox.pushImage('filter/web', 'v1', good('two'));
    await helper.postHook({ image: image() });
    const [first] = await endedDeployments(helper, 'filter-web');
    expect(first).toMatchObject({ state: 'succeeded', to: two.digest });
    await sandbox.pushImage('filter/web', 'v1', crashing('three', { afterMs: 100 }));
    await helper.postHook({ image: image() });
    const [, second] = await endedDeployments(helper, 'filter-web', 2);
    expect(second).toMatchObject({ state: 'rolled-back' });
    await endedDeployments(helper, 'filter-everywhere', 2);
    expect((await helper.post('/smart-redeploy', { dryRun: true })).status).toBe(200);

    expect(seen.filter(({ passed }) => !passed)).toEqual([]);
    const kinds = new Set(
      seen.map(
        ({ method, path }) =>
          `${method} ${path.replace(/^\/v1\.\d+/, '').replace(/\/[a-z0-9]{25}/, '/ID')}`,
      ),
    );
    expect([...kinds].toSorted()).toEqual([
      'GET /_ping',
      'GET /info',
      'GET /nodes',
      'GET /services',
      'GET /services/ID',
      'GET /services/ID/logs',
      'GET /services/none',
      'GET /tasks',
      'POST /services/ID/update',
    ]);
    // And nothing else passes: of every path that the engine knows, those that were asked.
    const open = READABLE.filter((path) =>
      passes('GET', path === '/_ping' ? path : `/v1.41${path.replace('/ID', `/${ID}`)}`),
    );
    const read = [...kinds].filter((kind) => kind.startsWith('GET ') && !kind.endsWith('/none'));
    expect(open.map((path) => `GET ${path}`).toSorted()).toEqual(read.toSorted());
  });
});

test.each([
  ['POST', '/v1.41/services/create'],
  ['POST', '/services/create'],
  ['POST', `/v1.41/services/${ID}/update/create`],
  ['POST', `/v1.41/services/${ID}%2F..%2F..%2Fcontainers/update`],
  ['POST', `/v1.41/services/../containers/${ID}/update`],
  ['POST', `/v1.41/containers/${ID}/update`],
  ['POST', '/v1.41/containers/create'],
  ['POST', `/v1.41/containers/${ID}/exec`],
  ['POST', `/v1.41/containers/${ID}/start`],
  ['POST', '/v1.41/build'],
  ['POST', '/v1.41/images/create'],
  ['POST', '/v1.41/volumes/create'],
  ['POST', '/v1.41/networks/create'],
  ['POST', '/v1.41/plugins/pull'],
  ['POST', '/v1.41/secrets/create'],
  ['POST', '/v1.41/configs/create'],
  ['POST', `/v1.41/nodes/${ID}/update`],
  ['POST', '/v1.41/swarm/init'],
  ['POST', '/v1.41/swarm/update'],
  ['POST', '/v1.41/swarm/leave'],
  ['POST', '/_ping'],
  ['DELETE', `/v1.41/services/${ID}`],
  ['PUT', `/v1.41/containers/${ID}/archive`],
  ['HEAD', '/v1.41/services'],
  ['GET', '/v1.41/swarm'],
  ['GET', '/v1.41/swarm/unlockkey'],
  ['GET', '/v1.41/secrets'],
  ['GET', '/v1.41/configs'],
  ['GET', '/v1.41/containers/json'],
  ['GET', `/v1.41/containers/${ID}/archive`],
  ['GET', `/v1.41/containers/${ID}/attach/ws`],
  ['GET', '/v1.41/images/json'],
  ['GET', `/v1.41/tasks/${ID}/logs`],
  ['GET', '/v1.41/services/../containers/json'],
  ['GET', '/_ping/../v1.41/secrets'],
  ['GET', '/_pings'],
  ['GET', '/v1.41/version'],
  ['GET', '/v1.41/events'],
  ['GET', '/x/v1.41/services'],
])('%s %s does not pass', (method, path) => {
  expect(passes(method, path)).toBe(false);
});

test.each([
  ['GET', '/_ping'],
  ['GET', '/v1.47/services'],
  ['GET', `/v1.47/services/${ID}/logs`],
  ['POST', `/v1.47/services/${ID}/update`],
])('%s %s passes', (method, path) => {
  expect(passes(method, path)).toBe(true);
});
