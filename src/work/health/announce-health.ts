import { healthWords, heldWords } from '../../core/health/health-words.ts';
import type { HealthNotice } from '../../core/health/health-notice.ts';
import { imageWithTag } from '../../core/image/image-reference.ts';
import type { NoticeChannel } from '../../core/contract/notice.ts';
import { specDigest } from '../../core/swarm/service.ts';
import type { NewAction } from '../../store/access/actions.ts';
import {
  readToldHealth,
  type HealthNews,
  type ToldHealth,
  tellHealth,
} from '../../store/health/told-health.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import type { Clock } from '../loop/clock.ts';
import { inPieces } from '../notify/notify-filter.ts';
import type { Known } from './health-book.ts';

/** A service is announced only after this long in a state, so that short problems wake nobody. */
const SETTLED_MS = 30_000;
/** After a day the news no longer helps anyone. */
const GIVE_UP_MS = 24 * 3_600_000;
/** The actor in the audit for a deployment that the helper saw but did not make. */
const ACTOR = 'somebody else';

export type AnnounceHealthDeps = {
  readonly channels: readonly NoticeChannel[];
  readonly db: Db;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  /** Ids that sort by time. */
  readonly newId: () => string;
};

/** A cluster's services, by id. */
type KnownServices = ReadonlyMap<string, Known>;

/**
 * Announces, once each, the services of a cluster that fail, have recovered, or run a held digest that somebody else
 * deployed. Safe to call concurrently: `known` is called at the moment that decides what is news. Returns how many
 * messages wait to be sent.
 */
export const announceHealth = async (
  deps: AnnounceHealthDeps,
  cluster: string,
  known: () => KnownServices,
): Promise<number> => {
  const decide = (told: readonly ToldHealth[]): HealthNews => allNews(deps, cluster, known(), told);
  const { begun, over } = decide(await readToldHealth(deps.db, cluster));
  if (begun.length === 0 && over.length === 0) return 0;
  return tellHealth(deps.db, cluster, deps.clock.now(), decide);
};

const allNews = (
  deps: AnnounceHealthDeps,
  cluster: string,
  known: KnownServices,
  told: readonly ToldHealth[],
): HealthNews => {
  const found = [...known.values()].flatMap((one) => newsOf(deps, cluster, one, told));
  const gone = told.filter(({ service }) => !known.has(service));
  const notices = found.flatMap((one) => one.notices);
  const giveUpAt = deps.clock.now() + GIVE_UP_MS;
  return {
    begun: found.flatMap((one) => one.begun),
    over: [...found.flatMap((one) => one.over), ...gone],
    messages: deps.channels.flatMap((channel) =>
      inPieces(channel, notices).map((piece) => ({
        channel: channel.name,
        message: { kind: 'health', id: deps.newId(), notices: piece },
        giveUpAt,
      })),
    ),
    actions: found.flatMap((one) => one.actions),
  };
};

type News = {
  readonly begun: readonly ToldHealth[];
  readonly over: HealthNews['over'];
  readonly notices: readonly HealthNotice[];
  readonly actions: readonly NewAction[];
};
const NOTHING: News = { begun: [], over: [], notices: [], actions: [] };

const newsOf = (
  deps: AnnounceHealthDeps,
  cluster: string,
  one: Known,
  told: readonly ToldHealth[],
): readonly News[] => {
  const of = (kind: ToldHealth['kind']): ToldHealth | null =>
    told.find((row) => row.service === one.service.id && row.kind === kind) ?? null;
  return [failingNews(deps, cluster, one, of('failing')), heldNews(deps, cluster, one, of('held'))];
};

const failingNews = (
  deps: AnnounceHealthDeps,
  cluster: string,
  one: Known,
  told: ToldHealth | null,
): News => {
  const service = one.service.id;
  const isSettled = deps.clock.monotonic() - one.enteredAt >= SETTLED_MS;
  // A channel that is added later hears only of what begins after that.
  if (!isSettled || deps.channels.length === 0) return NOTHING;
  const { health, reason } = one.health;
  if (told === null && health === 'failing') {
    const incident = deps.newId();
    const row: ToldHealth = { service, kind: 'failing', subject: '', incident };
    const message = healthWords(reason);
    const notice = { ...noticeOf(deps, cluster, one, incident), reason, message };
    return { ...NOTHING, begun: [row], notices: [{ ...notice, state: 'failing' }] };
  }
  if (told !== null && (health === 'ok' || health === 'stopped')) {
    const message = health === 'ok' ? 'it works again' : healthWords(reason);
    const notice = { ...noticeOf(deps, cluster, one, told.incident), reason, message };
    const over = [{ service, kind: 'failing' as const }];
    return { ...NOTHING, over, notices: [{ ...notice, state: 'recovered' }] };
  }
  return NOTHING;
};

const heldNews = (
  deps: AnnounceHealthDeps,
  cluster: string,
  one: Known,
  told: ToldHealth | null,
): News => {
  const { runsHeld } = one.view;
  const { id: service, name } = one.service;
  if (runsHeld === undefined) {
    return told === null ? NOTHING : { ...NOTHING, over: [{ service, kind: 'held' }] };
  }
  const { digest, hold, heldSince } = runsHeld;
  if (told?.subject === digest) return NOTHING;
  const incident = deps.newId();
  const action: NewAction = {
    id: deps.newId(),
    actor: ACTOR,
    action: 'known-bad-deployed',
    target: `${cluster}/${name}`,
    detail: { digest, hold, heldSince },
  };
  const notice: HealthNotice = {
    ...noticeOf(deps, cluster, one, incident),
    state: 'known-bad-deployed',
    reason: hold,
    message: heldWords(one.view) ?? '',
    since: one.service.updatedAt,
  };
  const begun: ToldHealth = { service, kind: 'held', subject: digest, incident };
  return { begun: [begun], over: [], notices: [notice], actions: [action] };
};

const noticeOf = (
  { newId, clock }: AnnounceHealthDeps,
  cluster: string,
  { service, view }: Known,
  incident: string,
): Omit<HealthNotice, 'state' | 'message'> => ({
  id: newId(),
  incident,
  cluster,
  service: { id: service.id, name: service.name },
  stack: service.stack,
  image: service.image.ok ? imageWithTag(service.image.image) : service.imageText,
  digest: specDigest(service),
  health: view.health,
  reason: null,
  since: view.healthSince,
  restarts: view.restarts,
  lastError: view.lastError,
  at: new Date(clock.now()).toISOString(),
});
