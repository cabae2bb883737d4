import { Cron } from 'croner';
import { EVERY_SERVICE } from '../core/every-service.ts';
import type { Log } from '../core/log.ts';
import type { RunOrigin, RunRequest } from '../core/views.ts';
import type { Db } from '../store/open-store.ts';
import { lastRunAt } from '../store/runs.ts';
import { AT_MOST_EVERY_MS } from './once-in-a-while.ts';
import type { Clock } from './loop/clock.ts';
import { runLoop } from './loop/run-loop.ts';
import type { SmartRedeploy } from './smart-redeploy.ts';

export type ScheduleOptions = {
  /** Cron expression, or null: no run by itself. */
  readonly schedule: string | null;
  /** IANA name. */
  readonly timeZone: string;
  readonly mode: 'deploy' | 'report';
  readonly onStart: 'off' | 'deploy' | 'report';
  /** A scheduled run begins up to this much later. */
  readonly jitterMs: number;
};

export type ScheduleDeps = ScheduleOptions & {
  readonly db: Db;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
  readonly start: SmartRedeploy['start'];
};

const everything = (dryRun: boolean): RunRequest => ({ ...EVERY_SERVICE, dryRun });

/** Somebody may set the clock: the schedule is read anew this often. */
const LONGEST_SLEEP_MS = 60_000;

/** Starts runs by the clock until the signal is aborted; with no schedule and no start run it does nothing. */
export const keepSchedule = async (deps: ScheduleDeps, signal: AbortSignal): Promise<void> => {
  const { clock, schedule } = deps;
  const run = async (origin: RunOrigin, mode: 'deploy' | 'report'): Promise<void> => {
    await deps.start(everything(mode === 'report'), { origin, actor: null, signal });
  };
  const cron =
    schedule === null ? null : new Cron(schedule, { timezone: deps.timeZone, paused: true });
  /** The first time of the schedule after `at`, both ms since the epoch. */
  const nextAfter = (at: number): number => cron?.nextRun(new Date(at))?.getTime() ?? NEVER;
  const { onStart } = deps;
  let isStartDue = onStart !== 'off';
  let next = nextAfter(clock.now());
  let jitterMs = deps.random() * deps.jitterMs;

  const round = async (): Promise<number> => {
    if (isStartDue && onStart !== 'off') {
      if (await mayRunOnStart(deps)) await run('start', onStart);
      isStartDue = false;
    }
    const now = clock.now();
    // After the clock was set back, a time of the schedule may lie before the one that was awaited.
    next = Math.min(next, nextAfter(now));
    const restMs = next + jitterMs - now;
    if (restMs > 0) return Math.min(restMs, LONGEST_SLEEP_MS);
    await run('schedule', deps.mode);
    next = nextAfter(now);
    jitterMs = deps.random() * deps.jitterMs;
    return 0;
  };
  if (cron === null && !isStartDue) return;
  const meaning = 'runs by the schedule do not start';
  await runLoop(deps, { name: 'schedule', meaning, round }, signal);
};

const NEVER = Number.POSITIVE_INFINITY;

const mayRunOnStart = async ({ db, clock }: ScheduleDeps): Promise<boolean> => {
  const last = await lastRunAt(db, ['start']);
  return last === null || clock.now() - last >= AT_MOST_EVERY_MS;
};
