import type { Scope } from '../../core/contract/scope.ts';
import type { LaneView, TimelineRequest, TimelineView } from '../../core/contract/overview.ts';
import type { ServiceView } from '../../core/contract/views.ts';
import { rankLanes } from '../../core/overview/rank-lanes.ts';
import { type Bars, readBars } from '../../store/overview/read-bars.ts';
import {
  type FreezeBand,
  readFreezeBands,
  readPushMarks,
} from '../../store/overview/read-marks.ts';
import { DAY_MS } from '../../store/overview/read-day.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import type { Reads } from '../../core/contract/reads.ts';
import { WHOLE_LIST } from './inspect.ts';

export type TimelineDeps = {
  readonly db: Db;
  readonly reads: Pick<Reads, 'listServices' | 'readService'>;
  /** Null limits nothing. */
  readonly within: Scope | null;
  /** ms since the epoch. */
  readonly now: () => number;
};

const MOST_LANES = 50;
/** The newest of a lane: further ones would cover each other. */
const MOST_BARS = 100;
/** Between two events, everybody gets the same answer within a minute. */
const MINUTE_MS = 60_000;

/** A lane before its marks: the service as it is now, or as its deployments name it. */
type Draft = Omit<LaneView, 'pushes' | 'freezes'> & {
  /** Those of which pushes are shown. */
  readonly images: ReadonlySet<string>;
};

const ofService = (view: ServiceView, bars: Bars | undefined): Draft => ({
  cluster: view.cluster,
  service: { id: view.id, name: view.name },
  stack: view.stack,
  health: view.health,
  healthReason: view.healthReason,
  verdict: view.verdict,
  deployments: bars?.deployments.slice(-MOST_BARS) ?? [],
  images: new Set([view.image, ...(bars?.images ?? [])]),
});

/** Of a service that was removed, or whose cluster does not answer. */
const ofBars = ({ deployments, ...bars }: Bars): Draft => ({
  ...bars,
  health: null,
  healthReason: null,
  verdict: null,
  deployments: deployments.slice(-MOST_BARS),
});

const hasWords = ({ cluster, service, stack, images }: Draft, q: string): boolean => {
  const text = [cluster, service.name, stack ?? '', ...images].join('\n').toLowerCase();
  return q
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
};

const isFrozen = (
  { cluster, service, stack }: Pick<Draft, 'cluster' | 'service' | 'stack'>,
  { cluster: inCluster, stack: inStack, service: name }: FreezeBand,
): boolean =>
  (inCluster === null || inCluster === cluster) &&
  (inStack === null || inStack === stack) &&
  (name === null || name === service.name || name === service.id);

/**
 * One lane per service with its deployments, pushes and freezes in the last days: the {@link MOST_LANES} most urgent.
 * A service that was removed has a lane while it has deployments in the span. The start is a whole minute.
 */
export const readTimeline = async (
  { db, reads, within, now }: TimelineDeps,
  { q = '', cluster, service, days }: TimelineRequest,
): Promise<TimelineView> => {
  const since = Math.floor((now() - days * DAY_MS) / MINUTE_MS) * MINUTE_MS;
  const drafts =
    cluster !== undefined && service !== undefined
      ? await draftOne({ db, reads, within }, { cluster, service }, since)
      : await draftAll({ db, reads, within }, cluster, since);
  const found = drafts.filter((draft) => hasWords(draft, q) && isAsked(draft, service));
  const shown = rankLanes(found).slice(0, MOST_LANES);
  const [pushes, freezes] = await Promise.all([
    readPushMarks(db, [...new Set(shown.flatMap(({ images }) => [...images]))], since),
    readFreezeBands(db, since),
  ]);
  return {
    since: new Date(since).toISOString(),
    lanes: shown.map(({ images, ...draft }) => ({
      ...draft,
      pushes: [...images]
        .flatMap((image) => pushes.get(image) ?? [])
        .toSorted((a, b) => (a.at < b.at ? -1 : 1)),
      freezes: freezes
        .filter((freeze) => isFrozen(draft, freeze))
        .map(({ id, since: from, until, reason }) => ({ id, since: from, until, reason })),
    })),
    left: found.length - shown.length,
  };
};

const isAsked = ({ service: { id, name } }: Draft, asked: string | undefined): boolean =>
  asked === undefined || asked === id || asked === name;

type Sources = Pick<TimelineDeps, 'db' | 'reads' | 'within'>;

const draftOne = async (
  { db, reads, within }: Sources,
  { cluster, service }: { readonly cluster: string; readonly service: string },
  since: number,
): Promise<readonly Draft[]> => {
  const view = await reads.readService(cluster, service);
  if (view !== null) {
    const { id } = view;
    const bars = await readBars(db, { since, within, service: { cluster, id } });
    return [ofService(view, bars.get(`${cluster}/${id}`))];
  }
  // The name of a service that was removed is known only from its deployments.
  const bars = await readBars(db, { since, within, service: null });
  return [...bars.values()]
    .map(ofBars)
    .filter((draft) => draft.cluster === cluster && isAsked(draft, service));
};

const draftAll = async (
  { db, reads, within }: Sources,
  cluster: string | undefined,
  since: number,
): Promise<readonly Draft[]> => {
  const [{ items }, bars] = await Promise.all([
    reads.listServices(cluster === undefined ? {} : { cluster }, WHOLE_LIST),
    readBars(db, { since, within, service: null }),
  ]);
  const keys = new Set(items.map(({ cluster: own, id }) => `${own}/${id}`));
  return [
    ...items.map((view) => ofService(view, bars.get(`${view.cluster}/${view.id}`))),
    ...[...bars]
      .filter(([key, one]) => !keys.has(key) && (cluster ?? one.cluster) === one.cluster)
      .map(([, one]) => ofBars(one)),
  ];
};
