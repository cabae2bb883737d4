import type { Forge } from '../../core/forge/report.ts';
import { splitName } from '../../core/image/image-reference.ts';
import { type Log, silentLog } from '../../core/log.ts';
import type { NoticeChannel } from '../../core/contract/notice.ts';
import type { GateNotice } from '../../core/policy/approvals/gate-notice.ts';
import type { BuildFacts } from '../../core/image/published.ts';
import { readGateNews, tellGateNews } from '../../store/approvals/gate-news.ts';
import { pruneLinks } from '../../store/approvals/links.ts';
import { pruneVotes } from '../../store/approvals/votes.ts';
import { buildsOf, putBuild, readUnreadBuilds } from '../../store/approvals/waiting.ts';
import type { Changes } from '../../store/query/changes.ts';
import type { NewMessage } from '../../store/notices/notifications.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { compareUrlOf, createTargets, type FindTarget } from '../forge/targets.ts';
import { createBell } from '../loop/bell.ts';
import { runLoop } from '../loop/run-loop.ts';
import { inPieces } from '../notify/notify-filter.ts';
import type { Registries } from '../../core/contract/registries.ts';
import type { Clock } from '../loop/clock.ts';

export type TellGatesDeps = {
  readonly channels: readonly NoticeChannel[];
  /** Forges that have pages about the changes. */
  readonly forges: readonly Forge[];
  readonly registries: Pick<Registries, 'readBuildFacts'>;
  readonly db: Db;
  /** Registers a function to call after each write to the store. */
  readonly onChange: Changes['onChange'];
  readonly clock: Clock;
  /** Ids that sort by time. */
  readonly newId: () => string;
  readonly log: Log;
  /** How long votes and used links are kept, in ms. */
  readonly keepMs: number;
  /** Called when messages wait to be sent. */
  readonly onLeft: () => void;
};

/** Limits of one round: images whose build facts are read, and news items that are announced. */
const BUILDS_AT_ONCE = 20;
const NEWS_AT_ONCE = 200;
const READ_TIMEOUT_MS = 5_000;
/** Least time between two queries while the store is being written to. */
const EVERY_MS = 500;
const LONGEST_SLEEP_MS = 60_000;
/** After a day the news no longer helps anyone. */
const GIVE_UP_MS = 24 * 3_600_000;
const PRUNE_EVERY_MS = 3_600_000;

/**
 * Reads the build facts of waiting images, once each, and tells the channels what becomes of these images, until the
 * signal is aborted. News items stay in the store until their messages are stored.
 */
export const keepTellingGates = async (deps: TellGatesDeps, signal: AbortSignal): Promise<void> => {
  const { clock, log, db } = deps;
  const written = createBell(clock);
  // The code that reports to forges logs problems with an image's source.
  const targetOf = createTargets({ ...deps, log: silentLog });
  const stop = deps.onChange(written.ring);
  const tell = runLoop(
    { clock, log },
    {
      name: 'news of gates',
      meaning: 'services that wait are not announced',
      bell: written,
      leastMs: EVERY_MS,
      round: async () => {
        const isMore = await readBuilds(deps, signal);
        return (await tellNews(deps, targetOf)) || isMore ? 0 : LONGEST_SLEEP_MS;
      },
    },
    signal,
  );
  const prune = runLoop(
    { clock, log },
    {
      name: 'pruning of votes',
      meaning: 'old votes and links are kept for longer',
      round: async () => {
        const before = clock.now() - deps.keepMs;
        await pruneVotes(db, before);
        await pruneLinks(db, before);
        return PRUNE_EVERY_MS;
      },
    },
    signal,
  );
  await Promise.all([tell.finally(stop), prune]);
};

/** Returns whether there may be more to read. */
const readBuilds = async (deps: TellGatesDeps, signal: AbortSignal): Promise<boolean> => {
  const unread = await readUnreadBuilds(deps.db, BUILDS_AT_ONCE);
  for (const { name, tag, digest } of unread) {
    const image = { ...splitName(name), tag, digest };
    const limited = AbortSignal.any([signal, AbortSignal.timeout(READ_TIMEOUT_MS)]);
    const facts = await deps.registries
      .readBuildFacts(image, digest, limited)
      .catch((error: unknown) => {
        signal.throwIfAborted();
        deps.log.debug('build facts not read', { image: name, digest, error });
        return null;
      });
    await putBuild(deps.db, digest, facts, deps.clock.now());
  }
  return unread.length === BUILDS_AT_ONCE;
};

/** Returns whether there may be more to announce. */
const tellNews = async (deps: TellGatesDeps, targetOf: FindTarget): Promise<boolean> => {
  const { db, channels, clock, newId } = deps;
  const news = await readGateNews(db, NEWS_AT_ONCE);
  if (news.length === 0) return false;
  const now = clock.now();
  const builds = await buildsOf(
    db,
    news.flatMap(({ from, to }) => [to, ...(from === null ? [] : [from])]),
  );
  const notices: GateNotice[] = [];
  for (const notice of news) {
    notices.push(await withCompareUrl(withBuilds(notice, builds), targetOf));
  }
  const messages = channels.flatMap((channel) =>
    inPieces(channel, notices).map(
      (piece): NewMessage => ({
        channel: channel.name,
        message: { kind: 'gates', id: newId(), notices: piece },
        giveUpAt: now + GIVE_UP_MS,
      }),
    ),
  );
  await tellGateNews(
    db,
    news.map(({ id }) => id),
    messages,
    now,
  );
  if (messages.length > 0) deps.onLeft();
  return news.length === NEWS_AT_ONCE;
};

const withBuilds = (
  notice: GateNotice,
  builds: ReadonlyMap<string, BuildFacts | null>,
): GateNotice => ({
  ...notice,
  build: {
    from: notice.from === null ? null : (builds.get(notice.from) ?? null),
    to: builds.get(notice.to) ?? null,
  },
});

const withCompareUrl = async (notice: GateNotice, targetOf: FindTarget): Promise<GateNotice> => {
  const { cluster, image, build } = notice;
  const name = image.slice(0, image.lastIndexOf(':'));
  const target = await targetOf({ cluster, name, build: build.to });
  return target === null
    ? notice
    : { ...notice, compareUrl: compareUrlOf(target, { name }, build.from) };
};
