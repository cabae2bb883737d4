import type { ChannelSettings } from '../../src/adapters/notify/channels.ts';
import type { Message, Notice } from '../../src/core/notice.ts';
import { createSecret } from '../../src/core/secret.ts';
import { digestOfChar } from './make-service.ts';

/** A deployment of web that succeeded after twelve seconds. */
export const noticeOf = (change: Partial<Notice> = {}): Notice => ({
  id: '019a0000-0000-7000-8000-000000000001',
  cluster: 'production',
  service: { id: 'service-1', name: 'shop_web' },
  stack: 'shop',
  image: 'docker.io/acme/web:v1',
  from: digestOfChar('a'),
  to: digestOfChar('b'),
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

/** The deployment of api that failed and was taken back. */
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
  states: null,
  clusters: null,
  stacks: null,
  services: null,
  ...change,
});
