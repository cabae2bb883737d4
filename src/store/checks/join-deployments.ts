import {
  type FoundService,
  isOpen,
  isOvertaken,
  joinedDeployment,
  type NewestDeployment,
} from '../../core/outcome/joined-deployment.ts';
import { specDigest } from '../../core/swarm/service.ts';
import { verdictDetail, verdictReason } from '../../core/verdict/verdict.ts';
import { type CheckedTag, recordChecks } from './record-checks.ts';
import type { ClaimedCheck } from '../check-queue/check-queue.ts';
import type { Query } from '../query/db.ts';
import { CHECK_AGAIN } from '../gates/queue-planned.ts';
import type { PlannedStep } from '../gates/planned-step.ts';
import { addTriggers, type Trigger } from '../deployments/triggers.ts';

/** The deployment that will do it, that it joined, or that decides its outcome. */
export type Joined = {
  readonly deployment: string | null;
  /** The deployment was already in progress. */
  readonly joins: boolean;
};

type Joining = PlannedStep & { readonly deployment: string | null };

/**
 * Lets services for which no deployment was queued join the one that already rolls out their digest, as part of the
 * caller's transaction. A service to which another digest was sent since it was read is checked again. `newest` is the
 * newest deployment of each service, by the service's id.
 */
export const joinDeployments = async <One extends Joining>(
  query: Query,
  all: readonly One[],
  newest: ReadonlyMap<string, NewestDeployment>,
  {
    triggersOf,
    now,
  }: { readonly triggersOf: (one: One) => readonly Trigger[]; readonly now: number },
): Promise<readonly (One & Joined)[]> => {
  const joined: (One & Joined)[] = [];
  for (const planned of all) {
    const last = newest.get(planned.service.id) ?? null;
    const one = isOvertaken(asFound(planned), last) ? { ...planned, step: CHECK_AGAIN } : planned;
    const deployment = one.deployment ?? joinedDeployment(asFound(one), last);
    const joins = one.deployment === null && deployment === last?.id && isOpen(last.state);
    if (joins && deployment !== null) await addTriggers(query, deployment, triggersOf(one), now);
    joined.push({ ...one, deployment, joins });
  }
  return joined;
};

const digestOf = ({ lookup }: Pick<Joining, 'lookup'>) =>
  lookup?.kind === 'published' ? lookup.digest : null;

const asFound = (one: Joining): FoundService => ({
  verdict: one.verdict,
  digest: digestOf(one),
  members: one.members,
});

/** Records what a check found for its pushes, as part of the transaction that ends it. */
export const recordCheck = async (
  query: Query,
  { cluster, name, pushes }: ClaimedCheck,
  all: readonly (PlannedStep & Joined)[],
  now: number,
): Promise<void> => {
  const newestPush = Math.max(...pushes.map(({ id }) => id));
  if (pushes.length === 0) return;
  const tags = [...new Set(pushes.map(({ tag }) => tag))].map((tag): CheckedTag => {
    const found = all.filter((one) => (one.tags ?? [one.image?.tag]).includes(tag));
    const shown = found.filter(({ image }) => image?.tag === tag);
    return {
      tag,
      digest: shown.map(digestOf).find((digest) => digest !== null) ?? null,
      members: shown.find(({ members }) => members !== null)?.members ?? null,
      services: found.map(({ service, image, verdict, deployment, ...one }) => ({
        // The digest that counts if the service has a newer tag, or gets one.
        ...(image?.tag === tag ? {} : { digest: digestOf(one) ?? specDigest(service) }),
        serviceId: service.id,
        service: service.name,
        stack: service.stack,
        verdict: verdict.verdict,
        reason: verdictReason(verdict),
        detail: verdictDetail(verdict),
        deployment,
      })),
    };
  });
  await recordChecks(query, { cluster, name, newestPush, tags }, now);
};
