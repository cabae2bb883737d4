import { describe, expect, it } from 'vitest';
import { swarmpitService } from './answers.ts';
import { toSwarmpitService } from './service.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

const raw = (change: object = {}) => ({
  id: 'id',
  version: 12,
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-02T00:00:00Z',
  repository: { name: 'acme/web', tag: 'v1', image: 'acme/web:v1', imageDigest: DIGEST },
  serviceName: 'shop_web',
  mode: 'replicated',
  stack: 'shop',
  replicas: 2,
  state: 'running',
  status: { tasks: { running: 1, total: 2 }, update: 'paused', message: 'because' },
  labels: [{ name: 'cd-helper.rollback', value: 'off' }],
  variables: [{ name: 'A', value: '1' }],
  deployment: {
    update: { parallelism: 2, delay: 1.5, order: 'start-first', failureAction: 'rollback' },
    forceUpdate: 4,
    rollbackAllowed: true,
    autoredeploy: true,
  },
  ...change,
});

const service = (change: object = {}) => {
  const given = raw(change);
  return toSwarmpitService(swarmpitService.parse(given), given);
};

describe('a service of Swarmpit', () => {
  it('is told in our words', () => {
    expect(service()).toMatchObject({
      id: 'id',
      name: 'shop_web',
      stack: 'shop',
      mode: 'replicated',
      imageText: `acme/web:v1@${DIGEST}`,
      image: { ok: true, image: { repository: 'acme/web', tag: 'v1', digest: DIGEST } },
      version: 12,
      forceUpdate: 4,
      labels: { 'cd-helper.rollback': 'off' },
      autoredeploy: true,
      replicas: { running: 1, desired: 2 },
      update: { state: 'paused', message: 'because', startedAt: null, rolledBackBy: null },
      updatePolicy: {
        parallelism: 2,
        delayMs: 1_500,
        monitorMs: null,
        order: 'start-first',
        failureAction: 'rollback',
      },
      healthGraceMs: 0,
    });
  });

  it.each([
    [[{ name: 'cd-helper.enabled', value: 'false' }], { 'cd-helper.enabled': 'false' }],
    [[], {}],
    [null, {}],
    [{ of: 'another form' }, {}],
  ])('has the labels %j on its containers', (containerLabels, told) => {
    expect(service({ containerLabels }).containerLabels).toEqual(told);
  });

  it('is read where everything that may be absent is null', () => {
    const told = service({
      createdAt: null,
      updatedAt: null,
      stack: null,
      replicas: null,
      status: { tasks: null, update: null, message: null },
      labels: null,
      deployment: { forceUpdate: null, autoredeploy: null },
      repository: { name: 'acme/web', tag: 'v1', image: 'acme/web:v1', imageDigest: null },
    });
    expect(told).toMatchObject({
      stack: null,
      forceUpdate: 0,
      autoredeploy: false,
      replicas: null,
      update: null,
      image: { ok: true, image: { digest: null } },
    });
  });

  it.each([
    [
      'registry:5000/app',
      null,
      { registry: 'registry:5000', repository: 'app', tag: 'latest', digest: null },
    ],
    [
      'registry:5000/app',
      DIGEST,
      { registry: 'registry:5000', repository: 'app', tag: null, digest: DIGEST },
    ],
    [
      'acme/web',
      DIGEST,
      { registry: 'docker.io', repository: 'acme/web', tag: null, digest: DIGEST },
    ],
  ])('parses %s with digest %s itself', (image, imageDigest, expected) => {
    const repository = { name: 'registry', tag: '5000/app', image, imageDigest };
    expect(service({ repository }).image).toEqual({ ok: true, image: expected });
  });

  it.each([
    ['replicated', 'replicated'],
    ['global', 'global'],
    ['replicatedjob', 'replicated-job'],
    ['globaljob', 'global-job'],
  ])('mode %s is %s', (mode, expected) => {
    expect(service({ mode }).mode).toBe(expected);
  });

  it.each(['replicatedjob', 'globaljob'])('is counted by its tasks where it is a %s', (mode) => {
    const status = { tasks: { running: 0, total: 4 }, update: null, message: null };
    expect(service({ mode, status }).replicas).toBeNull();
  });

  it.each([
    [null, 0],
    [{ test: ['NONE'], interval: 0, timeout: 0, retries: null }, 0],
    [{ test: ['CMD', 'true'], interval: 2, timeout: 1, retries: 4 }, 12_000],
    [{ test: ['CMD', 'true'], interval: 0, timeout: 0, retries: null }, 180_000],
    ['another form', 0],
  ])('may take with the health check %j %i ms', (healthcheck, expected) => {
    expect(service({ healthcheck }).healthGraceMs).toBe(expected);
  });

  it('has one fingerprint whatever runs, and another where people changed it', () => {
    const base = service().specFingerprint();
    const ran = service({
      version: 99,
      updatedAt: 'later',
      state: 'not running',
      status: null,
      repository: { name: 'acme/web', tag: 'v1', image: 'acme/web:v1', imageDigest: null },
      deployment: {
        update: { parallelism: 2, delay: 1.5, order: 'start-first', failureAction: 'rollback' },
        forceUpdate: 5,
        rollbackAllowed: false,
        autoredeploy: true,
      },
    });
    expect(ran.specFingerprint()).toBe(base);
    expect(service({ variables: [{ name: 'A', value: '2' }] }).specFingerprint()).not.toBe(base);
  });
});
