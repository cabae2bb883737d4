import { describe, expect, it } from 'vitest';
import { type EngineService, engineService } from './engine-answers.ts';
import { toService } from './engine-service.ts';

const raw = (spec: object, rest: object = {}): EngineService =>
  engineService.parse({
    ID: 'id',
    Version: { Index: 7 },
    CreatedAt: '2026-01-01T00:00:00Z',
    UpdatedAt: '2026-01-02T00:00:00Z',
    Spec: { Name: 'shop_web', TaskTemplate: { ContainerSpec: { Image: 'web:v1' } }, ...spec },
    ...rest,
  });

const service = (spec: object, rest: object = {}) => {
  const read = raw(spec, rest);
  return toService(read, { ...spec });
};

const container = (more: object): object => ({
  TaskTemplate: { ContainerSpec: { Image: 'web:v1', ...more } },
});

describe('a service of the engine', () => {
  it('is told in our words', () => {
    const labels = {
      'com.docker.stack.namespace': 'shop',
      'swarmpit.service.deployment.autoredeploy': 'true',
      'cd-helper.rollback': 'off',
    };
    const told = service(
      { Labels: labels, Mode: { Replicated: { Replicas: 2 } } },
      {
        UpdateStatus: {
          State: 'paused',
          Message: 'because',
          StartedAt: '2026-01-02T03:04:05.678901234Z',
        },
      },
    );
    expect(told).toMatchObject({
      id: 'id',
      name: 'shop_web',
      stack: 'shop',
      mode: 'replicated',
      imageText: 'web:v1',
      image: {
        ok: true,
        image: { registry: 'docker.io', repository: 'library/web', tag: 'v1', digest: null },
      },
      version: 7,
      forceUpdate: 0,
      labels,
      autoredeploy: true,
      specReplicas: 2,
      replicas: null,
      update: {
        state: 'paused',
        message: 'because',
        startedAt: '2026-01-02T03:04:05.678901234Z',
      },
    });
  });

  it('has labels of its own, and its containers have theirs', () => {
    const Labels = { 'cd-helper.enabled': 'false' };
    expect(service(container({ Labels }))).toMatchObject({ labels: {}, containerLabels: Labels });
    expect(service(container({ Labels: null }))).toMatchObject({ containerLabels: {} });
    expect(service({ Labels })).toMatchObject({ labels: Labels, containerLabels: {} });
  });

  it.each([
    [{ Replicated: { Replicas: 3 } }, 'replicated', 3],
    [{ Replicated: {} }, 'replicated', 0],
    [{ Global: {} }, 'global', null],
    [{ ReplicatedJob: { MaxConcurrent: 2, TotalCompletions: 5 } }, 'replicated-job', 5],
    [{ ReplicatedJob: { MaxConcurrent: 2 } }, 'replicated-job', 2],
    [{ ReplicatedJob: {} }, 'replicated-job', 1],
    [{ GlobalJob: {} }, 'global-job', null],
    [null, 'replicated', null],
  ])('mode %j is %s with %s replicas', (Mode, mode, replicas) => {
    expect(service({ Mode })?.mode).toBe(mode);
    expect(service({ Mode })?.specReplicas).toBe(replicas);
  });

  it.each([
    [
      undefined,
      { parallelism: 1, delayMs: 0, monitorMs: 5000, failureAction: 'pause', order: 'stop-first' },
    ],
    [
      {},
      { parallelism: 0, delayMs: 0, monitorMs: 5000, failureAction: 'pause', order: 'stop-first' },
    ],
    [
      {
        Parallelism: 3,
        Delay: 10_000_000_000,
        Monitor: 15_000_000_000,
        FailureAction: 'rollback',
        Order: 'start-first',
      },
      {
        parallelism: 3,
        delayMs: 10_000,
        monitorMs: 15_000,
        failureAction: 'rollback',
        order: 'start-first',
      },
    ],
    [
      { Parallelism: 1, Monitor: 0, FailureAction: 'continue', Order: 'stop-first' },
      {
        parallelism: 1,
        delayMs: 0,
        monitorMs: 5000,
        failureAction: 'continue',
        order: 'stop-first',
      },
    ],
  ])('update policy %j is %j', (UpdateConfig, policy) => {
    expect(service(UpdateConfig === undefined ? {} : { UpdateConfig })?.updatePolicy).toEqual(
      policy,
    );
  });

  const second = 1_000_000_000;
  it.each([
    [undefined, 0],
    [{ Test: ['NONE'], Interval: second }, 0],
    [
      {
        Test: ['CMD', 'x'],
        Interval: second,
        Timeout: 2 * second,
        Retries: 2,
        StartPeriod: 10 * second,
      },
      16_000,
    ],
    [{ Test: ['CMD', 'x'] }, 180_000],
  ])('health check %j may take %i ms', (Healthcheck, ms) => {
    expect(
      service(container(Healthcheck === undefined ? {} : { Healthcheck }))?.healthGraceMs,
    ).toBe(ms);
  });

  it('keeps an update state that it does not know from meaning anything', () => {
    expect(service({}, { UpdateStatus: { State: 'dreaming' } })?.update).toBeNull();
  });

  it('is nothing of ours where it runs a plugin and no containers', () => {
    expect(service({ TaskTemplate: { PluginSpec: { Name: 'x' }, Runtime: 'plugin' } })).toBeNull();
  });

  it('has an image that says what is wrong with it', () => {
    expect(service({ TaskTemplate: { ContainerSpec: { Image: 'acme/Web:v1' } } })?.image.ok).toBe(
      false,
    );
  });
});
