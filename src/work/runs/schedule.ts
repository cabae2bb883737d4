import { Cron } from 'croner';
import { EVERY_SERVICE } from '../../core/contract/every-service.ts';
import type { Log } from '../../core/log.ts';
import type { RunOrigin, RunRequest } from '../../core/contract/run-views.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { firstReport, setFirstReport } from '../../store/runs/first-report.ts';
import { hasCheckedEverything, lastRunAt } from '../../store/runs/runs.ts';
import { AT_MOST_EVERY_MS } from '../loop/once-in-a-while.ts';
import type { Clock } from '../loop/clock.ts';
import { runLoop } from '../loop/run-loop.ts';
import type { SmartRedeploy } from './smart-redeploy.ts';

export type ScheduleOptions = {
  /** Cron expression, or null: no scheduled runs. */
  readonly schedule: string | null;
  /** IANA name. */
  readonly timeZone: string;
  readonly mode: 'deploy' | 'report';
  /** `first`: one report on a new store, unless a run has already checked every service when the report is due. */
  readonly onStart: 'off' | 'first' | 'deploy' | 'report';
  /** A scheduled run starts up to this much later, in ms. */
  readonly jitterMs: number;
};

export type ScheduleDeps = ScheduleOptions & {
  readonly db: Db;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
  readonly start: SmartRedeploy['start'];
  /** Whether this start created the store. */
  readonly isNew: boolean;
};

/** Gives services that are deployed together with the helper time to start. */
const FIRST_AFTER_MS = 60_000;
/** Nobody waits for this report, and a registry may block an unknown client that sends many requests at once. */
const FIRST_PACE_MS = 1_000;

const everything = (dryRun: boolean): RunRequest => ({ ...EVERY_SERVICE, dryRun });

/** Somebody may set the clock, so the schedule is evaluated at least this often. */
const LONGEST_SLEEP_MS = 60_000;

/** Starts runs on schedule until the signal is aborted. With no schedule and no start run it does nothing. */
export const keepSchedule = async (deps: ScheduleDeps, signal: AbortSignal): Promise<void> => {
  const { clock, schedule } = deps;
  const run = async (origin: RunOrigin, mode: 'deploy' | 'report'): Promise<void> => {
    await deps.start(everything(mode === 'report'), { origin, actor: null, signal });
  };
  const cron =
    schedule === null ? null : new Cron(schedule, { timezone: deps.timeZone, paused: true });
  /** The first scheduled time after `at`, both in ms since the epoch. */
  const nextAfter = (at: number): number => cron?.nextRun(new Date(at))?.getTime() ?? NEVER;
  const { onStart } = deps;
  const begunAt = clock.monotonic();
  let isStartDue = onStart !== 'off';
  /** In how many ms the first report is due: 0 if it was made just now, infinite if there is none to make. */
  const report = async (): Promise<number> => {
    if (deps.isNew && (await firstReport(deps.db)) === null) await setFirstReport(deps.db, 'due');
    if ((await firstReport(deps.db)) !== 'due') return NEVER;
    const restMs = begunAt + FIRST_AFTER_MS - clock.monotonic();
    if (restMs > 0) return restMs;
    // If a run has already checked everything, do not look it all up again.
    if (!(await hasCheckedEverything(deps.db))) {
      const by = { origin: 'start' as const, actor: null, signal, paceMs: FIRST_PACE_MS };
      await deps.start(everything(true), by);
    }
    // If the report was interrupted, the next start makes it.
    if (!signal.aborted) await setFirstReport(deps.db, 'made');
    return 0;
  };
  let next = nextAfter(clock.now());
  let jitterMs = deps.random() * deps.jitterMs;

  const round = async (): Promise<number> => {
    let startInMs = NEVER;
    if (isStartDue && onStart === 'first') {
      startInMs = await report();
      isStartDue = startInMs > 0 && startInMs !== NEVER;
    } else if (isStartDue && onStart !== 'off' && onStart !== 'first') {
      if (await mayRunOnStart(deps)) await run('start', onStart);
      isStartDue = false;
    }
    const now = clock.now();
    // After the clock was set back, an earlier scheduled time may come first.
    next = Math.min(next, nextAfter(now));
    const restMs = next + jitterMs - now;
    if (restMs > 0) return Math.min(restMs, startInMs, LONGEST_SLEEP_MS);
    await run('schedule', deps.mode);
    next = nextAfter(now);
    jitterMs = deps.random() * deps.jitterMs;
    return 0;
  };
  if (cron === null && !isStartDue) return;
  const meaning = 'scheduled runs do not start';
  await runLoop(deps, { name: 'schedule', meaning, round }, signal);
};

const NEVER = Number.POSITIVE_INFINITY;

const mayRunOnStart = async ({ db, clock }: ScheduleDeps): Promise<boolean> => {
  const last = await lastRunAt(db, ['start']);
  // A time in the future dates from before the clock was set back.
  return last === null || Math.abs(clock.now() - last) >= AT_MOST_EVERY_MS;
};
