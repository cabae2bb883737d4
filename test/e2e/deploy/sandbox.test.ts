import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cgroupFolders, cgroupName } from '../../../sandbox/machine/leftovers.ts';
import {
  crashing,
  good,
  healthy,
  multiPlatform,
  unhealthy,
} from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { manifestRequests, readAccessLog } from '../../../sandbox/registry/access-log.ts';
import { type AttachedSandbox, attachSandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';

const START_WITHIN_MS = 20_000;

type SampleVersion = Parameters<AttachedSandbox['pushImage']>[2];

describe.concurrent('the versions of the sample image', () => {
  let sandbox: AttachedSandbox;
  beforeAll(() => {
    sandbox = attachSandbox(ownSandbox());
  });
  afterAll(() => sandbox.close());

  /** Updates service `name` from a good version to `version`, and tells how that ended. */
  const updateTo = async (name: string, version: SampleVersion) => {
    const { services, api } = sandbox.engines[0];
    const repository = `sandbox/${name}`;
    const first = await sandbox.pushImage(repository, 'v1', good('v1'));
    await services.deploy({
      name,
      image: sandbox.image(repository, 'v1', first.digest),
      failureAction: 'rollback',
      monitorMs: 4000,
    });
    const next = await sandbox.pushImage(repository, 'v2', version);
    const { Spec, Version } = await services.inspect(name);
    const Image = sandbox.image(repository, 'v2', next.digest);
    const ContainerSpec = { ...Spec.TaskTemplate.ContainerSpec, Image };
    await api.call('POST', `/services/${name}/update?version=${Version.Index}`, {
      body: { ...Spec, TaskTemplate: { ...Spec.TaskTemplate, ContainerSpec } },
    });
    const state = await waitUntil(
      async () => {
        const { State } = (await services.inspect(name)).UpdateStatus ?? {};
        return State === 'completed' || State === 'rollback_completed' ? State : null;
      },
      { what: 'the update is over', withinMs: 90_000 },
    );
    await services.converged(name);
    const errors = (await services.tasks(name)).flatMap(({ Status }) => Status.Err || []);
    const running = await services.runningDigests(name);
    await services.remove(name);
    return { state, errors, running, first: first.digest, next: next.digest };
  };

  test.each([
    ['good', good('v2')],
    ['good-oci', good('v2', { form: 'oci' })],
    ['two-platforms-oci', multiPlatform('v2')],
    ['two-platforms-docker', multiPlatform('v2', { form: 'docker' })],
    ['healthy', healthy('v2')],
  ])('%s is taken', async (name, version) => {
    const { state, errors, running, next } = await updateTo(name, version);
    expect({ state, errors, running }).toEqual({ state: 'completed', errors: [], running: [next] });
  });

  test.each([
    ['crashing', crashing('v2'), 'task: non-zero exit (3)'],
    ['crashing-later', crashing('v2', { afterMs: 2000, code: 4 }), 'task: non-zero exit (4)'],
    ['unhealthy', unhealthy('v2'), 'unhealthy container'],
  ])('%s is rolled back', async (name, version, message) => {
    const { state, errors, running, first } = await updateTo(name, version);
    expect({ state, running }).toEqual({ state: 'rollback_completed', running: [first] });
    expect(errors).toContainEqual(expect.stringContaining(message));
  });
});

describe('the registry of the sandbox', () => {
  test('moves tags and tells what it was asked', async () => {
    const sandbox = attachSandbox(ownSandbox());
    try {
      const versions = await Promise.all(
        ['a', 'b'].map((version) => sandbox.uploadImage('sandbox/moving', good(version))),
      );
      expect(new Set(versions.map(({ digest }) => digest)).size).toBe(2);
      for (const { digest } of versions) {
        await sandbox.moveTag('sandbox/moving', 'latest', digest);
        const url = `${sandbox.registry.url}/v2/sandbox/moving/manifests/latest`;
        const accept = 'application/vnd.docker.distribution.manifest.v2+json';
        const answer = await fetch(url, { method: 'HEAD', headers: { accept } });
        expect(answer.headers.get('docker-content-digest')).toBe(digest);
      }
      const asked = await waitUntil(
        async () => {
          const entries = await readAccessLog(sandbox.registry.accessLog);
          const found = manifestRequests(entries, 'sandbox/moving');
          return found.length === 2 ? found : null;
        },
        { what: 'both requests are in the log', withinMs: 5000 },
      );
      expect(asked.map(({ method, status }) => `${method} ${status}`)).toEqual([
        'HEAD 200',
        'HEAD 200',
      ]);
    } finally {
      await sandbox.close();
    }
  });
});

/** A place that takes what is posted to it, one at a time. */
const startListener = async () => {
  const bodies: string[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    bodies.push(await text(request));
    response.end();
  };
  const server = createServer((request, response) => void take(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, bodies, close: () => server.close() };
};

describe('a sandbox of its own', () => {
  test('tells those that it shall notify of what is pushed', async () => {
    const listener = await startListener();
    const sandbox = await startSandbox();
    try {
      await sandbox.pushImage('acme/web', 'before', good('v1'));
      await sandbox.notify([{ url: listener.url }]);
      const { digest } = await sandbox.pushImage('acme/web', 'v2', good('v2'));
      const isTold = async () =>
        listener.bodies.some((body) => body.includes('"v2"')) ? true : null;
      await waitUntil(isTold, { what: 'the registry tells of the push', withinMs: 10_000 });
      const events = listener.bodies.flatMap(
        (body) => (JSON.parse(body) as { events: unknown[] }).events,
      );
      expect(events).toContainEqual(
        expect.objectContaining({
          action: 'push',
          target: expect.objectContaining({ repository: 'acme/web', tag: 'v2', digest }) as unknown,
        }),
      );
      expect(JSON.stringify(events)).not.toContain('"before"');
    } finally {
      await sandbox.stop();
      listener.close();
    }
  });

  test('starts quickly beside another one, and leaves nothing behind', async () => {
    const sandbox = await startSandbox();
    const { folder } = sandbox.addresses;
    const [{ hostAddress, services }] = sandbox.engines;
    let networks: readonly string[] = [];
    try {
      expect(sandbox.startedInMs).toBeLessThan(START_WITHIN_MS);
      const { digest } = await sandbox.pushImage('acme/web', 'v1', good('v1'));
      const image = sandbox.image('acme/web', 'v1', digest);
      await services.deploy({ name: 'web', image, replicas: 2 });
      const kinds = new Set(tracesOf(folder).map((trace) => trace.split(' ')[0]));
      expect(kinds).toEqual(new Set(['process', 'mount', 'cgroup', 'file']));
      expect(addressesOfMachine()).toContain(hostAddress);
      networks = networksOf(folder).filter((network) => network !== networkOf('self'));
      expect(networks.length).toBe(1);
    } finally {
      await sandbox.stop();
    }
    expect(tracesOf(folder)).toEqual([]);
    expect(addressesOfMachine()).not.toContain(hostAddress);
    expect(processes().filter((pid) => networks.includes(networkOf(pid)))).toEqual([]);
  });

  test.each([
    ['engine', { engineArguments: ['--log-level=no-such-level'] }, /no engine[^]*no-such-level/],
    [
      'registry',
      { notify: [{ url: 'http://127.0.0.1:9', timeout: 'soon' }] },
      /no registry[^]*soon/,
    ],
  ])('leaves nothing behind where its %s fails to start', async (_part, options, message) => {
    const folder = join(tmpdir(), `failing-${randomUUID()}`);
    await expect(startSandbox({ ...options, folder })).rejects.toThrow(message);
    expect(tracesOf(folder)).toEqual([]);
  });

  test('leaves nothing behind where starting it is given up', async () => {
    const folder = join(tmpdir(), `given-up-${randomUUID()}`);
    const patience = new AbortController();
    const starting = startSandbox({ folder, signal: patience.signal });
    const refused = expect(starting).rejects.toThrow('tired of waiting');
    const begun = async () => (existsSync(join(folder, 'engine-1', 'dockerd.log')) ? true : null);
    await waitUntil(begun, { what: 'its engine is being started', withinMs: 5000, everyMs: 1 });
    patience.abort(new Error('tired of waiting'));
    await refused;
    expect(tracesOf(folder)).toEqual([]);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('is gone when %s ends its process', async (signal) => {
    const { child, folder, ended } = await startInProcess();
    expect(tracesOf(folder)).not.toEqual([]);
    child.kill(signal);
    expect(await ended).toBe(signal);
    expect(tracesOf(folder)).toEqual([]);
  });

  test('takes its processes along when its own is killed, and the next start its files', async () => {
    const { child, folder, ended } = await startInProcess();
    child.kill('SIGKILL');
    await ended;
    const gone = async () =>
      tracesOf(folder).every((trace) => /^(file|cgroup) /.test(trace)) ? true : null;
    await waitUntil(gone, { what: 'its processes are gone', withinMs: 10_000 });
    const next = await startSandbox();
    await next.stop();
    expect(tracesOf(folder)).toEqual([]);
  });
});

describe('the demo', () => {
  test.each([[[]], [['--simulated']]])('does its job without a terminal: %j', async (options) => {
    const child = spawn(process.execPath, ['sandbox/demo.ts', ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const account = await text(child.stdout);
    expect(await ended).toEqual([0, null]);
    for (const what of ['hook received', 'service affected', 'update accepted', 'verified']) {
      expect(account).toContain(what);
    }
    expect(account).toContain('web: 2 of 2 containers run');
    expect(account.includes('SIMULATED')).toBe(options.length === 1);
  });

  test.each(['both up', 'worker: 1', 'update accepted'])(
    'stops at once after "%s", and leaves nothing',
    async (moment) => {
      const child = spawn(process.execPath, ['sandbox/demo.ts'], { stdio: 'pipe' });
      const ended = once(child, 'exit', { signal: AbortSignal.timeout(60_000) });
      const why = text(child.stderr);
      let folder: string | undefined;
      for await (const line of createInterface(child.stdout)) {
        folder ??= /unix:\/\/(\/\S+)\/engine-1\//.exec(line)?.[1];
        if (line.includes(moment)) break;
      }
      child.stdout.resume();
      const stoppedAt = performance.now();
      child.kill('SIGINT');
      expect(await ended).toEqual([1, null]);
      expect(performance.now() - stoppedAt).toBeLessThan(20_000);
      expect(await why).toContain('The demo did not work: stopped by SIGINT');
      expect(tracesOf(folder ?? 'nowhere')).toEqual([]);
    },
  );
});

/** A sandbox of `sandbox/main.ts`, in a process that can be ended. */
const startInProcess = async () => {
  const child = spawn(process.execPath, ['sandbox/main.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
  let folder: string | undefined;
  for await (const line of createInterface(child.stdout)) {
    folder ??= / in (\/\S+)$/.exec(line)?.[1];
    if (line.startsWith('Ctrl-C')) break;
  }
  if (folder === undefined) throw new Error('it did not say where it is');
  return { child, folder, ended };
};

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

const processes = (): readonly string[] =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name));

/** What on this machine belongs to the sandbox in `folder`. */
const tracesOf = (folder: string): readonly string[] => [
  ...processes()
    .filter((pid) => read(`/proc/${pid}/cmdline`).includes(folder))
    .map((pid) => `process ${pid}`),
  ...processes()
    .filter((pid) => read(`/proc/${pid}/mountinfo`).includes(folder))
    .map((pid) => `mount of ${pid}`),
  ...cgroupFolders(cgroupName(folder)).map((cgroup) => `cgroup ${cgroup}`),
  ...[folder].filter((file) => existsSync(file)).map((file) => `file ${file}`),
];

const networkOf = (pid: string): string => {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return '';
  }
};

const networksOf = (folder: string): readonly string[] => {
  const pids = processes().filter((pid) => read(`/proc/${pid}/cmdline`).includes(folder));
  return [...new Set(pids.map(networkOf))];
};

const addressesOfMachine = (): readonly string[] =>
  Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
