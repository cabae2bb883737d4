import type { Digest } from '../../core/image/digest.ts';
import { presentTag, specDigest } from '../../core/swarm/service.ts';
import type { AtGates } from '../../core/policy/gates/at-gates.ts';
import type { Query } from '../query/db.ts';
import type { PlannedStep, QueuedBy } from './planned-step.ts';
import { noteRanWaiting } from '../forge/end-waits.ts';
import type { Trigger } from '../deployments/triggers.ts';
import { endWaiting, putWaiting, readWaitingOf } from './waiting.ts';
import { addWaitingTriggers, takeWaitingTriggers } from './waiting-triggers.ts';

/** The waiting candidate, and the image that it would replace. */
type Waits = { readonly at: AtGates; readonly from: PutFrom };
type PutFrom = Parameters<typeof putWaiting>[1]['from'];

/** The result of a check for the gates of a service: it waits, it no longer waits, or nothing is known. */
const waitsOf = ({ verdict, service, step, lookup }: PlannedStep): Waits | 'over' | null => {
  const present = { tag: presentTag(service), digest: specDigest(service) };
  switch (verdict.verdict) {
    case 'waiting':
      return { at: verdict.at, from: { ...present, digest: verdict.from } };
    case 'held':
      if (verdict.at !== undefined) return { at: verdict.at, from: present };
      // A freeze says nothing about what waits.
      return verdict.hold.kind === 'frozen' ? null : 'over';
    case 'obsolete': {
      const { opened } = verdict;
      if (opened === undefined || opened.later === null) return 'over';
      // A postponed deployment does not end the wait: what is open must still be deployed.
      if (step.kind !== 'deploy') return null;
      return { at: opened.later, from: { tag: presentTag(service), digest: verdict.to } };
    }
    case 'current':
    case 'diverged':
      // If a newer tag is known, the registry was not asked.
      return lookup === null ? null : 'over';
    case 'pinned':
    case 'excluded':
      return 'over';
    case 'unknown':
    case 'updating':
      return null;
    default:
      return verdict satisfies never;
  }
};

const shownOf = ({ lookup, image }: PlannedStep) =>
  lookup?.kind === 'published' && image !== null ? { tag: image.tag, digest: lookup.digest } : null;

/** Records which services wait according to a check, and which no longer do, as part of the caller's transaction. */
export const noteGates = async <Planned extends PlannedStep>(
  query: Query,
  { cluster, triggersOf, newId }: QueuedBy<Planned>,
  all: readonly Planned[],
  now: number,
): Promise<void> => {
  const found = all.flatMap((planned) => {
    const waits = waitsOf(planned);
    return waits === null ? [] : [{ planned, waits }];
  });
  const ids = found.map(({ planned }) => planned.service.id);
  const known = await readWaitingOf(query, cluster, ids);
  for (const { planned, waits } of found) {
    const { service, image } = planned;
    const before = known.get(service.id) ?? null;
    if (waits === 'over' || image === null) {
      if (before === null) continue;
      if (runsIt(planned, before.digest)) {
        await noteRanWaiting(query, { cluster, serviceId: service.id, digest: before.digest });
      }
      await endWaiting(query, cluster, service.id);
      continue;
    }
    const shown = shownOf(planned);
    await putWaiting(query, { cluster, service, image, ...waits, shown, before, newId }, now);
    const digest = shown?.digest ?? null;
    if (digest !== null && !isOpened(planned, digest)) {
      const of = { cluster, serviceId: service.id, digest };
      await addWaitingTriggers(query, of, triggersOf(planned), now);
    }
  }
};

/** Whether a service that waited for a digest runs it by now. */
const runsIt = (planned: PlannedStep, digest: string): boolean =>
  planned.verdict.verdict === 'current' &&
  (specDigest(planned.service) === digest || shownOf(planned)?.digest === digest);

/** The digest that the tag shows is deployed now. */
const isOpened = ({ step }: PlannedStep, digest: Digest): boolean =>
  step.kind === 'deploy' && (step.opened?.covers ?? []).includes(digest);

/**
 * The triggers of a digest that a gate let through: the stored ones from the wait, and the present one if it is for
 * this digest.
 */
export const openedBy = async (
  query: Query,
  planned: PlannedStep,
  cluster: string,
  triggers: readonly Trigger[],
): Promise<readonly Trigger[]> => {
  const { step, service } = planned;
  const covers = step.kind === 'deploy' ? (step.opened?.covers ?? []) : [];
  const of = { cluster, serviceId: service.id, digests: covers };
  const waited = await takeWaitingTriggers(query, of);
  const shown = shownOf(planned)?.digest ?? null;
  const isForIt = shown === null || covers.includes(shown);
  const all = isForIt || waited.length === 0 ? [...waited, ...triggers] : waited;
  const unique = new Map(all.map((one) => [`${one.kind} ${one.source}`, one]));
  return [...unique.values()];
};
