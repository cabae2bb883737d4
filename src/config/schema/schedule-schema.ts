import { Cron } from 'croner';
import type { z } from 'zod';
import type { SmartRedeployConfig } from './config.ts';
import { duration, mapping, matching, oneOf } from './fields.ts';

const isCron = (value: string): boolean => {
  try {
    // Without a function nothing is scheduled. A pattern that never matches again is a mistake too.
    return new Cron(value, { paused: true }).nextRun() !== null;
  } catch {
    return false;
  }
};

const isTimeZone = (value: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).format(0) !== '';
  } catch {
    return false;
  }
};

/** `smartRedeploy`. */
export const smartRedeploy: z.ZodType<SmartRedeployConfig> = mapping({
  schedule: matching('a cron expression such as "0 4 * * *"', isCron).nullable().default(null),
  timeZone: matching('a time zone such as Europe/Madrid or UTC', isTimeZone).default('UTC'),
  mode: oneOf(['deploy', 'report']).default('report'),
  onStart: oneOf(['off', 'first', 'report', 'deploy']).default('first'),
  jitter: duration().optional(),
}).transform(({ jitter, ...rest }) => ({ ...rest, jitterMs: jitter ?? 0 }));
