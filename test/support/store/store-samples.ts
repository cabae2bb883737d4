import { randomFillSync } from 'node:crypto';
import type { NewDelivery } from '../../../src/core/contract/delivery.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import { parseImageReference } from '../../../src/core/image/image-reference.ts';
import type { ImagePush } from '../../../src/core/image/push.ts';
import { createTimeOrderedIds } from '../../../src/core/time-ordered-id.ts';
import type { NewDeployment } from '../../../src/store/deployments/queue-deployment.ts';
import { digestOfChar, makeService } from '../work/make-service.ts';

/** The start time of store tests. */
export const START = Date.parse('2026-03-01T00:00:00Z');

/** Ids that sort by creation. */
export const nextId = createTimeOrderedIds(() => START, randomFillSync);

export const pushOf = (text: string, digest: Digest | null = null): ImagePush => {
  const parsed = parseImageReference(text);
  if (!parsed.ok || parsed.image.tag === null) throw new Error(`${text} is no tagged image`);
  return { image: { ...parsed.image, tag: parsed.image.tag }, digest };
};

/** A delivery with one push of acme/web:v1. */
export const makeDelivery = (change: Partial<NewDelivery> = {}): NewDelivery => ({
  id: nextId(),
  receivedAt: new Date(START).toISOString(),
  sender: 'docker-hub',
  secret: 'main',
  address: '192.0.2.1',
  status: 202,
  headers: { 'content-type': 'application/json' },
  body: '{}',
  pushes: [pushOf('acme/web:v1')],
  ignored: [],
  senderDeliveryId: null,
  clusters: null,
  ...change,
});

/** A deployment of acme/web:v1 of service-1 from digest a to digest b. */
export const makeDeployment = (change: Partial<NewDeployment> = {}): NewDeployment => ({
  id: nextId(),
  cluster: 'one',
  service: makeService(),
  image: { registry: 'docker.io', repository: 'acme/web', tag: 'v1' },
  from: digestOfChar('a'),
  to: digestOfChar('b'),
  cause: 'digest-differs',
  triggers: [{ kind: 'hook', source: 'delivery-1' }],
  ...change,
});
