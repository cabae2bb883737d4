import type { ServiceView } from '../../../src/core/contract/views.ts';

/** A service for tests: `current` and healthy, with the given changes. */
export const makeServiceView = (given: Partial<ServiceView> = {}): ServiceView => ({
  cluster: 'default',
  id: 'x8p3k0q2c9',
  name: 'shop_web',
  stack: 'shop',
  image: 'docker.io/acme/web:v1',
  running: `sha256:${'a'.repeat(64)}`,
  published: `sha256:${'a'.repeat(64)}`,
  checkedAt: '2026-01-02T03:04:05.000Z',
  verdict: 'current',
  reason: null,
  plan: given.verdict === 'obsolete' ? 'deploy' : 'leave',
  gates: [],
  health: 'ok',
  healthReason: null,
  healthSince: '2026-01-02T03:04:05.000Z',
  restarts: 0,
  lastError: null,
  mode: 'replicated',
  replicas: { running: 2, desired: 2 },
  updatedAt: '2026-01-01T00:00:00Z',
  deployment: null,
  build: null,
  ...given,
});
