import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { cgroupFolders, cgroupName } from '../../sandbox/machine/leftovers.ts';
import { crashing, good, healthy, multiPlatform, unhealthy } from '../../sandbox/image/sample.ts';
import { waitUntil } from '../../sandbox/machine/wait-until.ts';
import { manifestRequests, readAccessLog } from '../../sandbox/registry/access-log.ts';
import { type AttachedSandbox, attachSandbox, startSandbox } from '../../sandbox/sandbox.ts';

const START_WITHIN_MS = 20_000;

describe('the versions of the sample image', () => {
  let sandbox: AttachedSandbox;
  beforeAll(() => {
    sandbox = attachSandbox(inject('sandbox'));
  });
  afterAll(() => sandbox.close());
  afterEach(() => sandbox.engines[0].services.remove('sample'));

  /** Updates `sample` from a good version to `version` and gives the state that the update ends in. */
  const updateTo = async (
    version: Parameters<AttachedSandbox['pushImage']>[2],
  ): Promise<string> => {
    const { services, api } = sandbox.engines[0];
    const first = await sandbox.pushImage('sandbox/sample', 'v1', good('v1'));
    await services.deploy({
      name: 'sample',
      image: sandbox.image('sandbox/sample', 'v1', first.digest),
      failureAction: 'rollback',
      monitorMs: 4000,
    });
    const next = await sandbox.pushImage('sandbox/sample', 'v2', version);
    const before = await services.inspect('sample');
    const image = sandbox.image('sandbox/sample', 'v2', next.digest);
    const { TaskTemplate } = before.Spec;
    await api.call('POST', `/services/sample/update?version=${before.Version.Index}`, {
      body: {
        ...before.Spec,
        TaskTemplate: {
          ...TaskTemplate,
          ContainerSpec: { ...TaskTemplate.ContainerSpec, Image: image },
        },
      },
    });
    return await waitUntil(
      async () => {
        const { State } = (await services.inspect('sample')).UpdateStatus ?? {};
        return State === 'completed' || State === 'rollback_completed' ? State : null;
      },
      { what: 'the update is over', withinMs: 60_000 },
    );
  };

  const failures = async (): Promise<readonly string[]> =>
    (await sandbox.engines[0].services.tasks('sample')).flatMap(({ Status }) => Status.Err || []);

  test.each([
    ['another good one', good('v2')],
    ['one in the form of OCI', good('v2', { form: 'oci' })],
    ['one for two platforms', multiPlatform('v2')],
    ['one for two platforms as a manifest list', multiPlatform('v2', { form: 'docker' })],
    ['one whose health check passes', healthy('v2')],
  ])('%s is taken', async (_name, version) => {
    expect(await updateTo(version)).toBe('completed');
    const { digest } = await sandbox.uploadImage('sandbox/sample', version);
    expect(await sandbox.engines[0].services.runningDigests('sample')).toEqual([digest]);
  });

  test.each([
    ['one that crashes', crashing('v2'), 'task: non-zero exit (3)'],
    [
      'one that crashes later',
      crashing('v2', { afterMs: 2000, code: 4 }),
      'task: non-zero exit (4)',
    ],
    ['one whose health check fails', unhealthy('v2'), 'unhealthy container'],
  ])('%s is rolled back', async (_name, version, message) => {
    expect(await updateTo(version)).toBe('rollback_completed');
    expect(await failures()).toContainEqual(expect.stringContaining(message));
    const { digest } = await sandbox.uploadImage('sandbox/sample', good('v1'));
    await sandbox.engines[0].services.converged('sample', { digest });
  });
});

describe('the registry of the sandbox', () => {
  test('moves tags and tells what it was asked', async () => {
    const sandbox = attachSandbox(inject('sandbox'));
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

/** What on this machine names the sandbox in `folder`: processes by their arguments, mounts of any of them. */
const traces = (folder: string): readonly string[] => {
  const read = (file: string): string => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  };
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return [
    ...pids
      .filter((pid) => read(`/proc/${pid}/cmdline`).includes(folder))
      .map((pid) => `process ${pid}`),
    ...pids
      .filter((pid) => read(`/proc/${pid}/mountinfo`).includes(folder))
      .map((pid) => `mount of ${pid}`),
    ...cgroupFolders(cgroupName(folder)),
    ...[folder].filter(existsSync),
  ];
};

const namespaces = (kind: 'net' | 'pid' | 'mnt'): ReadonlySet<string> =>
  new Set(
    readdirSync('/proc').flatMap((pid) => {
      try {
        return /^\d+$/.test(pid) ? [readlinkSync(`/proc/${pid}/ns/${kind}`)] : [];
      } catch {
        return [];
      }
    }),
  );

describe('a sandbox of its own', () => {
  test('starts quickly beside another one, and leaves nothing behind', async () => {
    const before = Object.keys(networkInterfaces());
    const nets = namespaces('net');
    const sandbox = await startSandbox();
    const { folder } = sandbox.addresses;
    try {
      expect(sandbox.startedInMs).toBeLessThan(START_WITHIN_MS);
      const { digest } = await sandbox.pushImage('acme/web', 'v1', good('v1'));
      const image = sandbox.image('acme/web', 'v1', digest);
      await sandbox.engines[0].services.deploy({ name: 'web', image, replicas: 2 });
      expect(traces(folder).length).toBeGreaterThan(3);
      expect(Object.keys(networkInterfaces()).length).toBe(before.length + 1);
      expect(namespaces('net').size).toBe(nets.size + 1);
    } finally {
      await sandbox.stop();
    }
    expect(traces(folder)).toEqual([]);
    expect(Object.keys(networkInterfaces())).toEqual(before);
    expect(namespaces('net')).toEqual(nets);
  });
});
