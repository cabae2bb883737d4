import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createIntake, type HookSecret } from '../../../src/intake/intake.ts';
import { SENDERS } from '../../../src/intake/senders.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { formatProblems } from '../../../src/config/source/problem.ts';
import { readTextFile } from '../../../src/config/files/read-text-file.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';
import { digestOf, serviceOf } from '../../support/http/api-samples.ts';
import { problem, startFakeHelper } from '../../support/program/fake-helper.ts';
import { runCli } from '../../support/program/run-cli.ts';

const SECRET = 'a-secret/that is odd'.replaceAll(' ', '-');

test.each([
  [[], 2, /Usage: cd-helper/],
  [['--help'], 0, /Exit status: 0 success/],
  [['--version'], 0, /^1\.2\.3\n$/],
  [['smart-redeploy', '--help'], 0, /Examples:/],
  [['statsu'], 2, /Did you mean status\?/],
  [['status', '--nope'], 2, /unknown option.*\n.*--help/],
  [['deployments', '--limit', '0'], 2, /whole number/],
  [['freeze'], 2, /--reason/],
  [['freeze', '--reason', 'x', '--for', '2'], 2, /A duration such as/],
  [['hook', 'send'], 2, /--image/],
  [['status', '--url', 'nowhere'], 2, /no address of a helper/],
])('%j ends with %i', async (argv, expected, message) => {
  const { status, out, err } = await runCli(argv);
  expect(`${out}${err}`).toMatch(message);
  expect(status).toBe(expected);
});

test("serve is given the configuration, and its status is the program's", async () => {
  const seen: number[] = [];
  const { status } = await runCli(['serve'], {
    env: { CD_HELPER_LISTEN: '127.0.0.1:9' },
    serve: async ({ listen }) => {
      seen.push(listen.port);
      return 1;
    },
  });
  expect([status, seen]).toEqual([1, [9]]);
});

test.each(['serve', 'check-config', 'hook url'])(
  '%s tells every mistake of the configuration',
  async (command) => {
    const { status, err, out } = await runCli([...command.split(' '), '--config', 'c.yaml'], {
      files: { 'c.yaml': 'listn: x\nstore: []\n' },
    });
    expect(err).toContain('The configuration has 2 mistakes:');
    expect(err).toContain('c.yaml:1:1  listn');
    expect(out).toBe('');
    expect(status).toBe(1);
  },
);

test('check-config tells each check with what to do, and ends with 1 where one failed', async () => {
  const signals: AbortSignal[] = [];
  const { status, out } = await runCli(['check-config'], {
    checks: () => [
      { name: 'cluster a', run: async () => ({ ok: true, detail: 'Docker Engine 20.10' }) },
      {
        name: 'registry b',
        run: async (signal) => {
          signals.push(signal);
          return { ok: false, detail: 'sign-in refused', hint: 'check username' };
        },
      },
      { name: 'cluster c', run: () => Promise.reject(new Error('it broke')) },
    ],
  });
  expect(out).toBe(`configuration: from variables alone
✓ cluster a: Docker Engine 20.10
✗ registry b: sign-in refused
    check username
✗ cluster c: it broke
2 of 3 failed.
`);
  expect(status).toBe(1);
  expect(signals[0]?.aborted).toBe(false);
});

test('check-config --json, all well', async () => {
  const { status, out } = await runCli(['check-config', '--json'], {
    checks: () => [{ name: 'cluster a', run: async () => ({ ok: true, detail: 'x' }) }],
  });
  expect(JSON.parse(out)).toMatchObject({ ok: true, checks: [{ name: 'cluster a', ok: true }] });
  expect(status).toBe(0);
});

test('checks run beside each other, and not too many', async () => {
  let running = 0;
  let most = 0;
  const gate = Promise.withResolvers<void>();
  const { status } = await runCli(['check-config'], {
    checks: () =>
      Array.from({ length: 20 }, (_, index) => ({
        name: String(index),
        run: async () => {
          running += 1;
          most = Math.max(most, running);
          if (running === 8) gate.resolve();
          await gate.promise;
          running -= 1;
          return { ok: true, detail: '' };
        },
      })),
  });
  expect([status, most]).toEqual([0, 8]);
});

test('hook url prints an address for each secret, and where it goes', async () => {
  const { status, out } = await runCli(['hook', 'url'], {
    env: { CD_HELPER_HOOK_SECRET: SECRET, CD_HELPER_PUBLIC_URL: 'https://ci.local/cd-helper/' },
  });
  expect(out).toContain(`https://ci.local/cd-helper/hooks/${encodeURIComponent(SECRET)}\n`);
  expect(out).toContain('Docker Hub: repository → Webhooks');
  expect(status).toBe(0);
});

test('hook url keeps to the senders that a secret is for', async () => {
  const files = {
    'c.yaml': `hooks: { secrets: [ { name: hub, value: ${SECRET}, senders: [docker-hub] } ] }`,
  };
  const { out, err } = await runCli(['hook', 'url', '--config', 'c.yaml'], { files });
  expect(out).toContain('Docker Hub');
  expect(out).not.toMatch(/Quay|curl/);
  expect(err).toContain('publicUrl');
  const none = await runCli(['hook', 'url', '--sender', 'quay', '--config', 'c.yaml'], { files });
  expect([none.status, none.err]).toEqual([1, expect.stringContaining('openssl rand -hex 24')]);
});

const SENT = SENDERS.map(({ name }) => {
  const hosts: Readonly<Record<string, string>> = {
    github: 'ghcr.io',
    azure: 'acme.azurecr.io',
    'aws-ecr': '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
    'google-artifact-registry': 'europe-docker.pkg.dev',
    quay: 'quay.io',
    jfrog: 'docker-local.acme.test',
    nexus: 'nexus.acme.test',
    gitea: 'git.acme.test',
    'alibaba-acr': 'registry.cn-hangzhou.aliyuncs.com',
    zot: 'zot.acme.test',
  };
  const host = hosts[name] ?? 'docker.io';
  const namesNone = ['jfrog', 'nexus', 'alibaba-acr', 'zot'].includes(name);
  return [name, `${host}/acme/app:v1`, namesNone ? host : null] as const;
});

test.each(SENT)(
  'hook send as %s of %s is what our own intake understands',
  async (sender, image, registry) => {
    const intake = createIntake<HookSecret>(SENDERS, []);
    const anyone = {
      name: 'x',
      value: { reveal: () => SECRET },
      senders: null,
      registry,
      virtualRepositories: null,
      clusters: null,
      repositories: null,
    };
    await using helper = await startFakeHelper(({ headers, body }) => {
      const read = intake.read({ headers, raw: Buffer.from(body), body: JSON.parse(body) }, anyone);
      const pushes = read.kind === 'understood' ? read.pushes : [];
      return {
        status: 202,
        body: {
          delivery: 'd1',
          pushes: pushes.map(({ image: pushed }) => ({
            image: `${pushed.registry}/${pushed.repository}:${pushed.tag}`,
          })),
          ignored: [{ reason: read.kind === 'understood' ? read.sender : read.kind }],
        },
      };
    });
    const { status, out } = await runCli(
      ['hook', 'send', '--sender', sender, '--image', image, '--url', `${helper.url}/cd`],
      { env: { CD_HELPER_HOOK_SECRET: SECRET, CD_HELPER_API_TOKEN: 'token-0123456789abcdef' } },
    );
    expect(out).toBe(`delivery d1\n  pushed   ${image}\n  ignored  ${sender}\n`);
    expect(status).toBe(0);
    expect(helper.requests[0]?.path).toBe(`/cd/hooks/${encodeURIComponent(SECRET)}`);
    // A hook needs no API token, and whoever stands at the address need not see it.
    expect(helper.requests[0]?.headers.authorization).toBeUndefined();
  },
);

test('hook send: refusals, without the secret', async () => {
  await using helper = await startFakeHelper(() => problem(401, 'unauthorised', 'x'));
  const env = { CD_HELPER_HOOK_SECRET: SECRET };
  const send = ['hook', 'send', '--image', 'acme/app:v1', '--url'];
  const refused = await runCli([...send, helper.url], { env });
  expect([refused.status, refused.err]).toEqual([
    1,
    expect.stringContaining('Invalid or missing webhook secret'),
  ]);
  const unreachable = await runCli([...send, 'http://127.0.0.1:1'], { env });
  expect(unreachable.err).toContain('nothing listens');
  for (const { err } of [refused, unreachable]) expect(err).not.toContain(SECRET.slice(0, 8));
  expect((await runCli([...send, helper.url])).status).toBe(2);
  for (const image of ['Bad', `app@${digestOf('a')}`]) {
    expect((await runCli(['hook', 'send', '--image', image], { env })).status).toBe(2);
  }
});

const explain: NonNullable<Parameters<typeof runCli>[1]>['explain'] = (delivery, registry) => {
  const anyone = {
    name: 'x',
    value: { reveal: () => '' },
    senders: null,
    registry,
    virtualRepositories: null,
    clusters: null,
    repositories: null,
  };
  return createIntake(SENDERS, [anyone]).read(delivery, anyone);
};

test('hook explain says what a captured body would do, service by service', async () => {
  const services: ServiceView[] = [
    serviceOf({ name: 'web', image: 'docker.io/acme/app:v1' }),
    serviceOf({ name: 'old', image: 'docker.io/acme/app:v0' }),
    serviceOf({ name: 'fixed', image: 'docker.io/acme/app:v1', verdict: 'excluded' }),
    serviceOf({ name: 'other', image: 'docker.io/acme/application:v1' }),
  ];
  const { status, out } = await runCli(['hook', 'explain', 'body', '--engine', 'unix:///x'], {
    files: { body: '{"push_data":{"tag":"v1"},"repository":{"repo_name":"acme/app"}}' },
    explain,
    inspectEngine: async () => services,
  });
  expect(out).toBe(`It is from docker-hub.
Push of docker.io/acme/app:v1:
  web (default) would be checked, and redeployed if its digest differs
  old (default) runs docker.io/acme/app:v0: another tag, left alone
  fixed (default) is excluded: left alone
`);
  expect(status).toBe(0);
});

test.each([
  ['{"image":"acme/app:v1"}', 'no service runs it: no registry is asked', 0],
  ['{"image":"acme/app"}', 'Push of docker.io/acme/app:latest', 0],
  ['{"hello":1}', 'No sender is recognised', 1],
  ['hello', 'expected JSON, or a request', 2],
])('hook explain: %s', async (body, message, expected) => {
  const { status, out, err } = await runCli(['hook', 'explain', 'body', '--engine', 'unix:///x'], {
    files: { body },
    explain,
  });
  expect(`${out}${err}`).toContain(message);
  expect(status).toBe(expected);
});

test('hook explain reads standard input for -', async () => {
  const { status, out } = await runCli(['hook', 'explain', '-', '--engine', 'unix:///x'], {
    readInput: async () => '{"image":"acme/app:v1"}',
    explain,
  });
  expect(out).toContain('Push of docker.io/acme/app:v1');
  expect(status).toBe(0);
});

const folder = mkdtempSync(join(tmpdir(), 'cd-helper-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a real file with real secret files', () => {
  writeFileSync(join(folder, 'hook'), `${SECRET}\n`);
  writeFileSync(
    join(folder, 'c.yaml'),
    `hooks: { secrets: [ { name: a, valueFile: ${folder}/hook } ] }`,
  );
  const loaded = loadConfig({
    argvConfig: join(folder, 'c.yaml'),
    env: {},
    readFile: readTextFile,
  });
  expect(loaded.ok && loaded.config.hooks.secrets[0]?.value.reveal()).toBe(SECRET);
});

test.each([
  ['a directory', () => folder, 'it is a directory (EISDIR)'],
  ['nothing', () => join(folder, 'nothing'), 'there is no such file (ENOENT)'],
  ['something endless', () => '/dev/zero', 'it is bigger than 1048576 bytes'],
])('%s in place of a file is told with its path and reason', (_, path, reason) => {
  const loaded = loadConfig({ argvConfig: path(), env: {}, readFile: readTextFile });
  expect(loaded.ok ? '' : formatProblems(loaded.problems)).toContain(`${path()}: ${reason}`);
});
