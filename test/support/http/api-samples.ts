import type { WaitingView } from '../../../src/core/policy/approvals/waiting-view.ts';
import type { DeploymentView, ServiceView } from '../../../src/core/contract/views.ts';
import type { RunView } from '../../../src/core/contract/run-views.ts';

export const digestOf = (sign: string): string => `sha256:${sign.repeat(64)}`;

const TIME = '2026-01-01T10:00:00.000Z';

export const serviceOf = (
  change: Partial<ServiceView> & { readonly name: string },
): ServiceView => ({
  cluster: 'default',
  id: `id-${change.name}`,
  stack: null,
  image: `docker.io/acme/${change.name}:v1`,
  running: digestOf('a'),
  published: digestOf('a'),
  checkedAt: TIME,
  verdict: 'current',
  reason: null,
  plan: change.verdict === 'obsolete' ? 'deploy' : 'leave',
  gates: [],
  health: 'ok',
  healthReason: null,
  healthSince: TIME,
  restarts: 0,
  lastError: null,
  mode: 'replicated',
  replicas: { running: 2, desired: 2 },
  updatedAt: TIME,
  deployment: null,
  build: null,
  ...change,
});

export const deploymentOf = (
  change: Partial<DeploymentView> & { readonly id: string },
): DeploymentView => ({
  cluster: 'default',
  service: { id: 'id-web', name: 'web' },
  image: 'docker.io/acme/web:v1',
  from: digestOf('a'),
  to: digestOf('b'),
  fromTag: 'v1',
  toTag: 'v1',
  cause: 'digest-differs',
  state: 'succeeded',
  reason: null,
  triggers: [{ kind: 'hook', delivery: 'd1' }],
  triggerCount: 1,
  queuedAt: TIME,
  startedAt: TIME,
  endedAt: '2026-01-01T10:00:12.000Z',
  pullingSince: null,
  steps: [],
  failure: null,
  build: null,
  changes: null,
  ...change,
});

export const runOf = (change: Partial<RunView>): RunView => ({
  id: 'r1',
  state: 'done',
  reason: null,
  dryRun: false,
  origin: 'person',
  by: 'oncall',
  progress: { services: 0, images: 0, checkedImages: 0 },
  startedAt: TIME,
  endedAt: TIME,
  counts: {},
  services: [],
  ...change,
});

const buildOf = (revision: string) => ({
  version: null,
  revision,
  source: 'https://forge.example/acme/billing',
  created: TIME,
});

/** A service that waits for two votes until long after any test. */
export const waitingOf = (
  change: Partial<WaitingView> & { readonly name: string },
): WaitingView => ({
  cluster: 'default',
  id: `id-${change.name}`,
  stack: null,
  image: `docker.io/acme/${change.name}:v1`,
  running: digestOf('a'),
  target: { tag: 'v1', digest: digestOf('b') },
  since: TIME,
  gates: [
    {
      gate: 'approval',
      source: 'production',
      since: TIME,
      until: '2099-01-02T10:00:00.000Z',
      detail: '0 of 2 votes; it expires otherwise',
      votes: { given: 0, needed: 2, by: [] },
      canOpen: ['approver', 'operator'],
    },
  ],
  build: { running: buildOf('982c388'), target: buildOf('1f0e3da') },
  compareUrl: null,
  ...change,
});
