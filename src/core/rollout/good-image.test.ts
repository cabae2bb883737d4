import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  digestOfChar,
  makeNode,
  makeService,
  makeTask,
} from '../../../test/support/work/make-service.ts';
import type { Observation, Service, Task } from '../swarm/service.ts';
import {
  checkGood,
  choiceNote,
  chooseGood,
  firstCheckAt,
  type KnownImage,
  leftBehind,
  noGoodWords,
  standingOf,
} from './good-image.ts';

const [A, B, C] = [digestOfChar('a'), digestOfChar('b'), digestOfChar('c')];
const NOW = Date.parse('2026-02-01T00:00:00Z');
const MINUTE = 60_000;
const ago = (ms: number): string => new Date(NOW - ms).toISOString();

const up = (forMs: number, change: Partial<Task> = {}): Task =>
  makeTask({ digest: B, createdAt: ago(forMs + 1_000), since: ago(forMs), ...change });
const crashed = (agoMs: number, change: Partial<Task> = {}): Task =>
  makeTask({
    digest: B,
    desired: 'shutdown',
    state: 'failed',
    error: 'task: non-zero exit (3)',
    exitCode: 3,
    createdAt: ago(agoMs + 17_000),
    since: ago(agoMs),
    ...change,
  });
const seen = (tasks: readonly Task[] | null, change: Partial<Service> = {}): Observation => ({
  service: makeService({
    imageText: `acme/web:v1@${B}`,
    replicas: { running: 1, desired: 1 },
    specReplicas: 1,
    ...change,
  }),
  tasks,
  nodes: [makeNode()],
  at: NOW,
});
const policy = (monitorMs: number): Partial<Service> => ({
  updatePolicy: {
    parallelism: 1,
    delayMs: 0,
    monitorMs,
    failureAction: 'pause',
    order: 'stop-first',
  },
});

describe('how an image stands', () => {
  it.each<[string, Observation, number | null, object]>([
    ['it ran for its monitor period and 20 s', seen([up(25_000)]), null, { kind: 'good' }],
    ['a moment less', seen([up(24_000)]), null, { kind: 'young', afterMs: 1_000 }],
    [
      'its monitor period is longer than that',
      seen([up(119_000)], policy(MINUTE)),
      null,
      { kind: 'young', afterMs: 1_000 },
    ],
    ['a longer one has passed twice', seen([up(120_000)], policy(MINUTE)), null, { kind: 'good' }],
    [
      'it died 12 s after a monitor period of 5 s, and came up again',
      seen([up(10_000), crashed(15_000)]),
      NOW - 27_000,
      { kind: 'failing' },
    ],
    [
      'it died 12 s after a long monitor period, and has been up for longer than that since',
      seen([up(70_000), crashed(75_000)], policy(30_000)),
      NOW - 2 * MINUTE,
      { kind: 'failing' },
    ],
    [
      'a task failed before it converged',
      seen([up(40_000), crashed(90_000)]),
      NOW - 30_000,
      { kind: 'good' },
    ],
    [
      'a task failed more than ten minutes ago',
      seen([up(9 * MINUTE), crashed(11 * MINUTE)]),
      NOW - 24 * 60 * MINUTE,
      { kind: 'good' },
    ],
    [
      'a task of another image failed',
      seen([up(40_000), crashed(60_000, { digest: C })]),
      null,
      { kind: 'good' },
    ],
    [
      'a task failed because its node went away',
      { ...seen([up(40_000), crashed(60_000)]), nodes: [makeNode({ changedAt: ago(61_000) })] },
      null,
      { kind: 'good' },
    ],
    ['a task is missing', seen([]), null, { kind: 'unsettled' }],
    [
      'the spec names no digest',
      seen([up(MINUTE)], { imageText: 'acme/web:v1' }),
      null,
      { kind: 'unsettled' },
    ],
    ['no tasks are told, and it converged long ago', seen(null), NOW - 20_000, { kind: 'good' }],
    [
      'no tasks are told, and it has just converged',
      seen(null),
      NOW,
      { kind: 'young', afterMs: 20_000 },
    ],
    ['no tasks are told, nor did anybody see it converge', seen(null), null, { kind: 'unsettled' }],
  ])('%s', (_name, observed, convergedAt, expected) => {
    expect(standingOf(observed, convergedAt, NOW)).toEqual(expected);
  });

  it('does not depend on how far the clock of the cluster differs', () => {
    const tasks = [up(40_000), crashed(90_000)];
    const move = (task: Task, ms: number): Task => ({
      ...task,
      since: new Date(Date.parse(task.since) + ms).toISOString(),
      createdAt: new Date(Date.parse(task.createdAt) + ms).toISOString(),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: -1e9, max: 1e9 }),
        fc.integer({ min: 0, max: MINUTE }),
        (ms, of) => {
          const aside = { ...seen(tasks.map((task) => move(task, ms))), at: NOW + ms };
          expect(standingOf(aside, NOW - of, NOW)).toEqual(standingOf(seen(tasks), NOW - of, NOW));
        },
      ),
    );
  });
});

const known = (digest: typeof A, change: Partial<KnownImage> = {}): KnownImage => ({
  digest,
  convergedAt: NOW - 60 * MINUTE,
  goodAt: NOW - 50 * MINUTE,
  why: null,
  isHeld: false,
  ...change,
});
const young = (digest: typeof A): KnownImage =>
  known(digest, { convergedAt: NOW - 10_000, goodAt: null, why: 'young' });

describe('what is remembered of an image that is replaced', () => {
  it.each<[string, Observation, readonly KnownImage[], boolean, object | null]>([
    ['it earned it', seen([up(MINUTE)]), [young(B)], false, { digest: B, why: null }],
    ['it had no time to', seen([up(10_000)]), [young(B)], false, { digest: B, why: 'young' }],
    [
      'it ran converged before the first update',
      seen([up(6_000)]),
      [],
      true,
      { digest: B, why: null },
    ],
    [
      'it was too young for the first update',
      seen([up(4_000)]),
      [],
      true,
      { digest: B, why: 'young-at-first' },
    ],
    [
      'others brought it, and it runs well',
      seen([up(MINUTE)]),
      [known(A)],
      false,
      { digest: B, convergedAt: null, why: null },
    ],
    [
      'others brought it, and it never ran',
      seen([]),
      [known(A)],
      false,
      { digest: B, why: 'unsettled' },
    ],
    [
      'it was good, and is moved to another node now',
      seen([up(1_000)]),
      [known(B)],
      false,
      { digest: B, why: null },
    ],
    [
      'it was good, and fails by now',
      seen([crashed(5_000)]),
      [known(B)],
      false,
      { digest: B, why: 'failing' },
    ],
    ['its digest is not known', seen([up(MINUTE)], { imageText: 'acme/web:v1' }), [], true, null],
  ])('%s', (_name, observed, images, isFirst, expected) => {
    const left = leftBehind(observed, images, isFirst, NOW);
    if (expected === null) expect(left).toBeNull();
    else expect(left).toMatchObject(expected);
  });
});

describe('what is gone back to', () => {
  const nothing = { ...seen([]), service: makeService({ imageText: `acme/web:v1@${C}` }) };
  it.each<[string, readonly KnownImage[], Observation, typeof A | null, string]>([
    ['the newest good one', [known(B), known(A)], nothing, B, ''],
    [
      'the one before, where it is not good yet',
      [young(B), known(A)],
      nothing,
      A,
      'bbbbbbbbbbbb had not run long enough to count as good',
    ],
    [
      'none that is held',
      [known(B, { isHeld: true }), known(A)],
      nothing,
      A,
      'bbbbbbbbbbbb is held',
    ],
    [
      'none that has failed since',
      [known(B), known(A)],
      { ...nothing, tasks: [crashed(MINUTE)] },
      A,
      'bbbbbbbbbbbb had failed tasks shortly before',
    ],
    [
      'one that converged and has not failed, where no other is known',
      [young(B), known(A, { isHeld: true })],
      nothing,
      B,
      'bbbbbbbbbbbb had not run long enough to count as good, and no other image is known to revert to',
    ],
    [
      'nothing that others brought and that was not seen to run well',
      [{ ...young(B), convergedAt: null }],
      nothing,
      null,
      'bbbbbbbbbbbb had not run long enough to count as good',
    ],
    [
      'nothing that has failed since it converged',
      [young(B)],
      { ...nothing, tasks: [crashed(5_000)] },
      null,
      'bbbbbbbbbbbb had not run long enough to count as good',
    ],
  ])('%s', (_name, images, observed, expected, words) => {
    const choice = chooseGood(images, observed, NOW);
    expect(choice.good).toBe(expected);
    expect(choiceNote(choice)).toBe(words);
  });

  it.each<[string, typeof A | null, readonly KnownImage[], string]>([
    ['no digest is known', null, [], 'the service had no digest before'],
    ['nothing ran well', A, [], 'the helper has not seen the service run an image well'],
    [
      'the service had just been created',
      B,
      [{ ...young(B), why: 'young-at-first' }],
      'the service was younger than its monitor period when the helper first updated it',
    ],
  ])('and why nothing is known: %s', (_name, from, images, expected) => {
    const { passedOver } = chooseGood(images, nothing, NOW);
    expect(noGoodWords(from, passedOver)).toBe(`no good image known: ${expected}`);
  });
});

describe('a check of what converged', () => {
  const image = { digest: B, convergedAt: NOW - 20_000 };
  it.each<[string, Parameters<typeof checkGood>[1], object]>([
    ['it stands', seen([up(25_000)]), { kind: 'good' }],
    ['it has failed', seen([up(2_000), crashed(5_000)]), { kind: 'failing' }],
    ['a task was moved', seen([up(20_000)]), { kind: 'again', at: NOW + 6_000 }],
    ['a task is missing', seen([]), { kind: 'again', at: NOW + 61_000 }],
    ['the cluster gives no answer', null, { kind: 'again', at: NOW + 61_000 }],
    ['the service is gone', 'removed', { kind: 'untold' }],
    [
      'another was deployed',
      seen([up(MINUTE)], { imageText: `acme/web:v1@${C}` }),
      { kind: 'untold' },
    ],
  ])('%s', (_name, observed, expected) => {
    expect(checkGood(image, observed, NOW)).toEqual(expected);
  });

  it('is given up after an hour', () => {
    const long = { digest: B, convergedAt: NOW - 61 * MINUTE };
    expect(checkGood(long, null, NOW)).toEqual({ kind: 'untold' });
  });

  it('comes when it can be good for the first time', () => {
    expect(firstCheckAt(seen([up(5_000)]), NOW)).toBe(NOW + 21_000);
    expect(firstCheckAt(seen(null), NOW)).toBe(NOW + 21_000);
  });
});
