import type { Digest } from '../../core/image/digest.ts';
import { presentTag, specDigest } from '../../core/swarm/service.ts';
import type { AtGates } from '../../core/policy/gates/at-gates.ts';
import type { Query } from '../query/db.ts';
import type { PlannedStep, QueuedBy } from './planned-step.ts';
import { noteRanWaiting } from '../forge/end-waits.ts';
import type { Trigger } from '../deployments/triggers.ts';
import { endWaiting, putWaiting, readWaitingOf } from './waiting.ts';
import { addWaitingTriggers, takeWaitingTriggers } from './waiting-triggers.ts';

/** What waits, and behind what. */
type Waits = { readonly at: AtGates; readonly from: PutFrom };
type PutFrom = Parameters<typeof putWaiting>[1]['from'];

/** What a check says of the gates of a service: it waits, it waits no longer, or nothing. */
const waitsOf = ({ verdict, service, step, lookUp }: PlannedStep): Waits | 'over' | null => {
  const present = { tag: presentTag(service), digest: specDigest(service) };
  switch (verdict.verdict) {
    case 'waiting':
      return { at: verdict.at, from: { ...present, digest: verdict.from } };
    case 'held':
      if (verdict.at !== undefined) return { at: verdict.at, from: present };
      // A freeze says nothing of what waits.
      return verdict.hold.kind === 'frozen' ? null : 'over';
    case 'obsolete': {
      const { opened } = verdict;
      if (opened === undefined || opened.later === null) return 'over';
      // It is put off: what is open is still to be deployed.
      if (step.kind !== 'deploy') return null;
      return { at: opened.later, from: { tag: presentTag(service), digest: verdict.to } };
    }
    case 'current':
    case 'diverged':
      // Nothing was asked where a newer tag is known.
      return lookUp === null ? null : 'over';
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

const shownOf = ({ lookUp, image }: PlannedStep) =>
  lookUp?.kind === 'published' && image !== null ? { tag: image.tag, digest: lookUp.digest } : null;

/** Puts down who waits by what a check found, and who does no longer, as part of the caller's transaction. */
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

/** Whether a service that waited for a digest has it by now. */
const runsIt = (planned: PlannedStep, digest: string): boolean =>
  planned.verdict.verdict === 'current' &&
  (specDigest(planned.service) === digest || shownOf(planned)?.digest === digest);

/** What the tag shows is deployed now. */
const isOpened = ({ step }: PlannedStep, digest: Digest): boolean =>
  step.kind === 'deploy' && (step.opened?.covers ?? []).includes(digest);

/** What led to a digest that a gate let through: what waited for it, and what asks now, if that is for it. */
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
