import { afterEach, describe, expect, it } from 'vitest';
import { createEngineCluster } from '../../../src/adapters/swarm/engine/engine.ts';
import type { Cluster, ImageUpdate, UpdateAnswer } from '../../../src/core/swarm/cluster.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { Service } from '../../../src/core/swarm/service.ts';
import {
  type ApiVersionProxy,
  clearNewerFields,
  FIELDS_SINCE,
  startApiVersionProxy,
} from '../../support/proxies/api-version-proxy.ts';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine/fake-engine.ts';
import type { ServiceSpec } from '../../support/fake-engine/spec.ts';

const NEW = `sha256:${'b'.repeat(64)}` as Digest;
const VERSIONS = Array.from({ length: 16 }, (_, at) => `1.${41 + at}`);
const signal = new AbortController().signal;
const closing: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A spec with every field that any version brought, but for those that `version` does not know. */
const specOf = (version: string) => {
  const spec = {
    TaskTemplate: {
      ContainerSpec: {
        Env: ['TOKEN=a-secret-value'],
        CapabilityAdd: ['CAP_NET_ADMIN'],
        CapabilityDrop: ['CAP_CHOWN'],
        Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 9_007_199_254_740_000 }],
        Healthcheck: { Test: ['CMD', '/check'], StartInterval: 1_000_000_000 },
        Privileges: {
          AppArmor: { Mode: 'disabled' },
          NoNewPrivileges: true,
          Seccomp: { Mode: 'unconfined' },
        },
        Mounts: [{ Type: 'tmpfs', Target: '/t', TmpfsOptions: { Options: [['exec']] } }],
        OomScoreAdj: -500,
      },
      Resources: { Limits: { Pids: 100 }, MemorySwappiness: 0, SwapBytes: -1 },
      FieldOf153: 'kept',
      FieldOf154: 'kept',
      FieldOf155: 'kept',
      FieldOf156: 'kept',
    },
  };
  clearNewerFields(spec, version);
  return spec.TaskTemplate;
};

type Stage = {
  readonly engine: FakeEngine;
  readonly proxy: ApiVersionProxy;
  readonly cluster: Cluster;
  /** The service as a rollout reads it. */
  readonly observe: () => Promise<Service>;
  /** What the engine keeps of the spec, but for the image. */
  readonly kept: () => unknown;
};

/** An engine of `offered` with a service that has the fields of `fields`. */
const start = async (offered: string, fields = offered): Promise<Stage> => {
  const engine = await startFakeEngine({ apiVersion: '1.99' });
  closing.push(engine.close);
  const { ID } = engine.addService({ name: 'web', image: 'acme/web:v1' });
  const { ContainerSpec, ...task } = specOf(fields);
  engine.changeSpec('web', (spec) => {
    Object.assign(spec.TaskTemplate.ContainerSpec, ContainerSpec);
    Object.assign(spec.TaskTemplate, task);
  });
  const proxy = await startApiVersionProxy(engine.url, offered);
  closing.push(proxy.close);
  const cluster = createEngineCluster({ name: 'test', url: proxy.url });
  closing.push(cluster.close);
  return {
    engine,
    proxy,
    cluster,
    observe: async () => {
      const seen = await cluster.observe(ID, signal);
      if (seen === null) throw new Error('not seen');
      return seen.service;
    },
    kept: () => {
      const { ContainerSpec: container, ...rest } = engine.service('web').Spec.TaskTemplate;
      const { Image: _image, ...others } = container;
      return { ...rest, ContainerSpec: others };
    },
  };
};

const update = (
  { cluster }: Stage,
  service: Service,
  change: Partial<ImageUpdate> = {},
): Promise<UpdateAnswer> =>
  cluster.updateImage(
    { service, digest: NEW, platforms: null, restart: false, registryAuth: null, ...change },
    signal,
  );

const nothingLost = { kind: 'accepted', lost: [] };

/** As `lost` names them. */
const fieldsAfter = (version: string): readonly string[] =>
  Object.entries(FIELDS_SINCE)
    .filter(([since]) => Number(since.slice(2)) > Number(version.slice(2)))
    .flatMap(([, paths]) => paths);

describe('an engine of any version', () => {
  it.each(VERSIONS)('%s keeps every field of a spec through an update', async (version) => {
    const stage = await start(version);
    const before = stage.kept();
    expect(await update(stage, await stage.observe())).toMatchObject(nothingLost);
    expect(stage.kept()).toEqual(before);
    expect(stage.proxy.calls.at(-1)?.version).toBe(version);
  });

  it.each(VERSIONS.slice(1))(
    '%s that took the place of 1.41 since anything was asked keeps every field',
    async (version) => {
      const stage = await start('1.41', version);
      const before = stage.kept();
      const service = await stage.observe();
      stage.proxy.offered = version;
      stage.proxy.drop();
      expect(await update(stage, service)).toMatchObject(nothingLost);
      expect(stage.kept()).toEqual(before);
    },
  );

  it('is spoken to under the version of the answer before, without a failure', async () => {
    const stage = await start('1.41');
    await stage.observe();
    stage.proxy.offered = '1.51';
    await stage.observe();
    await stage.observe();
    expect(stage.proxy.calls.at(-1)?.version).toBe('1.51');
    expect((await stage.cluster.identify(signal)).description).toContain('API 1.51');
  });

  it.each(['1.41', '1.44'])('%s that took the place of a newer one is updated', async (version) => {
    const stage = await start('1.56', version);
    const service = await stage.observe();
    stage.proxy.offered = version;
    expect(await stage.cluster.listServices(signal)).toHaveLength(1);
    stage.proxy.offered = '1.56';
    await stage.observe();
    stage.proxy.offered = version;
    expect(await update(stage, service)).toMatchObject(nothingLost);
  });
});

describe('an engine that is replaced between the question for its version and the update', () => {
  it('is not sent the update, which is known not to have happened', async () => {
    const stage = await start('1.41', '1.51');
    const service = await stage.observe();
    stage.proxy.onAnswered = (_method, path) => {
      if (path !== '/_ping') return;
      stage.proxy.offered = '1.51';
      stage.proxy.drop();
      stage.proxy.onAnswered = () => {};
    };
    await expect(update(stage, service)).rejects.toMatchObject({
      code: 'unreachable',
      retryable: true,
      mayHaveHappened: false,
    });
    expect(stage.engine.updates).toEqual([]);
    const before = stage.kept();
    expect(await update(stage, service)).toMatchObject(nothingLost);
    expect(stage.kept()).toEqual(before);
  });

  it.each(['1.44', '1.46', '1.56'])(
    'behind a proxy that hides it: the fields that %s clears are named',
    async (version) => {
      const stage = await start('1.41', version);
      const service = await stage.observe();
      stage.proxy.onAnswered = (_method, path) => {
        if (path === '/_ping') stage.proxy.offered = version;
      };
      const answer = await update(stage, service);
      const cleared = fieldsAfter('1.41').filter((path) => !fieldsAfter(version).includes(path));
      const named = answer.kind === 'accepted' ? (answer.lost ?? []) : [];
      const shown = cleared.map((path) => path.replaceAll(/\.(\d+)/g, '[$1]'));
      const isOf = (field: string) => (one: string) => field.startsWith(one);
      expect(named.filter((field) => !shown.some(isOf(field)))).toEqual([]);
      expect(shown.filter((one) => !named.some((field) => isOf(field)(one)))).toEqual([]);
    },
  );

  it('is updated behind a proxy that ends every connection', async () => {
    const stage = await start('1.51');
    stage.proxy.closes = true;
    expect(await update(stage, await stage.observe())).toMatchObject(nothingLost);
  });
});

describe('what an engine made otherwise than it was told', () => {
  /** Does `act` as soon as the update was answered, before the service is read again. */
  const afterUpdate = (stage: Stage, act: () => void): void => {
    stage.proxy.onAnswered = (method) => {
      if (method === 'POST') act();
    };
  };

  it('is told by name, without a value of the environment', async () => {
    const stage = await start('1.51');
    stage.proxy.onPosted = (posted) => {
      const { TaskTemplate } = posted as ServiceSpec;
      TaskTemplate.ContainerSpec.Env = ['TOKEN=another-secret-value', 'MORE=1'];
      delete TaskTemplate['Resources'];
    };
    const answer = await update(stage, await stage.observe());
    expect(answer).toMatchObject({
      lost: [
        'TaskTemplate.Resources.Limits.Pids',
        'TaskTemplate.ContainerSpec.Env.TOKEN',
        'TaskTemplate.ContainerSpec.Env.MORE',
      ],
    });
  });

  it('is not what somebody else changed a moment later', async () => {
    const stage = await start('1.51');
    const service = await stage.observe();
    afterUpdate(stage, () => {
      stage.engine.changeSpec('web', (spec) => {
        spec.TaskTemplate.ContainerSpec.Env = ['TOKEN=another'];
        spec.Labels = { by: 'somebody else' };
      });
    });
    expect(await update(stage, service)).toMatchObject(nothingLost);
  });

  it('is not told where two others changed it meanwhile, or it is gone', async () => {
    const stage = await start('1.51');
    afterUpdate(stage, () => {
      for (const image of ['acme/web:v2', 'acme/web:v3']) {
        stage.engine.changeSpec('web', (spec) => {
          spec.TaskTemplate.ContainerSpec.Image = image;
        });
      }
    });
    const twice = await update(stage, await stage.observe());
    expect(twice).toMatchObject({ kind: 'accepted' });
    expect(twice).not.toHaveProperty('lost');
    afterUpdate(stage, () => stage.engine.removeService('web'));
    const gone = await update(stage, await stage.observe());
    expect(gone).toMatchObject({ kind: 'accepted' });
    expect(gone).not.toHaveProperty('lost');
  });

  it('does not keep an accepted update from being one', async () => {
    const stage = await start('1.51');
    const service = await stage.observe();
    afterUpdate(stage, () => stage.engine.inject({ kind: 'status', status: 500, message: 'no' }));
    const answer = await update(stage, service);
    expect(answer).toMatchObject({ kind: 'accepted' });
    expect(answer).not.toHaveProperty('lost');
  });
});
