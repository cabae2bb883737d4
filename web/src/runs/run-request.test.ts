import { expect, test } from 'vitest';
import { BLANK_RUN, runsFor, toRunRequest } from './run-request.ts';

test('patterns are separated by spaces or commas, and a blank form selects everything', () => {
  const form = { ...BLANK_RUN, cluster: 'qa', services: ' web*, api  worker,', pin: true };
  expect(toRunRequest(form, false)).toEqual({
    cluster: 'qa',
    services: ['web*', 'api', 'worker'],
    stacks: [],
    images: [],
    dryRun: false,
    pin: true,
  });
  expect(toRunRequest(BLANK_RUN, true)).toMatchObject({
    cluster: null,
    services: [],
    dryRun: true,
  });
});

test('chosen services become a run for each cluster, of at most a hundred names', () => {
  const many = Array.from({ length: 150 }, (_, index) => ({ cluster: 'a', name: `s${index}` }));
  const runs = runsFor([...many, { cluster: 'b', name: 'web' }], false);
  expect(runs.map(({ cluster, services }) => [cluster, services.length])).toEqual([
    ['a', 100],
    ['a', 50],
    ['b', 1],
  ]);
  expect(runs.flatMap(({ services }) => services)).toHaveLength(151);
  expect(runsFor([], false)).toEqual([]);
});
