import type { Digest } from '../../../src/core/image/digest.ts';
import { parseImageReference } from '../../../src/core/image/image-reference.ts';
import type { Lookup } from '../../../src/core/image/published.ts';
import type { Node, Service, Task } from '../../../src/core/swarm/service.ts';

/** A digest of one repeated hex digit: short to write, easy to recognise. */
export const digestOfChar = (character: string): Digest =>
  `sha256:${character.repeat(64)}` as Digest;

/** A healthy replicated service with two tasks. Its image is parsed from `imageText`. */
export const makeService = (change: Partial<Service> = {}): Service => {
  const imageText = change.imageText ?? `acme/web:v1@${digestOfChar('a')}`;
  return {
    id: 'service-1',
    name: 'web',
    stack: null,
    mode: 'replicated',
    imageText,
    image: parseImageReference(imageText),
    version: 11,
    forceUpdate: 0,
    labels: {},
    containerLabels: {},
    autoredeploy: false,
    platforms: [],
    constraints: [],
    specReplicas: 2,
    replicas: { running: 2, desired: 2 },
    update: null,
    updatePolicy: {
      parallelism: 1,
      delayMs: 0,
      monitorMs: 5_000,
      failureAction: 'pause',
      order: 'stop-first',
    },
    healthGraceMs: 0,
    specFingerprint: () => 'spec-1',
    hasPrevious: null,
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
    ...change,
  };
};

let made = 0;

/** A task in slot 1 on node-1 that has run for a long time. */
export const makeTask = (change: Partial<Task> = {}): Task => {
  made += 1;
  return {
    id: `task-${made}`,
    serviceId: 'service-1',
    slot: 1,
    nodeId: 'node-1',
    desired: 'running',
    state: 'running',
    digest: digestOfChar('a'),
    error: null,
    exitCode: null,
    containerId: 'container',
    since: '2026-01-01T00:00:00Z',
    createdAt: '2026-01-01T00:00:00Z',
    jobIteration: null,
    ...change,
  };
};

export const makeNode = (change: Partial<Node> = {}): Node => ({
  id: 'node-1',
  hostname: 'node-1',
  state: 'ready',
  availability: 'active',
  platform: { os: 'linux', architecture: 'amd64' },
  role: 'worker',
  labels: {},
  engineLabels: {},
  changedAt: '2026-01-01T00:00:00Z',
  ...change,
});

export const published = (digest: Digest): Lookup => ({
  kind: 'published',
  digest,
  mediaType: 'application/vnd.oci.image.index.v1+json',
});

export const failedLookup = (
  reason: Extract<Lookup, { kind: 'failed' }>['reason'],
  retryAfterMs: number | null = null,
): Extract<Lookup, { kind: 'failed' }> => ({
  kind: 'failed',
  reason,
  detail: `the registry: ${reason}`,
  retryAfterMs,
});
