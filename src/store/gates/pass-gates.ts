import type { Digest } from '../../core/image/digest.ts';
import { imageName } from '../../core/image/image-reference.ts';
import { presentTag } from '../../core/swarm/service.ts';
import { leaveGateNews } from '../approvals/gate-news.ts';
import { noticeOf } from '../approvals/waiting.ts';
import { addEvent } from '../notices/events.ts';
import type { Query } from '../sqlite/open-store.ts';
import type { NewDeployment } from '../deployments/queue-deployment.ts';
import type { Trigger } from '../deployments/triggers.ts';
import { joinWaitingChecks } from './join-checks.ts';
import { endWaiting, tellReady } from './waiting.ts';
import { takeWaitingTriggers } from './waiting-triggers.ts';

/** How a person's deployment passes the gates of its service. */
export type Passed = {
  /** Name of the person. */
  readonly by: string;
  /** Why they were skipped; null if they were open, or if there are none. */
  readonly reason: string | null;
  /** Older digests that it covers. */
  readonly covers: readonly Digest[];
  readonly newId: () => string;
};

const digestsOf = ({ to }: Pick<NewDeployment, 'to'>, { covers }: Passed): readonly Digest[] =>
  to === null ? covers : [...new Set([...covers, to])];

/** The triggers of its image from the time when that waited, as part of the transaction that queues the deployment. */
export const takeWaited = (
  query: Query,
  deployment: NewDeployment,
  passed: Passed,
): Promise<readonly Trigger[]> => {
  const { cluster, service } = deployment;
  const digests = digestsOf(deployment, passed);
  return takeWaitingTriggers(query, { cluster, serviceId: service.id, digests });
};

/**
 * Links the pushes and reports that wait for its image to the deployment, and announces who let it through; in the same
 * transaction.
 */
export const noteWaited = async (
  query: Query,
  deployment: NewDeployment,
  passed: Passed,
  now: number,
): Promise<void> => {
  const { id, cluster, service, to, gates } = deployment;
  if (to === null || (gates ?? null) === null) return;
  const serviceId = service.id;
  await joinWaitingChecks(query, { serviceId, digests: digestsOf(deployment, passed) }, id);
  if (gates === 'opened') {
    await tellReady(query, { cluster, serviceId, digest: to }, passed.newId, now);
    return;
  }
  await endWaiting(query, cluster, serviceId);
  const row = {
    cluster,
    service_id: serviceId,
    service_name: service.name,
    stack: service.stack,
    name: imageName(deployment.image),
    from_tag: presentTag(service) ?? deployment.image.tag,
    from_digest: deployment.from ?? '',
    tag: deployment.image.tag,
    digest: to,
    spec_fingerprint: service.specFingerprint(),
    gates: '[]',
    since: now,
    candidate_since: now,
    due_at: now,
    set_at: now,
    attempts: 0,
    last_error: null,
  };
  const notice = noticeOf(row, { id: passed.newId(), state: 'ready' }, now);
  const { by, reason } = passed;
  const words = `gates skipped: ${reason ?? ''}`;
  await leaveGateNews(query, { ...notice, by: [by], reason: words }, now);
  await addEvent(query, 'waiting', {
    cluster,
    service: notice.service,
    stack: service.stack,
    state: 'ready',
    tag: row.tag,
    digest: to,
  });
};
