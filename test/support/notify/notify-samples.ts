import type { ChannelSettings } from '../../../src/adapters/notify/channels.ts';
import type { HealthNotice } from '../../../src/core/health/health-notice.ts';
import type { Message, Notice } from '../../../src/core/contract/notice.ts';
import { createSecret } from '../../../src/core/secret.ts';
import { digestOfChar } from '../work/make-service.ts';

/** A deployment of web that succeeded after twelve seconds. */
export const noticeOf = (change: Partial<Notice> = {}): Notice => ({
  id: '019a0000-0000-7000-8000-000000000001',
  cluster: 'production',
  service: { id: 'service-1', name: 'shop_web' },
  stack: 'shop',
  image: 'docker.io/acme/web:v1',
  from: digestOfChar('a'),
  to: digestOfChar('b'),
  fromTag: 'v1',
  toTag: 'v1',
  runs: digestOfChar('b'),
  cause: 'digest-differs',
  state: 'succeeded',
  reason: null,
  failure: null,
  build: {
    version: 'v1.3.0',
    revision: '982c388f0b6c1d2e3f405162738495a6b7c8d9e0',
    source: null,
    created: null,
  },
  triggers: [{ kind: 'hook', source: 'delivery-1', by: 'docker-hub' }],
  queuedAt: '2026-03-01T10:00:00.000Z',
  startedAt: '2026-03-01T10:00:01.000Z',
  endedAt: '2026-03-01T10:00:13.000Z',
  ...change,
});

export const FAILURE = {
  message: 'task: non-zero exit (3)',
  node: 'node-1',
  nodeName: null,
  exitCode: 3,
  log: [],
};

/** The deployment of api that failed and was reverted. */
export const rolledBack = (): Notice =>
  noticeOf({
    id: '019a0000-0000-7000-8000-000000000002',
    service: { id: 'service-2', name: 'shop_api' },
    image: 'registry.local:5000/acme/api:v2',
    state: 'rolled-back',
    reason: 'task-failed',
    runs: digestOfChar('a'),
    failure: FAILURE,
    build: null,
  });

/** The service pay, which has failed four times in the last hour. */
export const healthNoticeOf = (change: Partial<HealthNotice> = {}): HealthNotice => ({
  id: '019a0000-0000-7000-8000-000000000003',
  incident: 'incident-1',
  cluster: 'production',
  service: { id: 'service-3', name: 'shop_pay' },
  stack: 'shop',
  image: 'docker.io/acme/pay:v1',
  digest: digestOfChar('a'),
  state: 'failing',
  health: 'failing',
  reason: 'crash-loop',
  message: 'its tasks fail again and again',
  since: '2026-03-01T09:58:00.000Z',
  restarts: 4,
  lastError: 'task: non-zero exit (3)',
  at: '2026-03-01T10:00:00.000Z',
  ...change,
});

export const healthMessageOf = (...notices: readonly HealthNotice[]): Message => ({
  kind: 'health',
  id: '019a0000-0000-7000-8000-00000000000e',
  notices,
});

export const messageOf = (...notices: readonly Notice[]): Message => ({
  kind: 'deployments',
  id: '019a0000-0000-7000-8000-00000000000f',
  group: 'hook delivery-1',
  notices,
});

type Basics = Omit<ChannelSettings, 'type'>;

export const basicsOf = (url: string, change: Partial<Basics> = {}): Basics => ({
  name: 'ops',
  url: createSecret(url),
  logs: false,
  approve: null,
  states: null,
  clusters: null,
  stacks: null,
  services: null,
  ...change,
});
