import { expect, test } from 'vitest';
import {
  countHealth,
  countVerdicts,
  filterServices,
  type ServiceFilters,
} from './filter-services.ts';
import { makeServiceView } from './make-service-view.ts';
import { groupServices, sortServices } from './sort-services.ts';
import { isShort } from './urgency.ts';

const current = makeServiceView({ name: 'a', stack: 'quiet' });
const obsolete = makeServiceView({ name: 'b', stack: 'shop', verdict: 'obsolete' });
const short = makeServiceView({ name: 'c', stack: 'shop', replicas: { running: 1, desired: 2 } });
const held = makeServiceView({ name: 'd', stack: null, verdict: 'held', reason: 'known-bad' });
const frozen = makeServiceView({ name: 'e', stack: 'web', verdict: 'held', reason: 'frozen' });
const pinned = makeServiceView({ name: 'f', stack: 'web', verdict: 'pinned', cluster: 'qa' });
const all = [pinned, current, frozen, obsolete, held, short];
const names = (services: readonly { readonly name: string }[]): string =>
  services.map(({ name }) => name).join('');

test('groups that want a person come first, and so do services within them', () => {
  expect(groupServices(all).map(({ stack, services }) => `${stack} ${names(services)}`)).toEqual([
    'shop cb',
    'null d',
    'web e',
    'quiet a',
    'web f',
  ]);
});

test.each([
  ['service', false, 'abcdef'],
  ['service', true, 'fedcba'],
  ['verdict', false, 'cdbeaf'],
  ['replicas', false, 'cdbeaf'],
  ['nonsense', false, 'cdbeaf'],
])('sorted by %s, descending %s: %s', (by, descending, order) => {
  expect(names(sortServices(all, { by, descending }))).toBe(order);
});

test('the newest change comes first when sorted by since when', () => {
  const older = makeServiceView({ name: 'o', updatedAt: '2025-01-01T00:00:00Z' });
  expect(names(sortServices([older, current], { by: 'since', descending: false }))).toBe('ao');
});

test.each<[ServiceFilters, string]>([
  [{}, 'facebd'.split('').toSorted().join('')],
  [{ q: '  ACME web ' }, 'abcdef'],
  [{ q: 'web quiet' }, 'a'],
  [{ q: 'aaaaaaaaaaaa' }, 'abcdef'],
  [{ q: 'nothing' }, ''],
  [{ verdict: 'held' }, 'de'],
  [{ stack: '-' }, 'd'],
  [{ stack: 'web', cluster: 'qa' }, 'f'],
])('%j leaves %s', (filters, left) => {
  expect(names(filterServices(all, filters)).split('').toSorted().join('')).toBe(left);
});

test('verdicts that no service has are not counted', () => {
  expect(countVerdicts(all)).toEqual([
    ['current', 2],
    ['obsolete', 1],
    ['pinned', 1],
    ['held', 2],
  ]);
});

test('a job that has ended runs no task, and should not', () => {
  const replicas = { running: 0, desired: 1 };
  expect(isShort(makeServiceView({ replicas }))).toBe(true);
  expect(isShort(makeServiceView({ replicas, mode: 'replicated-job' }))).toBe(false);
  expect(isShort(makeServiceView({ replicas: null }))).toBe(false);
});

test('what fails comes first of all, is found by what is wrong, and is counted', () => {
  const failing = makeServiceView({
    name: 'z',
    stack: 'quiet',
    health: 'failing',
    healthReason: 'crash-loop',
    lastError: 'task: non-zero exit (3)',
  });
  const paused = makeServiceView({ name: 'y', health: 'paused', healthReason: 'update-paused' });
  const degraded = makeServiceView({ name: 'x', health: 'degraded', healthReason: 'task-failed' });
  const unseen = makeServiceView({ name: 'w', health: 'unknown', healthReason: 'not-observed' });
  const some = [...all, degraded, unseen, paused, failing];
  expect(names(sortServices(some, { by: '', descending: false }))).toMatch(/^zyxc/);
  expect(groupServices(some)[0]?.stack).toBe('quiet');
  expect(names(filterServices(some, { q: 'crash' }))).toBe('z');
  expect(names(filterServices(some, { q: 'fail again' }))).toBe('z');
  expect(names(filterServices(some, { q: 'exit (3)' }))).toBe('z');
  expect(names(filterServices(some, { health: 'paused' }))).toBe('y');
  expect(countHealth(some)).toEqual([
    ['failing', 1],
    ['paused', 1],
    ['degraded', 1],
  ]);
});
