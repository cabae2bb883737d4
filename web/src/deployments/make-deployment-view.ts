import type { DeploymentView } from '../../../src/core/contract/views.ts';

/** A deployment for tests: succeeded, with the given changes. */
export const makeDeploymentView = (given: Partial<DeploymentView> = {}): DeploymentView => ({
  id: '01a20809-fff4-7000-afe5-6a1b2c3d4e5f',
  cluster: 'default',
  service: { id: 'x8p3k0q2c9', name: 'shop_web' },
  image: 'docker.io/acme/web:v1',
  from: 'sha256:from',
  to: 'sha256:to',
  fromTag: 'v1',
  toTag: 'v1',
  cause: 'digest-differs',
  state: 'succeeded',
  reason: null,
  triggers: [{ kind: 'hook', delivery: '01a20806-30fc-7000-9c3c-025bee06ae98' }],
  triggerCount: 1,
  queuedAt: '2026-01-02T03:04:05.000Z',
  startedAt: '2026-01-02T03:04:05.100Z',
  endedAt: '2026-01-02T03:04:17.000Z',
  pullingSince: null,
  steps: [],
  failure: null,
  build: null,
  changes: null,
  ...given,
});
