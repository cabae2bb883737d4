import { expect, it } from 'vitest';
import { deploymentOf, digestOf } from '../../../test/support/http/api-samples.ts';
import type { HealthName, HealthReason } from '../health/health.ts';
import { adviceWords } from './advice.ts';

const NOTHING = { before: null, mayName: null, underWay: null };
const [good, other] = [digestOf('a'), digestOf('b')];
const inProgress = deploymentOf({ id: '1', state: 'updating' });
const waits = deploymentOf({ id: '2', state: 'queued' });

it.each<
  [
    HealthName,
    HealthReason | null,
    number,
    Partial<Parameters<typeof adviceWords>[1]>,
    string | null,
  ]
>([
  ['ok', null, 3, { before: good }, null],
  ['deploying', 'own-deployment', 3, { before: good }, null],
  ['stopped', 'no-replicas', 0, { before: good }, null],
  ['failing', 'crash-loop', 3, { before: good }, 'Roll back to aaaaaaaaaaaa, or publish a fix.'],
  [
    'failing',
    'known-bad-runs',
    0,
    { before: good },
    'Roll back to aaaaaaaaaaaa, or publish a fix.',
  ],
  [
    'failing',
    'crash-loop',
    3,
    { mayName: other },
    'Publish a fix, or roll back to bbbbbbbbbbbb explicitly: no good image is known.',
  ],
  ['failing', 'crash-loop', 3, {}, 'Publish a fix: no earlier image is known.'],
  [
    'failing',
    'crash-loop',
    3,
    { before: good, underWay: inProgress },
    'Wait: a deployment is in progress.',
  ],
  [
    'failing',
    'cannot-start',
    3,
    { before: good, underWay: waits },
    'Fix what the last task reports, on the node or in the service’s spec: the engine keeps trying.',
  ],
  [
    'failing',
    'nothing-runs',
    0,
    { before: good },
    'See why no task runs: docker service ps --no-trunc web.',
  ],
  [
    'failing',
    'nothing-runs',
    1,
    { before: good },
    'See why no task runs: docker service ps --no-trunc web. If the image is the cause: Roll back to aaaaaaaaaaaa, or publish a fix.',
  ],
  [
    'failing',
    'nothing-runs',
    1,
    { mayName: other },
    'See why no task runs: docker service ps --no-trunc web.',
  ],
  ['degraded', 'too-few-run', 0, {}, 'See why no task runs: docker service ps --no-trunc web.'],
  [
    'degraded',
    'task-failed',
    1,
    { before: good },
    'Read what the task wrote: docker service logs web. If it fails again: Roll back to aaaaaaaaaaaa, or publish a fix.',
  ],
  [
    'paused',
    'update-paused',
    1,
    { before: good },
    'Roll back to aaaaaaaaaaaa, or publish a fix. Either ends the pause.',
  ],
])('%s %s, %i failed tasks, %o: %s', (health, healthReason, restarts, past, expected) => {
  const service = { name: 'web', health, healthReason, restarts };
  expect(adviceWords(service, { ...NOTHING, ...past })).toBe(expected);
});
