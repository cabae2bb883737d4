import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { type CommandResult, runCommand } from '../../support/program/run-command.ts';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine/fake-engine.ts';
import { startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';
import { startSwarmpitDouble } from '../../support/swarmpit/swarmpit-double.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

const opened: { readonly close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

const startEngine = async (): Promise<FakeEngine> => {
  const engine = await startFakeEngine();
  opened.push(engine);
  engine.addService({ name: 'web', image: 'acme/web:v1' });
  return engine;
};
const checkConfig = async (
  clusters: readonly object[],
  more: Readonly<Record<string, unknown>> = {},
): Promise<CommandResult> => {
  const folder = mkdtempSync(join(tmpdir(), 'check-'));
  const file = join(folder, 'config.yml');
  writeFileSync(file, JSON.stringify({ store: join(folder, 'store.db'), clusters, ...more }));
  try {
    return await runCommand({ url: 'http://none.invalid' }, 'check-config', '--config', file);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

it('check-config tells of two clusters that are one Swarm, and of none that are not', async () => {
  const [one, two] = [await startEngine(), await startEngine()];
  const swarmpit = await startSwarmpitDouble({ engineUrl: one.url });
  opened.push(swarmpit);
  const far = { name: 'far', type: 'swarmpit', url: swarmpit.url, token: swarmpit.token };
  const near = (engine: FakeEngine) => ({
    name: 'near',
    type: 'engine',
    url: engine.url.replace('http:', 'tcp:'),
  });
  const same = await checkConfig([near(one), far]);
  expect(same.stdout).toContain('✗ clusters: near and far are the same Swarm');
  expect(same.code).toBe(1);
  const different = await checkConfig([near(two), far]);
  expect(different.stdout).toContain('✓ clusters: no two were found to be the same Swarm');
});

it.each<[string, Readonly<Record<string, unknown>>, string | null]>([
  ['over TLS', { publicUrl: 'https://cd.example.org' }, null],
  ['from this machine only', { listen: '127.0.0.1:8080' }, null],
  [
    'over TLS if a trusted proxy says so (X-Forwarded-Proto)',
    { trustedProxies: ['10.0.0.0/8'] },
    null,
  ],
  [
    'tokens and sessions are sent over HTTP to http://cd.example.org',
    { publicUrl: 'http://cd.example.org' },
    'put TLS before the helper, and set publicUrl to the https:// address',
  ],
  [
    'publicUrl is not set: tokens and sessions may be sent over HTTP',
    {},
    'put TLS before the helper, and set publicUrl to the https:// address',
  ],
])('check-config says of signing in: %s', async (detail, more, hint) => {
  const engine = await startEngine();
  const url = engine.url.replace('http:', 'tcp:');
  const { stdout } = await checkConfig([{ name: 'near', type: 'engine', url }], more);
  const said = stdout.split('\n');
  const at = said.indexOf(`✓ sign-in: ${detail}`);
  expect(at).toBeGreaterThan(-1);
  if (hint !== null) expect(said[at + 1]).toBe(`    ${hint}`);
});

it('check-config tells what a Swarmpit cannot do, and until when its token is valid', async () => {
  const engine = await startEngine();
  const options = { engineUrl: engine.url, tellsTasks: false, apiTokenDays: 30 };
  const { url, token, close } = await startSwarmpitDouble(options);
  opened.push({ close });
  const { stdout, code } = await checkConfig([{ name: 'far', type: 'swarmpit', url, token }]);
  expect(stdout).toMatch(
    /✓ cluster far: Swarmpit 1\.10, .*, 1 services; it does not show tasks, so rollouts are judged by how many run; the token of Swarmpit expires at 20/,
  );
  expect(code).toBe(1);
  expect(stdout).not.toContain('✗ cluster');
});

describe('check-config reaches', () => {
  const folder = mkdtempSync(join(tmpdir(), 'check-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const linesOf = async (config: object): Promise<readonly string[]> => {
    const file = join(folder, 'config.yml');
    writeFileSync(file, JSON.stringify({ store: join(folder, 'store.db'), ...config }));
    const { stdout } = await runCommand(
      { url: 'http://none.invalid' },
      'check-config',
      '--config',
      file,
    );
    return stdout.split('\n');
  };

  it('mirrors, each once', async () => {
    const registry = await startFakeRegistry();
    opened.push(registry);
    const lines = await linesOf({
      registries: [
        { host: registry.host, insecure: true, mirrors: ['127.0.0.1:1', '127.0.0.1:2'] },
        { host: '127.0.0.1:2', insecure: true, mirror: '127.0.0.1:1' },
      ],
    });
    const told = lines.filter((line) => line.includes(' registry '));
    expect(told.map((line) => line.split(':').slice(0, 2).join(':'))).toEqual([
      `✓ registry ${registry.host}`,
      '✗ registry 127.0.0.1:1',
      '✗ registry 127.0.0.1:2',
    ]);
  });

  it.each([
    ['missing', null, '✗ docker config: FILE cannot be read (ENOENT)'],
    ['something else', '[]', '✗ docker config: FILE: it is not in the format of Docker'],
    ['empty', '{}', '✓ docker config: FILE: no sign-ins'],
    [
      'full',
      '{"auths":{"https://index.docker.io/v1/":{"auth":"YTpi"}},"credHelpers":{"ghcr.io":"x"},"credsStore":"pass"}',
      '✓ docker config: FILE: docker.io, ghcr.io, whatever pass knows',
    ],
  ])('a Docker config that is %s', async (what, content, expected) => {
    const dockerConfig = join(folder, `${what}.json`);
    if (content !== null) writeFileSync(dockerConfig, content);
    expect(await linesOf({ dockerConfig })).toContain(expected.replace('FILE', dockerConfig));
  });
});

it('check-config leaves no store behind, and one that is there as it is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'check-'));
  const store = join(folder, 'store.db');
  const file = join(folder, 'config.yml');
  writeFileSync(file, JSON.stringify({ store }));
  const check = () => runCommand({ url: 'http://none.invalid' }, 'check-config', '--config', file);
  try {
    expect((await check()).stdout).toContain(`✓ store: ${store}`);
    expect(readdirSync(folder)).toEqual(['config.yml']);
    const deeper = join(folder, 'not', 'there', 'store.db');
    writeFileSync(file, JSON.stringify({ store: deeper }));
    expect((await check()).stdout).toContain(`✓ store: ${deeper}`);
    expect(readdirSync(folder)).toEqual(['config.yml']);
    writeFileSync(file, JSON.stringify({ store }));
    await openStore(store).close();
    expect((await check()).stdout).toContain(`✓ store: ${store}`);
    expect(readdirSync(folder)).toEqual(['config.yml', 'store.db']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Runs `check-config` beside a mount at `folder`, made by the script, that ends with the command. */
const checkOnMount = async (folder: string, script: string) => {
  const run = `${script} && shift && exec "$@"`;
  return promisify(execFile)(
    'unshare',
    ['--mount', 'sh', '-c', run, 'sh', folder, process.execPath, MAIN, 'check-config'],
    { env: { PATH: process.env['PATH'], CD_HELPER_STORE: join(folder, 'store.db') } },
  ).catch((error: unknown) => error as { stdout: string });
};

describe.skipIf(process.getuid?.() !== 0)('check-config tells of a store on a file system', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'check-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('that is mounted read-only', async () => {
    const script = 'mount -t tmpfs tmpfs "$1" && mount -o remount,ro "$1"';
    const { stdout } = await checkOnMount(folder, script);
    expect(stdout).toMatch(/✗ store: .*EROFS.*check that its file system is not mounted read-only/);
  });

  it('that does not answer, and ends all the same', async () => {
    // Whoever opened it would have to answer, and does not.
    const options = 'fd=3,rootmode=40000,user_id=0,group_id=0';
    const script = `exec 3<>/dev/fuse && mount -i -t fuse -o ${options} none "$1"`;
    const { stdout } = await checkOnMount(folder, script);
    expect(stdout).toMatch(
      /✗ store: .*no answer from its file system within 10 s: is it on a network mount/,
    );
  });
});
