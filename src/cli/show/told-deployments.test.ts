import { expect, it } from 'vitest';
import { deploymentOf } from '../../../test/support/http/api-samples.ts';
import type { DeploymentView } from '../../core/contract/views.ts';
import { createTold } from './told-deployments.ts';

const one = (id: string, minute: number, state: DeploymentView['state']): DeploymentView =>
  deploymentOf({ id, state, queuedAt: `2026-01-01T10:0${minute}:00.000Z` });
const ids = (deployments: readonly DeploymentView[]): readonly string[] =>
  deployments.map(({ id, state }) => `${id} ${state}`);

it('tells each change once, and reads on from the oldest that is open', () => {
  const told = createTold();
  expect(told.since()).toBeNull();
  const a = one('a', 1, 'succeeded');
  expect(ids(told.changed([a, one('b', 2, 'updating'), one('c', 3, 'queued')]))).toEqual([
    'a succeeded',
    'b updating',
    'c queued',
  ]);
  expect(told.since()).toBe('2026-01-01T10:02:00.000Z');
  expect(ids(told.changed([one('b', 2, 'updating'), one('c', 3, 'failed')]))).toEqual(['c failed']);
  expect(ids(told.changed([one('b', 2, 'succeeded'), one('c', 3, 'failed')]))).toEqual([
    'b succeeded',
  ]);
  expect(told.since()).toBe('2026-01-01T10:03:00.000Z');
  expect(told.changed([one('c', 3, 'failed')])).toEqual([]);
});

it('remembers where it was when nothing is there', () => {
  const told = createTold();
  expect(told.changed([])).toEqual([]);
  expect(told.since()).toBeNull();
  told.changed([one('a', 1, 'succeeded')]);
  told.changed([]);
  expect(told.since()).toBe('2026-01-01T10:01:00.000Z');
});
