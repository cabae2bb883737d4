import { describe, expect, it } from 'vitest';
import { makeService, makeTask } from '../../../test/support/work/make-service.ts';
import { isOfUpdate, newestTask } from './of-update.ts';

// All by the cluster's own clock: the current time does not matter.
const NEWEST = Date.parse('2026-01-02T03:04:05.678Z');
const at = (ms: number): string => new Date(NEWEST + ms).toISOString();
const mark = { intentVersion: 10, madeAfter: NEWEST };
const service = (version: number, startedAt: string | null) =>
  makeService({
    version,
    update: { state: 'updating', message: '', startedAt, rolledBackBy: null },
  });

describe('a task of an update', () => {
  it.each([
    ['made after each that was there', service(11, null), at(1), true],
    ['the newest that was there', service(11, null), at(0), false],
    ['an older one', service(11, null), at(-1), false],
    [
      'made since the update began, after the clock was set back',
      service(11, at(-90)),
      at(-90),
      true,
    ],
    ['made before it began, after the clock was set back', service(11, at(-90)), at(-91), false],
    ['made since another update began, before ours', service(10, at(-90)), at(-50), false],
    ['made after each, before a rollback by hand began', service(12, at(90)), at(50), true],
    ['made after each where the engine replaces none', makeService({ version: 11 }), at(1), true],
  ])('%s', (_name, of, createdAt, isOwn) => {
    expect(isOfUpdate(of, mark)(makeTask({ createdAt }))).toBe(isOwn);
  });

  it('is newer than none where there was none', () => {
    expect(newestTask([])).toBe(0);
    const tasks = [at(-5), at(0), at(-9)].map((createdAt) => makeTask({ createdAt }));
    expect(newestTask(tasks)).toBe(NEWEST);
  });
});
