import { afterEach, describe, expect, it } from 'vitest';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine/fake-engine.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';
import { fakeImage, fakeTwoPlatforms } from '../../support/fake-registry/images.ts';
import {
  startSwarmpitDouble,
  SWARMPIT_VERSIONS,
  type SwarmpitDouble,
  type SwarmpitDoubleOptions,
} from '../../support/swarmpit/swarmpit-double.ts';

// What the double answers is compared here with what was read in Swarmpit's source and seen of it.

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

type Said = { readonly status: number; readonly text: string; readonly marked: boolean };
type Scene = {
  readonly engine: FakeEngine;
  readonly registry: FakeRegistry;
  readonly swarmpit: SwarmpitDouble;
  /** `METHOD /path`, signed in with the API token. */
  readonly ask: (call: string, headers?: Record<string, string>) => Promise<Said>;
  readonly read: (path: string) => Promise<unknown>;
};

const DIGEST = `sha256:${'a'.repeat(64)}`;
const DOCKER = { form: 'docker' } as const;

const start = async (
  options: Partial<SwarmpitDoubleOptions> = {},
  signIn: NonNullable<Parameters<typeof startFakeRegistry>[0]>['signIn'] = { kind: 'none' },
): Promise<Scene> => {
  const engine = await startFakeEngine();
  closing.push(engine.close);
  const registry = await startFakeRegistry({ signIn });
  closing.push(registry.close);
  const swarmpit = await startSwarmpitDouble({
    engineUrl: engine.url,
    registries: { [registry.host]: registry.origin, 'docker.io': registry.origin },
    linked: [registry.host],
    ...options,
  });
  closing.push(swarmpit.close);
  const ask: Scene['ask'] = async (call, headers = { authorization: swarmpit.token }) => {
    const [method = '', path = ''] = call.split(' ');
    const answer = await fetch(`${swarmpit.url}${path}`, { method, headers });
    return {
      status: answer.status,
      text: await answer.text(),
      marked: answer.headers.get('x-backend-server') === 'swarmpit',
    };
  };
  const read: Scene['read'] = async (path) => JSON.parse((await ask(`GET ${path}`)).text);
  return { engine, registry, swarmpit, ask, read };
};

const says = (status: number, error: string | null): Said => ({
  status,
  text: JSON.stringify({ error }),
  marked: false,
});

describe.each(SWARMPIT_VERSIONS)('Swarmpit %s', (version) => {
  it('tells its version to everybody', async () => {
    const { ask } = await start({ version });
    const { status, text, marked } = await ask('GET /version', {});
    expect({ status, marked }).toEqual({ status: 200, marked: false });
    const told = JSON.parse(text) as Record<string, unknown>;
    expect(told).toMatchObject({
      name: 'swarmpit',
      version: version === 'master' ? '1.11-SNAPSHOT' : version,
      initialized: true,
      docker: { api: 1.47, engine: '28.0.0-fake' },
    });
    expect('statistics' in told).toBe(version !== '1.7');
    expect('instanceName' in told).toBe(version === 'master');
  });

  it('marks what its two sign-in layers refuse, and nothing else', async () => {
    const { ask, swarmpit } = await start({ version });
    const nobody = await ask('GET /api/services', {});
    expect(nobody).toEqual({ ...says(401, 'Authentication failed'), marked: true });
    const unprefixed = { authorization: swarmpit.token.replace('Bearer ', '') };
    expect(await ask('GET /api/services', unprefixed)).toEqual(nobody);
    for (const state of ['expired', 'invalid', 'discarded', 'rejected'] as const) {
      swarmpit.setTokenState(swarmpit.token, state);
      expect(await ask('GET /api/services')).toEqual({
        ...says(401, `Token ${state}`),
        marked: true,
      });
    }
    swarmpit.setTokenState(swarmpit.token, 'valid');
    const answered = await ask('GET /api/services');
    expect(answered).toEqual({ status: 200, text: '[]', marked: false });
  });

  it('has viewers, who may only look, since 1.10', async () => {
    const { ask, engine, registry, swarmpit } = await start({ version });
    registry.setTag('acme/web', 'v1', fakeImage('one', DOCKER));
    const { ID } = engine.addService({ name: 'web', image: `${registry.host}/acme/web:v1` });
    const authorization = swarmpit.viewerToken;
    expect((await ask('GET /api/services', { authorization })).status).toBe(200);
    const posted = await ask(`POST /api/services/${ID}/redeploy`, { authorization });
    const mayPost = version === '1.7' || version === '1.9';
    expect(posted).toEqual(
      mayPost
        ? { status: 202, text: '', marked: false }
        : { ...says(403, 'Unauthorized user access'), marked: true },
    );
  });

  it('redeploys what it finds, and restarts the tasks whatever runs', async () => {
    const { ask, engine, registry, swarmpit } = await start({ version });
    const digest = registry.setTag('acme/web', 'v1', fakeImage('one', DOCKER));
    const image = `${registry.host}/acme/web:v1`;
    const { ID } = engine.addService({ name: 'web', image: `${image}@${digest}` });
    for (const count of [1, 2]) {
      expect(await ask(`POST /api/services/${ID}/redeploy`)).toEqual({
        status: 202,
        text: '',
        marked: false,
      });
      const { TaskTemplate } = engine.service('web').Spec;
      expect(TaskTemplate.ContainerSpec.Image).toBe(`${image}@${digest}`);
      expect(TaskTemplate.ForceUpdate).toBe(count);
    }
    expect(swarmpit.redeploys.map(({ status }) => status)).toEqual([202, 202]);
  });

  it('asks by HEAD alone, and stops at the first 404', async () => {
    const { ask, engine, registry } = await start({ version });
    registry.setTag('acme/web', 'v1', fakeImage('one', { form: 'oci' }));
    const { ID } = engine.addService({ name: 'web', image: `${registry.host}/acme/web:v1` });
    expect(await ask(`POST /api/services/${ID}/redeploy`)).toEqual(says(404, null));
    expect(registry.requests.map(({ method }) => method)).toEqual(['HEAD']);
    expect(engine.updates).toEqual([]);
  });

  it('pins the list of platforms, but 1.7 one of them', async () => {
    const { ask, engine, registry } = await start({ version });
    const list = fakeTwoPlatforms('one', 'docker');
    registry.setTag('acme/web', 'v1', list);
    const { ID } = engine.addService({ name: 'web', image: `${registry.host}/acme/web:v1` });
    await ask(`POST /api/services/${ID}/redeploy`);
    const expected = version === '1.7' ? list.children[0]?.digest : list.digest;
    expect(engine.running('web')).toEqual([expected]);
  });

  it('finds no digest of an OCI image where a registry gives it unasked', async () => {
    const { ask, engine, registry } = await start({ version });
    const headers = { 'content-type': 'application/vnd.oci.image.index.v1+json' };
    registry.fault({ kind: 'content', body: '{}', headers });
    const { ID } = engine.addService({ name: 'web', image: `acme/web:v1@${DIGEST}` });
    const answer = await ask(`POST /api/services/${ID}/redeploy`);
    if (version === 'master') {
      expect(answer.status).toBe(202);
      expect(engine.running('web')).toEqual(['acme/web:v1']);
    } else {
      const text = 'ContainerSpec: "acme/web:v1@" is not a valid repository/tag';
      expect(answer).toEqual(says(400, text));
      expect(engine.running('web')).toEqual([DIGEST]);
    }
  });
});

describe('what a redeploy of Swarmpit answers for', () => {
  const redeploy = async ({ ask, engine }: Scene, image: string): Promise<Said> => {
    const { ID } = engine.addService({ name: 'web', image });
    return ask(`POST /api/services/${ID}/redeploy`);
  };

  it.each([
    ['docker.io/acme/web:v1', 'docker.io'],
    ['my.org/web:v1', 'my.org'],
    ['acme/my.app:v1', 'acme'],
    ['other.local:5000/web:v1', 'other.local:5000'],
  ])('%s, which is not linked', async (image, host) => {
    const scene = await start({ linked: [] });
    const text = `No matching registry ( ${host} ) linked with Swarmpit`;
    expect(await redeploy(scene, image)).toEqual(says(401, text));
  });

  it.each(['acme/web', 'web'])('Docker Hub’s %s, which needs no link', async (name) => {
    const scene = await start({ linked: [] });
    const path = name.includes('/') ? name : `library/${name}`;
    scene.registry.setTag(path, 'v1', fakeImage('one', DOCKER));
    expect((await redeploy(scene, `${name}:v1`)).status).toBe(202);
  });

  it.each([401, 403, 404, 429, 503])('a manifest that is refused with %i', async (status) => {
    const scene = await start();
    scene.registry.fault({ kind: 'status', status });
    expect(await redeploy(scene, `${scene.registry.host}/acme/web:v1`)).toEqual(says(status, null));
  });

  it.each([
    [401, { details: 'incorrect username or password' }, 'incorrect username or password'],
    [401, { errors: [{ message: 'HTTP Basic: Access denied' }] }, 'HTTP Basic: Access denied'],
    [401, { errors: [{ message: 'authentication required' }] }, 'authentication required'],
    [403, { errors: [{ message: 'denied' }] }, 'denied'],
  ])('a token that is refused with %i %j', async (status, body, text) => {
    const scene = await start({}, { kind: 'token', users: {} });
    scene.registry.fault({ kind: 'status', status, body: JSON.stringify(body) }, { kind: 'token' });
    expect(await redeploy(scene, `${scene.registry.host}/acme/web:v1`)).toEqual(says(status, text));
  });

  it('a registry that wants a sign-in, with what it is linked with', async () => {
    const users = { robot: 'secret' };
    const scene = await start({}, { kind: 'token', users });
    const { host, origin } = scene.registry;
    const credentials = { [host]: { username: 'robot', password: 'secret' } };
    const other = await startSwarmpitDouble({
      engineUrl: scene.engine.url,
      registries: { [host]: origin },
      credentials,
    });
    closing.push(other.close);
    scene.registry.setTag('acme/web', 'v1', fakeImage('one', DOCKER));
    const { ID } = scene.engine.addService({ name: 'web', image: `${host}/acme/web:v1` });
    const answer = await fetch(`${other.url}/api/services/${ID}/redeploy`, {
      method: 'POST',
      headers: { authorization: other.token },
    });
    expect(answer.status).toBe(202);
  });

  it('a registry that is slow, whose host is unknown, or that does not listen', async () => {
    const slow = await start({ registryTimeoutMs: 50 });
    slow.registry.fault({ kind: 'hang' });
    expect(await redeploy(slow, `${slow.registry.host}/web:v1`)).toEqual(
      says(408, 'Request timeout'),
    );
    const unknown = await start({ linked: ['gone.local'] });
    expect(await redeploy(unknown, 'gone.local/web:v1')).toEqual(
      says(500, 'gone.local: Name or service not known'),
    );
    const shut = await start();
    await shut.registry.close();
    closing.splice(closing.indexOf(shut.registry.close), 1);
    expect(await redeploy(shut, `${shut.registry.host}/web:v1`)).toEqual(
      says(500, `Connect to ${shut.registry.host} failed: Connection refused (Connection refused)`),
    );
  });

  it('a version that has changed meanwhile, and a Docker that is slow or away', async () => {
    const scene = await start({ dockerTimeoutMs: 50 });
    scene.registry.setTag('acme/web', 'v1', fakeImage('one', DOCKER));
    const message = 'rpc error: code = Unknown desc = update out of sequence';
    const on = { method: 'POST' };
    scene.engine.inject({ kind: 'status', status: 500, message, on, times: 1 });
    const image = `${scene.registry.host}/acme/web:v1`;
    expect(await redeploy(scene, image)).toEqual(says(500, message));
    const [{ id = '' } = {}] = (await scene.read('/api/services')) as { id?: string }[];
    scene.engine.inject({ kind: 'hang', on, times: 1 });
    expect(await scene.ask(`POST /api/services/${id}/redeploy`)).toEqual(
      says(408, 'Request timeout'),
    );
    scene.engine.inject({ kind: 'drop-after', on, times: 1 });
    const lost = await scene.ask(`POST /api/services/${id}/redeploy`);
    expect(lost.status).toBe(500);
    expect(Object.keys(JSON.parse(lost.text) as object)).toEqual(['cause', 'via', 'trace']);
  });

  it('a service that is not there', async () => {
    const { ask } = await start();
    const missing = says(404, 'service none not found');
    expect(await ask('POST /api/services/none/redeploy')).toEqual(missing);
    expect(await ask('GET /api/services/none')).toEqual(missing);
  });
});

describe('the rest of what Swarmpit answers', () => {
  it('has nothing to say at a path that it does not know, whoever asks', async () => {
    const { ask } = await start();
    const nothing = { status: 404, text: '', marked: false };
    expect(await ask('GET /services')).toEqual(nothing);
    expect(await ask('GET /api/nothing', {})).toEqual(nothing);
    expect(await ask('POST /api/services/none/none')).toEqual(nothing);
  });

  it('goes back by an ordinary update, and without a spec before says what Docker says', async () => {
    const { ask, engine } = await start();
    const { ID } = engine.addService({ name: 'web', image: `acme/web:v1@${DIGEST}` });
    expect(await ask(`POST /api/services/${ID}/rollback`)).toEqual(
      says(400, 'got EOF while reading request body'),
    );
    engine.changeSpec('web', (spec) => {
      spec.TaskTemplate.ContainerSpec.Image = 'acme/web:v2';
    });
    expect((await ask(`POST /api/services/${ID}/rollback`)).status).toBe(202);
    expect(engine.running('web')).toEqual([DIGEST]);
    expect(engine.service('web').UpdateStatus?.State).toBe('completed');
  });

  it('signs in for a day, and gives API tokens for ever, of which the newest is good', async () => {
    const { ask, swarmpit } = await start();
    expect(await ask('POST /login', {})).toEqual(says(400, 'Missing token'));
    const basic = (text: string) => ({
      authorization: `Basic ${Buffer.from(text).toString('base64')}`,
    });
    expect(await ask('POST /login', basic('admin:wrong'))).toEqual(
      says(401, 'The username or password you entered is incorrect.'),
    );
    const login = JSON.parse((await ask('POST /login', basic('admin:correct horse'))).text) as {
      token: string;
    };
    const claimsOf = (token: string) =>
      JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
        iat: number;
        exp?: number;
      };
    const { iat, exp = 0 } = claimsOf(login.token);
    expect(exp - iat).toBe(86_400);
    expect(claimsOf(swarmpit.token).exp).toBeUndefined();
    const authorization = login.token;
    const made = await ask('POST /api/api-token', { authorization });
    const { token } = JSON.parse(made.text) as { token: string };
    expect(token).toMatch(/^Bearer ey/);
    expect((await ask('GET /api/services', { authorization: token })).status).toBe(200);
    expect((await ask('GET /api/services')).text).toContain('Token discarded');
  });

  it('tells a service alike in the list and alone, with everything that it has', async () => {
    const { engine, read } = await start();
    const { ID } = engine.addService({
      name: 'shop_web',
      image: `registry.local:5000/web@${DIGEST}`,
      replicas: 2,
      labels: {
        'com.docker.stack.namespace': 'shop',
        'swarmpit.service.deployment.autoredeploy': 'true',
        'example.org/team': 'blue',
      },
      container: { Labels: { 'cd-helper.enabled': 'true', 'com.docker.stack.image': 'x' } },
    });
    const [one] = (await read('/api/services')) as unknown[];
    expect(await read(`/api/services/${ID}`)).toEqual(one);
    expect(one).toMatchObject({
      repository: {
        name: 'registry.local',
        tag: '5000/web',
        image: 'registry.local:5000/web',
        imageDigest: DIGEST,
      },
      mode: 'replicated',
      stack: 'shop',
      agent: null,
      immutable: null,
      replicas: 2,
      state: 'running',
      status: { tasks: { running: 2, total: 2 }, update: null, message: null },
      labels: [{ name: 'team', value: 'blue' }],
      containerLabels: [{ name: 'cd-helper.enabled', value: 'true' }],
      healthcheck: null,
      deployment: {
        update: { parallelism: 1, delay: 0, order: 'stop-first', failureAction: 'pause' },
        forceUpdate: 0,
        rollbackAllowed: false,
        autoredeploy: true,
      },
    });
    engine.addService({ name: 'other', image: 'acme/web:v1' });
    const [, other] = (await read('/api/services')) as { deployment: { autoredeploy: unknown } }[];
    expect(other?.deployment.autoredeploy).toBe(false);
  });

  it('tells tasks with what is known of them there, those that ended included', async () => {
    const { engine, read } = await start();
    const { ID } = engine.addService({ name: 'web', image: `acme/web:v1@${DIGEST}` });
    engine.addService({ name: 'all', image: 'acme/all:v1', mode: { Global: {} } });
    engine.changeSpec('web', (spec) => {
      spec.TaskTemplate.ContainerSpec.Image = 'acme/web:v2';
    });
    const tasks = (await read(`/api/services/${ID}/tasks`)) as Record<string, unknown>[];
    const [node] = engine.nodes;
    expect(tasks).toHaveLength(2);
    expect(tasks[0]).toEqual({
      id: expect.stringMatching(/^[a-z0-9]{25}$/),
      taskName: 'web.1',
      version: expect.any(Number),
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
      repository: { image: 'acme/web:v1', imageDigest: DIGEST },
      state: 'shutdown',
      status: { error: null },
      desiredState: 'shutdown',
      logdriver: 'json-file',
      serviceName: 'web',
      resources: expect.anything(),
      nodeId: node?.ID,
      nodeName: 'node-1',
      stats: null,
    });
    const all = (await read('/api/tasks')) as { taskName: string }[];
    expect(all.map(({ taskName }) => taskName)).toContain(`all.${node?.ID}`);
    expect(await read('/api/nodes')).toMatchObject([
      { id: node?.ID, nodeName: 'node-1', state: 'ready', availability: 'active', arch: 'x86_64' },
    ]);
  });

  it('tells the log of a service by task, since a time that must be given', async () => {
    const { ask, engine, read } = await start();
    const { ID } = engine.addService({ name: 'web', image: `acme/web:v1@${DIGEST}` });
    engine.setLog(DIGEST, ['it  starts', 'it works']);
    const [task] = engine.tasks('web');
    expect((await ask(`GET /api/services/${ID}/logs`)).status).toBe(400);
    expect(await read(`/api/services/${ID}/logs?since=15m`)).toEqual([
      { line: 'it  starts', timestamp: expect.stringMatching(/^20/), task: task?.ID },
      { line: 'it works', timestamp: expect.stringMatching(/^20/), task: task?.ID },
    ]);
  });

  it('counts of a job no task that runs, and all that were made', async () => {
    const { engine, read } = await start();
    engine.addService({
      name: 'nightly',
      image: 'acme/job:v1',
      mode: { ReplicatedJob: { MaxConcurrent: 2, TotalCompletions: 2 } },
    });
    engine.changeSpec('nightly', (spec) => {
      spec.TaskTemplate.ForceUpdate = 1;
    });
    expect(await read('/api/services')).toMatchObject([
      { mode: 'replicatedjob', replicas: null, status: { tasks: { running: 0, total: 4 } } },
    ]);
    const [task] = (await read('/api/tasks')) as { id: string; taskName: string }[];
    expect(task?.taskName).toBe(task?.id);
  });
});
