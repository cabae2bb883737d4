import { Cron } from 'croner';
import { EVERY_SERVICE } from '../core/every-service.ts';
import type { Log } from '../core/log.ts';
import type { RunOrigin, RunRequest } from '../core/views.ts';
import type { Db } from '../store/open-store.ts';
import { lastRunAt } from '../store/runs.ts';
import { AT_MOST_EVERY_MS } from './once-in-a-while.ts';
import type { Clock } from './ports.ts';
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

/** Starts runs by the clock until the signal is aborted; with no schedule and no start run it does nothing. */
export const keepSchedule = async (deps: ScheduleDeps, signal: AbortSignal): Promise<void> => {
  const { clock, log } = deps;
  const run = async (origin: RunOrigin, mode: 'deploy' | 'report'): Promise<void> => {
    try {
      await deps.start(everything(mode === 'report'), { origin, actor: null, signal });
    } catch (error) {
      if (!signal.aborted) log.error('run by schedule not started', { error });
    }
  };
  if (deps.onStart !== 'off' && (await mayRunOnStart(deps))) await run('start', deps.onStart);
  if (deps.schedule === null) return;
  const cron = new Cron(deps.schedule, { timezone: deps.timeZone, paused: true });
  while (!signal.aborted) {
    const next = cron.nextRun(new Date(clock.now()));
    if (next === null) return;
    const wait = next.getTime() - clock.now() + deps.random() * deps.jitterMs;
    await waitLong(clock, wait, signal);
    if (!signal.aborted) await run('schedule', deps.mode);
  }
};

const mayRunOnStart = async ({ db, clock }: ScheduleDeps): Promise<boolean> => {
  const last = await lastRunAt(db, ['start']);
  return last === null || clock.now() - last >= AT_MOST_EVERY_MS;
};

/** Timers hold at most 2^31-1 ms; a yearly schedule waits longer. */
const LONGEST_TIMER_MS = 24 * 3_600_000;

const waitLong = async (clock: Clock, ms: number, signal: AbortSignal): Promise<void> => {
  const until = clock.now() + ms;
  while (!signal.aborted && clock.now() < until) {
    await clock.wait(Math.min(until - clock.now(), LONGEST_TIMER_MS), signal).catch(() => {});
  }
};
