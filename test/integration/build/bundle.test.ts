import { execFile } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LockedPackages, thirdPartyLicences } from '../../../deploy/third-party-licences.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { buildServer } from '../../../scripts/server-build.ts';
import { startFakeEngine } from '../../support/fake-engine/fake-engine.ts';
import { startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';
import { API_TOKEN, startHelper } from '../../support/program/start-helper.ts';

const ROOT = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

/** Within the checkout, where it finds what is kept apart from it. */
let bundle: string;
let folder: string;
let bundled: readonly string[];
beforeAll(async () => {
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  bundle = mkdtempSync(join(ROOT, '.cache/bundle-'));
  folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  bundled = await buildServer(bundle);
});
afterAll(() => {
  for (const one of [bundle, folder]) rmSync(one, { recursive: true });
});

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const files = () => globSync('*.js', { cwd: bundle }).map((name) => join(bundle, name));

it('holds every library but the one with a binary', () => {
  const imported = files().flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\b(?:from|import)\s*\(?["']([\w@/:-]+)["']/g)].map(
      ([, name = '']) => name,
    ),
  );
  const libraries = imported.filter((name) => !isBuiltin(name));
  expect([...new Set(libraries)]).toEqual(['better-sqlite3']);
});

it('holds no library whose licence the image lacks', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: LockedPackages };
  const named = [...thirdPartyLicences(packages).matchAll(/^={80}\n\n(\S+) /gm)].map(
    ([, name = '']) => name,
  );
  expect(bundled).toContain('fastify');
  expect(bundled.filter((name) => !named.includes(name))).toEqual([]);
});

it('is plain ASCII, and its functions keep their names for traces', () => {
  const texts = files().map((file) => readFileSync(file));
  expect(texts.every((text) => text.every((byte) => byte < 0x80))).toBe(true);
  expect(texts.some((text) => text.includes('createLineWriter='))).toBe(true);
});

it('is built from sources that use no part of undici that it leaves out', () => {
  const used = globSync('src/**/*.ts', { cwd: ROOT }).flatMap((file) =>
    [...read(file).matchAll(/import \{([^}]*)\} from 'undici'/g)].flatMap(([, names = '']) =>
      names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && !name.startsWith('type ')),
    ),
  );
  const parts = ['Pool', 'ProxyAgent', 'buildConnector', 'request'];
  expect([...new Set(used)].toSorted()).toEqual(parts);
});

it('deploys, and shows its page of the API', async () => {
  const engine = await startFakeEngine({ pace: 'real', speed: 20 });
  const registry = await startFakeRegistry();
  try {
    const image = (digest: string) => `${registry.host}/acme/web:v1@${digest}`;
    const first = registry.setTag('acme/web', 'v1', 'one');
    engine.addService({ name: 'web', image: image(first), replicas: 1 });
    const secret = 'of-tests-only-and-long-enough';
    const helper = await startHelper({
      main: join(bundle, 'main.js'),
      store: join(folder, 'store.db'),
      config: {
        clusters: [{ name: 'production', type: 'engine', url: engine.url }],
        registries: [{ host: registry.host, insecure: true }],
        // What is loaded only where it is configured.
        forges: [
          {
            type: 'gitea',
            url: 'http://127.0.0.1:9',
            token: secret,
            sources: { 'acme/web': 'acme/web' },
          },
        ],
      },
      secrets: [secret],
    });
    const second = registry.setTag('acme/web', 'v1', 'two');
    expect((await helper.postHook({ image: `${registry.host}/acme/web:v1` })).status).toBe(202);
    const [deployment] = await waitUntil(
      async () => {
        const all = await helper.deployments();
        return all.length === 1 && all[0]?.endedAt !== null ? all : null;
      },
      { what: 'the deployment has ended', withinMs: 60_000, everyMs: 50 },
    );
    expect(deployment).toMatchObject({ state: 'succeeded', from: first, to: second });
    for (const path of ['/docs/static/swagger-ui-bundle.js', '/openapi.json', '/metrics']) {
      const headers = { authorization: `Bearer ${API_TOKEN}` };
      const answer = await fetch(helper.url + path, { headers });
      expect([path, answer.status]).toEqual([path, 200]);
      await answer.arrayBuffer();
    }
    expect(await helper.stop()).toBe(0);
  } finally {
    await engine.close();
    await registry.close();
  }
});

it('knows its version, and tries a store in a process of its own', async () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  const main = join(bundle, 'main.js');
  expect((await run(process.execPath, [main, '--version'])).stdout).toBe(`${version}\n`);
  const config = join(folder, 'config.yml');
  writeFileSync(config, `store: ${join(folder, 'other.db')}\n`, { mode: 0o600 });
  const env = { CD_HELPER_HOOK_SECRET: 'of-tests-only-and-long-enough' };
  const checked = await run(process.execPath, [main, 'check-config', '--config', config], {
    env,
  }).catch((error: unknown) => error as { stdout: string; stderr: string });
  expect(`${checked.stdout}${checked.stderr}`).toMatch(/store.*other\.db/);
});
