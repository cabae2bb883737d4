import { expect, it } from 'vitest';
import { serviceOf } from '../../../test/support/http/api-samples.ts';
import type { LaneBar, LaneView } from '../contract/overview.ts';
import { needsPerson, rankLanes } from './rank-lanes.ts';

const bar = (state: LaneBar['state'], queuedAt = '2026-01-01T10:00:00.000Z'): LaneBar => ({
  id: state,
  state,
  reason: null,
  fromTag: 'v1',
  toTag: 'v1',
  queuedAt,
  startedAt: queuedAt,
  endedAt: state === 'updating' ? null : queuedAt,
});

const lane = (name: string, change: Partial<LaneView> = {}): LaneView => ({
  cluster: 'default',
  service: { id: name, name },
  stack: null,
  health: 'ok',
  healthReason: null,
  verdict: 'current',
  deployments: [],
  pushes: [],
  freezes: [],
  ...change,
});

it('puts what needs a person first, and what was not touched last', () => {
  const lanes = [
    lane('quiet-10'),
    lane('quiet-2'),
    lane('deployed', { deployments: [bar('succeeded')] }),
    lane('held', { verdict: 'held' }),
    lane('updating', { deployments: [bar('failed'), bar('updating')] }),
    lane('rolled-back', { deployments: [bar('rolled-back'), bar('superseded')] }),
    lane('removed', { health: null, verdict: null, deployments: [bar('failed')] }),
    lane('degraded', { health: 'degraded' }),
    lane('failing', { health: 'failing' }),
  ];
  expect(rankLanes(lanes).map(({ service }) => service.name)).toEqual([
    'failing',
    'degraded',
    'removed',
    'rolled-back',
    'updating',
    'held',
    'deployed',
    'quiet-2',
    'quiet-10',
  ]);
});

it('puts the newest deployment first among equals', () => {
  const lanes = [
    lane('a', { deployments: [bar('succeeded', '2026-01-01T10:00:00.000Z')] }),
    lane('b', { deployments: [bar('succeeded', '2026-01-01T11:00:00.000Z')] }),
  ];
  expect(rankLanes(lanes).map(({ service }) => service.name)).toEqual(['b', 'a']);
});

it('a service that was removed after a good deployment is not urgent', () => {
  const removed = lane('a', { health: null, verdict: null, deployments: [bar('succeeded')] });
  const obsolete = lane('b', { verdict: 'obsolete' });
  expect(rankLanes([removed, obsolete]).map(({ service }) => service.name)).toEqual(['b', 'a']);
});

it.each([
  [{ health: 'failing' as const }, true],
  [{ health: 'paused' as const }, true],
  [{ health: 'degraded' as const }, true],
  [{ verdict: 'diverged' as const }, true],
  [{ verdict: 'held' as const, reason: 'known-bad' }, true],
  [{ verdict: 'held' as const, reason: 'frozen' }, false],
  [{ health: 'deploying' as const }, false],
  [{ verdict: 'obsolete' as const }, false],
  [{}, false],
])('%o needs a person: %s', (change, expected) => {
  expect(needsPerson(serviceOf({ name: 'web', ...change }))).toBe(expected);
});
