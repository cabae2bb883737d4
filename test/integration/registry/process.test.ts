import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { Page, RegistryView } from '../../../src/core/contract/views.ts';
import type { RunView } from '../../../src/core/contract/run-views.ts';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine/fake-engine.ts';
import {
  type FakeRegistryOptions,
  startFakeRegistry,
} from '../../support/fake-registry/fake-registry.ts';
import { runProgram } from '../../support/program/run-program.ts';
import { API_TOKEN, type RunningHelper, startHelper } from '../../support/program/start-helper.ts';

/** The registry client as a running helper uses it, all the way from its configuration to the engine. */
let folder: string;
let engine: FakeEngine;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'registry-process-'));
  engine = await startFakeEngine({ pace: 'real', speed: 20 });
});
afterEach(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

const startRegistry = async (options: FakeRegistryOptions) => {
  const registry = await startFakeRegistry(options);
  onTestFinished(() => registry.close());
  return registry;
};

const start = async (
  config: Readonly<Record<string, unknown>>,
  more: Partial<Parameters<typeof startHelper>[0]> = {},
): Promise<RunningHelper> => {
  const helper = await startHelper({
    store: join(folder, 'store.db'),
    config: { clusters: [{ name: 'production', type: 'engine', url: engine.url }], ...config },
    ...more,
  });
  onTestFinished(async () => void (await helper.stop()));
  return helper;
};

const ended = async (helper: RunningHelper, service: string, count: number): Promise<void> => {
  await waitUntil(
    async () => {
      const all = await helper.deployments(`?service=${service}`);
      return (all.length === count && all.every(({ endedAt }) => endedAt !== null)) || null;
    },
    { what: `deployment ${count} of ${service} has ended`, withinMs: 20_000, everyMs: 20 },
  );
};

const dryRun = async (helper: RunningHelper): Promise<RunView> =>
  (await (await helper.post('/smart-redeploy', { dryRun: true })).json()) as RunView;

describe('the credentials of a registry', () => {
  test('go to the engine with each update, as the credential helper gives them then', async () => {
    // Asked without any: so no refusal makes the helper ask for others.
    const registry = await startRegistry({});
    const calls = join(folder, 'calls');
    const secretFile = join(folder, 'secret');
    writeFileSync(secretFile, 'password-0');
    // As Docker runs it: the host on standard input, one line and no more.
    writeFileSync(
      join(folder, 'docker-credential-rotating'),
      [
        '#!/bin/sh',
        'read -r server',
        `echo "$1 $server" >> ${calls}`,
        `printf '{"ServerURL":"%s","Username":"acme","Secret":"%s"}' "$server" "$(cat ${secretFile})"`,
        '',
      ].join('\n'),
      { mode: 0o755 },
    );
    const dockerConfig = join(folder, 'config.json');
    writeFileSync(
      dockerConfig,
      JSON.stringify({ credHelpers: { [registry.host]: 'rotating' }, credsStore: 'other' }),
      { mode: 0o600 },
    );
    const passwords = ['password-0', 'password-1', 'password-2'];
    const helper = await start(
      { dockerConfig, registries: [{ host: registry.host, insecure: true }] },
      { env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` }, secrets: passwords },
    );
    const from = registry.setTag('acme/web', 'v1', 'web 0');
    engine.addService({ name: 'web', image: `${registry.host}/acme/web:v1@${from}` });
    for (const [index, password] of passwords.entries()) {
      writeFileSync(secretFile, password);
      const digest = registry.setTag('acme/web', 'v1', `web ${index + 1}`);
      await helper.postHook({ image: `${registry.host}/acme/web:v1`, digest });
      await ended(helper, 'web', index + 1);
    }
    const sent = engine.updates.map(({ registryAuth }) =>
      JSON.parse(Buffer.from(registryAuth ?? '', 'base64url').toString()),
    );
    expect(sent).toEqual(
      passwords.map((password) => ({
        username: 'acme',
        password,
        serveraddress: registry.host,
      })),
    );
    const asked = readFileSync(calls, 'utf8').trim().split('\n');
    expect(new Set(asked)).toEqual(new Set([`get ${registry.host}`]));
    expect((await helper.deployments()).map(({ state }) => state)).toEqual([
      'succeeded',
      'succeeded',
      'succeeded',
    ]);
  });

  test('are not sent to its mirror, which is asked as the operator says of it', async () => {
    const registry = await startRegistry({
      signIn: { kind: 'basic', users: { acme: 'password-own' } },
    });
    const mirror = await startRegistry({
      signIn: { kind: 'basic', users: { reader: 'password-mirror' } },
    });
    const from = registry.setTag('acme/web', 'v1', 'one');
    const to = mirror.setTag('acme/web', 'v1', 'two');
    engine.addService({ name: 'web', image: `${registry.host}/acme/web:v1@${from}` });
    const helper = await start(
      {
        registries: [
          {
            host: registry.host,
            insecure: true,
            mirror: mirror.host,
            username: 'acme',
            password: 'password-own',
          },
          { host: mirror.host, insecure: true, username: 'reader', password: 'password-mirror' },
        ],
      },
      { secrets: ['password-own', 'password-mirror'] },
    );
    expect((await dryRun(helper)).services).toMatchObject([{ verdict: 'obsolete', published: to }]);
    expect(registry.count()).toBe(0);
    const shown = new Set(mirror.requests.map(({ headers }) => headers.authorization));
    const basic = Buffer.from('reader:password-mirror').toString('base64');
    expect([...shown].filter((text) => text !== undefined)).toEqual([`Basic ${basic}`]);
  });
});

describe('the limit of a registry', () => {
  const startLimited = () =>
    startRegistry({
      quota: { limit: 100, remaining: 12, windowSeconds: 21_600, source: '192.0.2.1' },
    });

  test('is kept as it was told last, and shown', async () => {
    const registry = await startLimited();
    const from = registry.setTag('acme/web', 'v1', 'one');
    registry.setTag('acme/web', 'v1', 'two');
    engine.addService({ name: 'web', image: `${registry.host}/acme/web:v1@${from}` });
    const helper = await start({ registries: [{ host: registry.host, insecure: true }] });
    const shown = async () =>
      (await helper.get<Page<RegistryView>>('/registries')).items.find(
        ({ host }) => host === registry.host,
      );
    await dryRun(helper);
    expect(await shown()).toMatchObject({
      // Reading what differs has taken one.
      quota: { limit: 100, remaining: 11, windowSeconds: 21_600 },
    });
    const metrics = await fetch(`${helper.url}/metrics`, {
      headers: { authorization: `Bearer ${API_TOKEN}` },
    });
    expect(await metrics.text()).toContain(
      `cd_helper_registry_pulls_remaining{registry="${registry.host}"} 11`,
    );
  });

  test.each([
    [12, 'unknown', 'rate-limited'],
    [11, 'obsolete', null],
  ])(
    'less a reserve of %i is the budget of SmartRedeploy: then it is %s',
    async (quotaReserve, verdict, reason) => {
      const registry = await startLimited();
      const from = registry.setTag('acme/web', 'v1', 'one');
      registry.setTag('acme/web', 'v1', 'two');
      engine.addService({ name: 'web', image: `${registry.host}/acme/web:v1@${from}` });
      const helper = await start({
        registries: [{ host: registry.host, insecure: true, quotaReserve }],
      });
      // What is left is known once it was asked.
      await dryRun(helper);
      const asked = registry.count();
      expect((await dryRun(helper)).services).toMatchObject([{ verdict, reason }]);
      expect(registry.count()).toBe(asked + (verdict === 'unknown' ? 0 : 1));
      const { out, status } = await runProgram(['smart-redeploy', '--dry-run'], {
        env: { CD_HELPER_URL: helper.url, CD_HELPER_API_TOKEN: API_TOKEN },
      });
      expect(out).toContain(reason ?? verdict);
      expect(status).toBe(verdict === 'unknown' ? 3 : 0);
      // A hook is somebody's push, for which a look costs nothing.
      await helper.postHook({ image: `${registry.host}/acme/web:v1` });
      await ended(helper, 'web', 1);
    },
  );
});
