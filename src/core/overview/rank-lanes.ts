import type { LaneBar, LaneView } from '../contract/overview.ts';
import type { ServiceView, VerdictName } from '../contract/views.ts';
import { healthUrgency } from '../health/health-words.ts';
import { isFailure } from '../story/deployment-states.ts';

/** Whether a person should see to the service: bad health, somebody else's change, or a release that failed. */
export const needsPerson = (
  service: Pick<ServiceView, 'health' | 'verdict' | 'reason'>,
): boolean => {
  const { health, verdict, reason } = service;
  if (health === 'failing' || health === 'paused' || health === 'degraded') return true;
  return verdict === 'diverged' || (verdict === 'held' && reason === 'known-bad');
};

type Ranked = Pick<LaneView, 'cluster' | 'service' | 'health' | 'verdict' | 'deployments'>;

/** Ranks after the three of {@link healthUrgency}. */
const FAILED = 3;
const IN_PROGRESS = 4;
const NOT_CURRENT = 5;
const DEPLOYED = 6;
const QUIET = 7;

/** An unknown one is not: nobody may have asked for it yet. */
const AWAY_FROM_CURRENT: ReadonlySet<VerdictName> = new Set([
  'obsolete',
  'waiting',
  'updating',
  'diverged',
  'held',
]);

const isOpen = ({ endedAt }: LaneBar): boolean => endedAt === null;

const rankOf = ({ health, verdict, deployments }: Ranked): number => {
  const urgency = health === null ? FAILED : healthUrgency({ health });
  if (urgency < FAILED) return urgency;
  const last = deployments.findLast(({ state }) => state !== 'superseded' && state !== 'skipped');
  if (last !== undefined && isFailure(last)) return FAILED;
  if (deployments.some(isOpen)) return IN_PROGRESS;
  if (verdict !== null && AWAY_FROM_CURRENT.has(verdict)) return NOT_CURRENT;
  return deployments.length > 0 ? DEPLOYED : QUIET;
};

const collator = new Intl.Collator('en', { numeric: true });

/**
 * The most urgent lane first: bad health, then a failed deployment, one in progress, a service that is not current, and
 * one that was deployed. Equal ones are in order of their newest deployment, then of their names.
 */
export const rankLanes = <T extends Ranked>(lanes: readonly T[]): readonly T[] =>
  lanes
    .map((lane) => ({
      lane,
      rank: rankOf(lane),
      newest: lane.deployments.at(-1)?.queuedAt ?? '',
    }))
    .toSorted(
      (a, b) =>
        a.rank - b.rank ||
        (a.newest < b.newest ? 1 : a.newest > b.newest ? -1 : 0) ||
        collator.compare(a.lane.service.name, b.lane.service.name) ||
        collator.compare(a.lane.cluster, b.lane.cluster),
    )
    .map(({ lane }) => lane);
