import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { type AttachedSandbox, attachSandbox } from '../../../sandbox/sandbox.ts';
import type { Engine } from '../../../sandbox/swarm/engine.ts';
import type { EngineService } from '../../../sandbox/swarm/services.ts';
import type { DeploymentView, Page, ServiceView } from '../../../src/core/contract/views.ts';
import { dockerFor, run } from '../../support/stage/docker.ts';
import { BUILD_IMAGE, importNodeImages, NODE_IMAGE } from '../../support/stage/node-images.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { sandboxStack } from '../../support/stage/sandbox-stack.ts';
import { API_TOKEN, HOOK_SECRET } from '../../support/program/start-helper.ts';

const ROOT = join(import.meta.dirname, '../../..');
const STACK = 'deploy';
const SELF = 'deploy_cd-helper';
const REPOSITORY = 'deploy/cd-helper';
const ENDED = ['succeeded', 'failed', 'rolled-back', 'superseded', 'skipped'];
const PATIENCE_MS = 90_000;

/**
 * A version that changes the store as the next one's migrations may, and then cannot run. It is
 * restarted, so what it changes it changes once.
 */
const CRASHING = `
import { createRequire } from 'node:module';
const Database = createRequire('/app/dist/main.js')('better-sqlite3');
const store = new Database('/data/cd-helper.db');
const version = store.pragma('user_version', { simple: true });
const isChanged = store.prepare("SELECT 1 FROM sqlite_master WHERE name = 'of_the_next'").get();
if (isChanged === undefined) {
  store.exec('CREATE TABLE of_the_next (id TEXT)');
  store.pragma('user_version = ' + (version + 1));
}
store.close();
console.error('the next version cannot run');
process.exit(3);
`;

type OpenApi = { readonly info: { readonly version: string } };
type EngineSpec = EngineService & { readonly Spec: { readonly UpdateConfig: object } };

describe('the helper as a service of the Swarm', () => {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-'));
  let sandbox: AttachedSandbox;
  let engine: Engine;
  let docker: ReturnType<typeof dockerFor>;
  let image: string;
  let url: string;

  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${url}/api/v1${path}`, {
      headers: { authorization: `Bearer ${API_TOKEN}` },
      signal: AbortSignal.timeout(5_000),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };

  const versionText = async (): Promise<string> =>
    (await fetch(`${url}/version.txt`, { signal: AbortSignal.timeout(2_000) })).text();

  const deploymentsOf = async (service: string): Promise<readonly DeploymentView[]> =>
    (await get<Page<DeploymentView>>(`/deployments?service=${service}`)).items;

  /** Also while the helper is being replaced; newest first. */
  const whenEnded = (service: string, count: number): Promise<readonly DeploymentView[]> =>
    waitUntil(
      async () => {
        const items = await deploymentsOf(service);
        if (items.length === count && items.every(({ state }) => ENDED.includes(state)))
          return items;
        throw new Error(JSON.stringify(items, null, 1));
      },
      { what: `deployment ${count} of ${service} has ended`, withinMs: PATIENCE_MS, everyMs: 200 },
    );

  const post = async (name: string): Promise<void> => {
    const answer = await fetch(`${url}/hooks/${HOOK_SECRET}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ image: name }),
      signal: AbortSignal.timeout(5_000),
    });
    expect(answer.status).toBe(202);
  };

  /** Runs the script that validates a checkout; with `VERIFY=yes` it checks and tests all as well. */
  const verify = (args: Readonly<Record<string, string>>): Promise<string> =>
    run(
      'sh',
      [
        join(ROOT, 'verify-w-docker.sh'),
        '--network=none',
        ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
      ],
      {
        env: {
          DOCKER_HOST: engine.url,
          DOCKER_CONFIG: `${engine.folder}/docker-config`,
          DOCKER_BUILDKIT: '0',
          IMAGE: 'helper:first',
          VERSION: 'v1.2.3',
          REVISION: 'first',
        },
      },
    );

  /** Pushes what was built as the helper's next version, and gives its digest. */
  const pushSelf = async (built: string): Promise<string> => {
    await docker(['tag', built, image]);
    const output = await docker(['push', image]);
    return /digest: (sha256:[0-9a-f]{64})/.exec(output)?.[1] ?? output;
  };

  /** A version that differs from the one that was built in a few files. */
  const derive = async (
    tag: string,
    files: Readonly<Record<string, string>>,
    lines: readonly string[],
  ): Promise<string> => {
    const context = join(folder, tag);
    mkdirSync(context);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(context, name), text);
    writeFileSync(join(context, 'Dockerfile'), ['FROM helper:first', ...lines, ''].join('\n'));
    await docker(['build', '--tag', `helper:${tag}`, context]);
    return `helper:${tag}`;
  };

  beforeAll(async () => {
    sandbox = attachSandbox(ownSandbox());
    engine = sandbox.engines[0];
    docker = dockerFor(engine);
    image = sandbox.image(REPOSITORY, 'latest');
    url = `http://${engine.engineAddress}:8080`;
    await importNodeImages(docker, join(folder, 'images'));
    const built = await verify({ NODE_IMAGE, BUILD_IMAGE, VERIFY: process.env['VERIFY'] ?? 'no' });
    expect(built).toMatch(/verify: passed: helper:first, \d+ MB\n$/);
    await pushSelf('helper:first');

    const secrets = { 'cd-helper-hook': HOOK_SECRET, 'cd-helper-api': API_TOKEN };
    for (const [Name, value] of Object.entries(secrets)) {
      const Data = Buffer.from(value).toString('base64');
      await engine.api.call('POST', '/secrets/create', { body: { Name, Data } });
    }
    await docker(['node', 'update', '--label-add', 'cd-helper=true', 'engine-1']);
    const file = join(folder, 'stack.yml');
    writeFileSync(file, sandboxStack(join(ROOT, 'deploy/stack.plain.yml')));
    await docker(['stack', 'deploy', '--compose-file', file, STACK], {
      env: {
        CD_HELPER_IMAGE: image,
        CD_HELPER_REGISTRY_INSECURE: sandbox.registry.host,
        CD_HELPER_MONITOR: '2s',
        DOCKER_SOCKET: engine.socket,
        DOCKER_GID: String(statSync(engine.socket).gid),
      },
    });
    await engine.services.converged(SELF);
  }, 600_000);

  afterAll(async () => {
    if (process.env['SHOW_HELPER'] !== undefined) {
      process.stderr.write(await docker(['service', 'logs', '--raw', SELF]).catch(String));
      process.stderr.write(await docker(['service', 'ps', '--no-trunc', SELF]).catch(String));
    }
    await engine.services.remove(SELF, 'deploy-web');
    await waitUntil(
      async () => (await docker(['volume', 'rm', '--force', `${STACK}_data`])) && true,
      { what: 'the volume is free', withinMs: 30_000, everyMs: 200 },
    );
    await docker(['secret', 'rm', 'cd-helper-hook', 'cd-helper-api']).catch(() => {});
    await docker(['node', 'update', '--label-rm', 'cd-helper', 'engine-1']).catch(() => {});
    await sandbox.close();
    rmSync(folder, { recursive: true });
  });

  test('is validated by a script that fails where the build does', async () => {
    const failing = verify({ NODE_IMAGE, BUILD_IMAGE: NODE_IMAGE });
    await expect(failing).rejects.toThrow(
      /: 1\n[^]*verify: FAILED at commit-messages: the last step above/,
    );
  });

  test('shows its pages from the image', async () => {
    const page = await (await fetch(`${url}/`)).text();
    const parts = [...page.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, part = '']) => part);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of [...parts, 'docs/static/swagger-ui-bundle.js', 'openapi.json']) {
      const answer = await fetch(`${url}/${part}`);
      expect([part, answer.status]).toEqual([part, 200]);
      await answer.arrayBuffer();
    }
  });

  test('says everywhere which version it was built as', async () => {
    const { info } = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApi;
    expect(info.version).toBe('1.2.3');
    expect(await docker(['run', '--rm', image, '--version'])).toBe('1.2.3\n');
    expect(
      await docker(['image', 'inspect', '--format', '{{json .Config.Labels}}', image]),
    ).toContain('"org.opencontainers.image.version":"v1.2.3"');
  });

  test('redeploys another service', async () => {
    const one = await sandbox.pushImage('deploy/web', 'v1', good('one'));
    await engine.services.deploy({
      name: 'deploy-web',
      image: sandbox.image('deploy/web', 'v1', one.digest),
    });
    const two = await sandbox.pushImage('deploy/web', 'v1', good('two'));
    await post(sandbox.image('deploy/web', 'v1'));
    const [deployment] = await whenEnded('deploy-web', 1);
    expect(deployment).toMatchObject({ state: 'succeeded', from: one.digest, to: two.digest });
    expect(await engine.services.runningDigests('deploy-web')).toEqual([two.digest]);
    expect(await versionText()).toBe('1.2.3 first\n');
  });

  test('redeploys itself after the others, and the new one tells how it went', async () => {
    const second = await derive(
      'second',
      { 'build.json': '{"version":"1.2.4","revision":"second"}' },
      ['COPY build.json /app/dist/build.json'],
    );
    const digest = await pushSelf(second);
    await sandbox.pushImage('deploy/web', 'v1', good('three'));
    await post(sandbox.image('deploy/web', 'v1'));
    await waitUntil(async () => ((await deploymentsOf('deploy-web')).length === 2 ? true : null), {
      what: 'the other deployment is under way',
      withinMs: PATIENCE_MS,
    });
    await post(image);
    const [deployment] = await whenEnded(SELF, 1);
    expect(deployment).toMatchObject({ state: 'succeeded', to: digest });
    const [other, before] = await whenEnded('deploy-web', 2);
    expect([other?.state, before?.state]).toEqual(['succeeded', 'succeeded']);
    // It was asked for while the other was under way, and waited for its end.
    expect(String(other?.endedAt) > String(deployment?.queuedAt)).toBe(true);
    expect(String(other?.endedAt) <= String(deployment?.startedAt)).toBe(true);
    expect(await versionText()).toBe('1.2.4 second\n');
    expect(await engine.services.runningDigests(SELF)).toEqual([digest]);
  });

  test('comes back from a version of itself that cannot run', async () => {
    const crashing = await derive('crashing', { 'crash.mjs': CRASHING }, [
      'COPY crash.mjs /app/crash.mjs',
      'ENTRYPOINT ["node", "/app/crash.mjs"]',
    ]);
    const before = await engine.services.runningDigests(SELF);
    const digest = await pushSelf(crashing);
    await post(image);
    const [deployment, earlier] = await whenEnded(SELF, 2);
    expect(deployment).toMatchObject({
      state: 'rolled-back',
      reason: 'task-failed',
      to: digest,
      failure: { exitCode: 3 },
    });
    expect(deployment?.failure?.log).toContain('the next version cannot run');
    expect(earlier).toMatchObject({ state: 'succeeded' });
    expect(await versionText()).toBe('1.2.4 second\n');
    await engine.services.converged(SELF);
    expect(await engine.services.runningDigests(SELF)).toEqual(before);
    const { items } = await get<Page<ServiceView>>(`/services?q=${SELF}`);
    expect(items).toMatchObject([{ name: SELF, verdict: 'held' }]);
  });

  test('leaves itself alone where the engine would not take it back', async () => {
    const { ID, Version, Spec } = await engine.api.call<EngineSpec>('GET', `/services/${SELF}`);
    await engine.api.call('POST', `/services/${ID}/update?version=${Version.Index}`, {
      body: { ...Spec, UpdateConfig: { ...Spec.UpdateConfig, FailureAction: 'pause' } },
    });
    const version = await engine.services.versionOf(SELF);
    await pushSelf('helper:first');
    await post(image);
    const [deployment] = await whenEnded(SELF, 3);
    expect(deployment).toMatchObject({ state: 'skipped', reason: 'own-service-needs-rollback' });
    expect(await engine.services.versionOf(SELF)).toBe(version);
  });
});
