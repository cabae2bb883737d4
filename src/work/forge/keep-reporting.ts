import { type Backoff, backoffMs } from '../../core/backoff.ts';
import type { Forge, ReportOutcome } from '../../core/forge/report.ts';
import type { Log } from '../../core/log.ts';
import type { Changes } from '../../store/query/changes.ts';
import { makeReportsDueAgain } from '../../store/query/due-again.ts';
import { forgetForgeEnds } from '../../store/forge/forge-ends.ts';
import {
  giveUpOtherForges,
  nextReport,
  pruneReports,
  recordSend,
  type SendEnd,
  type WaitingReport,
} from '../../store/forge/reports.ts';
import { forgetUntoldWaits } from '../../store/forge/waits.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { type Hold, holdAll } from '../leases/lease.ts';
import { type Bell, createBell } from '../loop/bell.ts';
import { watchClock } from '../loop/clock-watch.ts';
import { keepTrying } from '../loop/keep-trying.ts';
import { type Loop, runLoop } from '../loop/run-loop.ts';
import type { Registries } from '../../core/contract/registries.ts';
import type { Clock } from '../loop/clock.ts';
import { createFold } from './fold-deployments.ts';

export type ReportTiming = {
  /** Least time between two queries for changes, in ms. */
  readonly everyMs: number;
  readonly backoff: Backoff;
  /** A report that could not be sent for this long is given up. */
  readonly giveUpMs: number;
};

export type ReporterDeps = {
  readonly forges: readonly Forge[];
  readonly db: Db;
  /** Registers a function to call after each write to the store. */
  readonly onChange: Changes['onChange'];
  readonly clock: Clock;
  readonly registries: Pick<Registries, 'readBuildFacts'>;
  /** Ids that sort by time. */
  readonly newId: () => string;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
  /** The helper's public address, for links to a deployment's page; null if there is none. */
  readonly publicUrl: string | null;
  /** How long sent reports are kept. */
  readonly keepMs: number;
  /** Only tests set this. */
  readonly timing?: ReportTiming;
  /** Default: this process does all the work. */
  readonly hold?: Hold;
  /** Forges that another instance reports to. */
  readonly othersForges?: (db: Db) => Promise<readonly string[]>;
  /** Receives a function to call when another instance may have left reports. */
  readonly onLeft?: (ring: () => void) => void;
};

const TIMING: ReportTiming = {
  everyMs: 1_000,
  backoff: { firstMs: 5_000, longestMs: 15 * 60_000 },
  // A forge that is down over a long weekend still gets its reports.
  giveUpMs: 4 * 24 * 3_600_000,
};

const LONGEST_SLEEP_MS = 60_000;
const TIDY_EVERY_MS = 3_600_000;
const FORGET_EVERY_MS = 60_000;
/** How long a repository that the forge does not show us is left alone. */
const UNKNOWN_FOR_MS = 3_600_000;

/**
 * Reports the state of deployments to forges until the signal is aborted: the newest state of each commit and
 * environment, at least once. A forge that is down delays only its own reports, which wait in the store.
 */
export const keepReporting = async (deps: ReporterDeps, signal: AbortSignal): Promise<void> => {
  const { forges, clock } = deps;
  const timing = deps.timing ?? TIMING;
  const hold = deps.hold ?? holdAll(deps.db, signal);
  const senders = forges.map((forge) => ({ forge, bell: createBell(clock) }));
  const ring = (): void => {
    for (const { bell } of senders) bell.ring();
  };
  deps.onLeft?.(ring);
  await Promise.all([
    hold('forges', (db, held) => keepFolding({ ...deps, db, timing, ring }, held)),
    ...senders.map((sender) =>
      hold(`forge:${sender.forge.name}`, (db, held) =>
        runForge({ ...deps, db, ...sender, timing }, held),
      ),
    ),
  ]);
};

type FolderDeps = ReporterDeps & {
  readonly timing: ReportTiming;
  /** Called when reports wait for their forges. */
  readonly ring: () => void;
};

/** Turns changes into reports, and deletes old ones. */
const keepFolding = async (deps: FolderDeps, signal: AbortSignal): Promise<void> => {
  const { forges, db, clock, log, timing, ring } = deps;
  const loop = (one: Loop): Promise<void> => runLoop({ clock, log }, one, signal);
  const tidyUp = async (): Promise<void> => {
    const names = forges.map(({ name }) => name);
    const others = (await deps.othersForges?.(db)) ?? [];
    const lost = await giveUpOtherForges(db, [...names, ...others]);
    await forgetUntoldWaits(db);
    if (lost > 0) log.warn('forge reports dropped: their forges are not configured', { lost });
  };
  await keepTrying({ clock, log }, 'reports to forges that are gone', tidyUp, signal);
  if (forges.length === 0) {
    await loop({
      name: 'clearing of forge reports',
      meaning: 'the store keeps reports that no forge needs',
      round: async () => {
        await forgetForgeEnds(db);
        return FORGET_EVERY_MS;
      },
    });
    return;
  }
  const written = createBell(clock);
  const stop = deps.onChange(written.ring);
  const fold = createFold(deps);
  await Promise.all([
    loop({
      name: 'forge reports',
      meaning: 'deployments are not reported to forges',
      bell: written,
      leastMs: timing.everyMs,
      round: async (running) => {
        if ((await fold(running)) > 0) ring();
        return LONGEST_SLEEP_MS;
      },
    }).finally(stop),
    loop({
      name: 'pruning of forge reports',
      meaning: 'old forge reports are kept for longer',
      round: async () => {
        await pruneReports(db, clock.now() - deps.keepMs);
        return TIDY_EVERY_MS;
      },
    }),
  ]);
};

type SenderDeps = Pick<ReporterDeps, 'db' | 'clock' | 'random' | 'log' | 'publicUrl'> & {
  readonly forge: Forge;
  readonly bell: Bell;
  readonly timing: ReportTiming;
};

/** Sends one forge's reports, one after another. */
const runForge = async (deps: SenderDeps, signal: AbortSignal): Promise<void> => {
  const { forge, db, clock, bell, log } = deps;
  /** The forge asked for no requests until then; monotonic. */
  let notBefore = 0;
  /** Repositories that the forge does not show us, each left alone until then; monotonic. */
  const unknown = new Map<string, { readonly until: number; readonly detail: string }>();
  const wentBack = watchClock(clock);
  const round = async (): Promise<number> => {
    if (wentBack()) await makeReportsDueAgain(db, forge.name, clock.now());
    const waiting = await nextReport(db, forge.name);
    if (waiting === null) return LONGEST_SLEEP_MS;
    const due = Math.max(waiting.runAt - clock.now(), notBefore - clock.monotonic());
    if (due > 0) return due;
    const before = unknown.get(waiting.repository);
    const outcome: ReportOutcome =
      before !== undefined && before.until > clock.monotonic()
        ? { ...NOT_SENT, remoteId: waiting.remoteId, detail: before.detail }
        : await forge.send({ ...waiting, logUrl: logUrlOf(deps, waiting) }, signal);
    if (outcome.kind === 'failed') {
      if (outcome.retryAfterMs !== null) notBefore = clock.monotonic() + outcome.retryAfterMs;
      if (outcome.isUnknownRepository === true && before === undefined) {
        unknown.set(waiting.repository, {
          until: clock.monotonic() + UNKNOWN_FOR_MS,
          detail: outcome.detail,
        });
      }
    } else unknown.delete(waiting.repository);
    const end = endOf(deps, waiting, outcome);
    await recordSend(db, waiting, end, clock.now());
    const about = {
      forge: forge.name,
      repository: waiting.repository,
      commit: waiting.commit,
      environment: waiting.environment,
      state: waiting.state,
    };
    if (end.kind === 'sent') log.debug('reported to the forge', about);
    else if (end.kind === 'failed')
      log.error('not reported to the forge', { ...about, problem: end.detail });
    else if (waiting.attempts === 0) {
      log.warn('not reported to the forge yet; the helper will retry', {
        ...about,
        problem: end.detail,
      });
    }
    return 0;
  };
  const name = `reports to ${forge.name}`;
  await runLoop(deps, { name, meaning: 'nothing is reported to the forge', round, bell }, signal);
};

const NOT_SENT = { kind: 'failed', retryable: false, retryAfterMs: null } as const;

const logUrlOf = ({ publicUrl }: SenderDeps, { page }: WaitingReport): string | null =>
  publicUrl === null ? null : `${publicUrl}/#/${page}`;

const endOf = (deps: SenderDeps, waiting: WaitingReport, outcome: ReportOutcome): SendEnd => {
  const { remoteId } = outcome;
  if (outcome.kind === 'sent') return { kind: 'sent', remoteId, url: outcome.url };
  const { backoff, giveUpMs } = deps.timing;
  const pause = backoffMs(backoff, waiting.attempts + 1, deps.random());
  const runAt = deps.clock.now() + Math.max(pause, outcome.retryAfterMs ?? 0);
  const isLast = !outcome.retryable || runAt > waiting.changedAt + giveUpMs;
  return isLast
    ? { kind: 'failed', remoteId, detail: outcome.detail }
    : { kind: 'again', remoteId, runAt, detail: outcome.detail };
};
