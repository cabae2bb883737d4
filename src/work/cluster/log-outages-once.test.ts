import { beforeEach, expect, it } from 'vitest';
import { type Log, silentLog } from '../../core/log.ts';
import { logOutagesOnce } from './log-outages-once.ts';

let time: number;
let lines: string[];
let log: Log;
beforeEach(() => {
  time = 0;
  lines = [];
  const inner: Log = {
    ...silentLog,
    warn: (message, fields) => lines.push(`${message} ${JSON.stringify(fields)}`),
    child: () => inner,
  };
  log = logOutagesOnce(inner, () => time);
});

const away = { deployment: 'd1', problem: 'no answer' };

it('writes the warning of an outage once a minute, with how many were left out', () => {
  for (let second = 0; second < 61; second += 1) {
    time = second * 1_000;
    log.child({}).warn('deployment postponed', away);
    log.warn('deployment postponed', { ...away, deployment: 'd2' });
  }
  expect(lines).toEqual([
    `deployment postponed ${JSON.stringify(away)}`,
    `deployment postponed ${JSON.stringify({ ...away, leftOut: 119 })}`,
  ]);
});

it('tells problems apart', () => {
  log.warn('check failed', away);
  log.warn('check failed', { problem: 'refused' });
  expect(lines).toHaveLength(2);
});

it('writes every other warning', () => {
  log.warn('deployment failed', away);
  log.warn('deployment failed', away);
  expect(lines).toHaveLength(2);
});
