import { Cron } from 'croner';
import { EVERY_SERVICE } from '../../core/contract/every-service.ts';
import type { Log } from '../../core/log.ts';
import type { RunOrigin, RunRequest } from '../../core/contract/views.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { firstReport, setFirstReport } from '../../store/runs/first-report.ts';
import { hasCheckedEverything, lastRunAt } from '../../store/runs/runs.ts';
import { AT_MOST_EVERY_MS } from '../loop/once-in-a-while.ts';
import type { Clock } from '../loop/clock.ts';
import { runLoop } from '../loop/run-loop.ts';
import type { SmartRedeploy } from './smart-redeploy.ts';

export type ScheduleOptions = {
  /** Cron expression, or null: no run by itself. */
  readonly schedule: string | null;
  /** IANA name. */
  readonly timeZone: string;
  readonly mode: 'deploy' | 'report';
  /** `first`: one report on a new store, unless a run has checked every service before it is due. */
  readonly onStart: 'off' | 'first' | 'deploy' | 'report';
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
  /** Whether the store was made by this start. */
  readonly isNew: boolean;
};

/** Long enough for what is deployed together with the helper to be there. */
const FIRST_AFTER_MS = 60_000;
/** Nobody waits for it, and a registry that sees many requests of somebody new may take offence. */
const FIRST_PACE_MS = 1_000;

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
  const begunAt = clock.monotonic();
  let isStartDue = onStart !== 'off';
  /** In how many ms the first report is due; 0 where it was made just now, infinite where there is none to make. */
  const report = async (): Promise<number> => {
    if (deps.isNew && (await firstReport(deps.db)) === null) await setFirstReport(deps.db, 'due');
    if ((await firstReport(deps.db)) !== 'due') return NEVER;
    const restMs = begunAt + FIRST_AFTER_MS - clock.monotonic();
    if (restMs > 0) return restMs;
    // What a run has looked up already is not looked up once more.
    if (!(await hasCheckedEverything(deps.db))) {
      const by = { origin: 'start' as const, actor: null, signal, paceMs: FIRST_PACE_MS };
      await deps.start(everything(true), by);
    }
    // The next start makes one that was broken off.
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
    // After the clock was set back, a time of the schedule may lie before the one that was awaited.
    next = Math.min(next, nextAfter(now));
    const restMs = next + jitterMs - now;
    if (restMs > 0) return Math.min(restMs, startInMs, LONGEST_SLEEP_MS);
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
  // One that lies ahead was before the clock was set back.
  return last === null || Math.abs(clock.now() - last) >= AT_MOST_EVERY_MS;
};
