import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  digestOfChar,
  failedLookup,
  makeService,
  makeTask,
  published,
} from '../../../test/support/work/make-service.ts';
import { type Assessed, assess } from './assess.ts';
import type { Digest } from '../image/digest.ts';
import { TASK_STATES } from '../swarm/service.ts';
import { type Hold, OCI_ADVICE, type Verdict } from './verdict.ts';

const A = digestOfChar('a');
const B = digestOfChar('b');
const C = digestOfChar('c');
const PINNED = `acme/web:v1@${A}`;
const UNPINNED = 'acme/web:v1';
const DOCKER_FORM = {
  kind: 'published' as const,
  digest: B,
  mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
};

const usual = (change: Partial<Assessed> = {}): Assessed => ({
  service: makeService({ imageText: PINNED }),
  tasks: null,
  lookup: published(A),
  members: null,
  select: 'all',
  hold: null,
  deploysOci: true,
  knownDigest: null,
  updateIsOurs: false,
  isStuck: false,
  ownTarget: null,
  ...change,
});
const withImage = (imageText: string): Partial<Assessed> => ({
  service: makeService({ imageText }),
});
const updating = (state: 'updating' | 'rollback_started' | 'paused'): Assessed['service'] =>
  makeService({
    imageText: PINNED,
    update: { state, message: '', startedAt: null, rolledBackBy: null },
  });
const badHold: Hold = { kind: 'known-bad', since: '2026-01-01T00:00:00Z', deployment: 'd' };
const running = (...digests: (Digest | null)[]): Assessed['tasks'] =>
  digests.map((digest) => makeTask({ digest }));

const starting = (...digests: Digest[]): Assessed['tasks'] =>
  digests.map((digest) => makeTask({ digest, state: 'starting' }));
const makeOneRun = (digest: Digest): Assessed['tasks'] => [
  makeTask({ digest, state: 'starting' }),
  makeTask({ digest }),
];
const NOTHING_RUNS: Verdict = { verdict: 'diverged', running: [] };

describe('every verdict', () => {
  it.each<[string, Partial<Assessed>, Verdict]>([
    ['the digest of the spec is published', {}, { verdict: 'current' }],
    ['and its tasks run it', { tasks: running(A, A) }, { verdict: 'current' }],
    [
      'and it wants no task',
      { service: makeService({ imageText: PINNED, specReplicas: 0 }), tasks: [] },
      { verdict: 'current' },
    ],
    [
      'and it is global, where no node takes a task of it',
      {
        service: makeService({ imageText: PINNED, mode: 'global', specReplicas: null }),
        tasks: [],
      },
      { verdict: 'current' },
    ],
    ['and it has no task of the two that it wants', { tasks: [] }, NOTHING_RUNS],
    ['and none of its tasks runs', { tasks: starting(A, A) }, NOTHING_RUNS],
    [
      'and none of the tasks of a global one runs',
      {
        service: makeService({ imageText: PINNED, mode: 'global', specReplicas: null }),
        tasks: starting(A),
      },
      NOTHING_RUNS,
    ],
    ['and one of its tasks runs', { tasks: makeOneRun(A) }, { verdict: 'current' }],
    [
      'and nothing runs while our update goes on',
      { tasks: starting(A), updateIsOurs: true, ownTarget: A },
      { verdict: 'updating' },
    ],
    [
      'and the cluster counts none',
      { service: makeService({ imageText: PINNED, replicas: { running: 0, desired: 2 } }) },
      NOTHING_RUNS,
    ],
    [
      'and the cluster counts none while our update goes on',
      {
        service: makeService({ imageText: PINNED, replicas: { running: 0, desired: 2 } }),
        updateIsOurs: true,
        ownTarget: A,
      },
      { verdict: 'current' },
    ],
    [
      'a job, none of whose tasks runs',
      {
        service: makeService({
          imageText: PINNED,
          mode: 'replicated-job',
          labels: { 'cd-helper.jobs': 'true' },
        }),
        tasks: [],
      },
      { verdict: 'current' },
    ],
    [
      'nothing runs, and another is published',
      { tasks: [], lookup: published(B) },
      { verdict: 'obsolete', from: A, to: B },
    ],
    [
      'a platform of the published index',
      { lookup: published(B), members: [C, A] },
      { verdict: 'current' },
    ],
    [
      'tasks run platforms of the published index',
      { members: [B, C], tasks: running(A, B, C) },
      { verdict: 'current' },
    ],
    [
      'another task ended, which runs nothing any more',
      { tasks: [makeTask(), makeTask({ digest: B, state: 'failed' })] },
      { verdict: 'current' },
    ],
    [
      'somebody else’s update is stuck, and something newer is published',
      { service: updating('updating'), lookup: published(B), isStuck: true },
      { verdict: 'obsolete', from: A, to: B },
    ],
    [
      'somebody else’s update to what is published is stuck',
      { service: updating('updating'), isStuck: true },
      { verdict: 'updating' },
    ],
    ['it differs', { lookup: published(B) }, { verdict: 'obsolete', from: A, to: B }],
    [
      'it differs from every member too',
      { lookup: published(B), members: [C] },
      { verdict: 'obsolete', from: A, to: B },
    ],
    [
      'it differs, though tasks run the published one',
      { lookup: published(B), tasks: running(B) },
      { verdict: 'obsolete', from: A, to: B },
    ],
    [
      'somebody updates it',
      { service: updating('updating'), lookup: published(B) },
      { verdict: 'updating' },
    ],
    ['somebody takes it back', { service: updating('rollback_started') }, { verdict: 'updating' }],
    [
      'the update is ours',
      { service: updating('updating'), lookup: published(B), updateIsOurs: true },
      { verdict: 'obsolete', from: A, to: B },
    ],
    [
      'a paused update is over',
      { service: updating('paused'), lookup: published(B) },
      { verdict: 'obsolete', from: A, to: B },
    ],
    [
      'tasks run another, because our own update is under way',
      { tasks: running(A, B), updateIsOurs: true },
      { verdict: 'updating' },
    ],
    [
      'all tasks run it already, although our own update is under way',
      { tasks: running(A, A), updateIsOurs: true },
      { verdict: 'current' },
    ],
    [
      'our own update to what was published before is on its way',
      { updateIsOurs: true, ownTarget: B },
      { verdict: 'updating' },
    ],
    [
      'our own update to what is published has arrived',
      { updateIsOurs: true, ownTarget: A },
      { verdict: 'current' },
    ],
    ['tasks run another', { tasks: running(A, B, C, B) }, { verdict: 'diverged', running: [B, C] }],
    [
      'tasks run nobody knows what',
      { tasks: running(null) },
      { verdict: 'diverged', running: [null] },
    ],
    ['a digest without tag', withImage(`acme/web@${A}`), { verdict: 'pinned' }],
    [
      'pinned comes before not checked',
      { ...withImage(`acme/web@${A}`), lookup: null },
      { verdict: 'pinned' },
    ],
    [
      'excluded by its label',
      { service: makeService({ labels: { 'cd-helper.enabled': 'false' } }), lookup: null },
      { verdict: 'excluded', reason: 'label' },
    ],
    ['not selected', { select: 'labelled' }, { verdict: 'excluded', reason: 'not-labelled' }],
    [
      'a job',
      { service: makeService({ mode: 'replicated-job' }) },
      { verdict: 'excluded', reason: 'job' },
    ],
    [
      'excluded comes before pinned',
      { ...withImage(`acme/web@${A}`), select: 'labelled' },
      { verdict: 'excluded', reason: 'not-labelled' },
    ],
    [
      'held for the published digest',
      { lookup: published(B), hold: badHold },
      { verdict: 'held', hold: badHold, from: A, to: B },
    ],
    ['a hold on what runs already', { hold: badHold }, { verdict: 'current' }],
    [
      'held by a label that is not supported',
      {
        service: makeService({ imageText: PINNED, labels: { 'cd-helper.enable': 'x' } }),
        lookup: published(B),
      },
      {
        verdict: 'held',
        hold: { kind: 'unsupported-label', label: 'cd-helper.enable=x' },
        from: A,
        to: B,
      },
    ],
    [
      'held because the cluster cannot deploy an OCI image',
      { lookup: published(B), deploysOci: false },
      { verdict: 'held', hold: { kind: 'swarmpit-cannot-pull' }, from: A, to: B },
    ],
    [
      'held for what failed before, where that is so too',
      { lookup: published(B), hold: badHold, deploysOci: false },
      { verdict: 'held', hold: badHold, from: A, to: B },
    ],
    [
      'obsolete, and published in a form that the cluster can deploy',
      { lookup: DOCKER_FORM, deploysOci: false },
      { verdict: 'obsolete', from: A, to: B },
    ],
    [
      'unpinned, and published in a form that the cluster cannot deploy',
      { ...withImage(UNPINNED), deploysOci: false },
      { verdict: 'unknown', reason: 'unpinned', detail: OCI_ADVICE },
    ],
    ['an OCI image that runs already', { deploysOci: false }, { verdict: 'current' }],
    ['never asked', { lookup: null }, { verdict: 'unknown', reason: 'not-checked', detail: null }],
    [
      'a tag without digest',
      withImage(UNPINNED),
      { verdict: 'unknown', reason: 'unpinned', detail: null },
    ],
    [
      'unpinned, and we know that it runs the published one',
      { ...withImage(UNPINNED), knownDigest: A },
      { verdict: 'current' },
    ],
    [
      'unpinned, and we know that it runs another',
      { ...withImage(UNPINNED), knownDigest: A, lookup: published(B) },
      { verdict: 'obsolete', from: A, to: B },
    ],
    [
      'unpinned, its tasks tell no digest, which says nothing against what we know',
      { ...withImage(UNPINNED), knownDigest: A, tasks: running(null, null) },
      { verdict: 'current' },
    ],
    [
      'unpinned, and a task from before runs another',
      { ...withImage(UNPINNED), knownDigest: A, tasks: running(null, B) },
      { verdict: 'diverged', running: [B] },
    ],
    [
      'no image',
      { ...withImage('Acme/Web'), lookup: null },
      { verdict: 'unknown', reason: 'malformed', detail: 'a repository must be lower case' },
    ],
  ])('%s', (_name, change, expected) => {
    expect(assess(usual(change))).toEqual(expected);
  });

  it.each(['tag-gone', 'sign-in-refused', 'rate-limited', 'unreachable', 'malformed'] as const)(
    'unknown: %s',
    (reason) => {
      const lookup = failedLookup(reason);
      const expected = { verdict: 'unknown', reason, detail: lookup.detail };
      expect(assess(usual({ lookup }))).toEqual(expected);
    },
  );
});

const digest = fc.constantFrom(A, B, C);
const anything: fc.Arbitrary<Assessed> = fc.record({
  service: fc
    .record({
      imageText: fc.oneof(
        fc.constantFrom(UNPINNED, 'Acme/Web', ''),
        digest.map((each) => `acme/web:v1@${each}`),
        digest.map((each) => `acme/web@${each}`),
      ),
      mode: fc.constantFrom('replicated' as const, 'global' as const, 'replicated-job' as const),
      autoredeploy: fc.boolean(),
      labels: fc.dictionary(
        fc.constantFrom('cd-helper.enabled', 'cd-helper.jobs', 'cd-helper.track'),
        fc.constantFrom('true', 'false', 'x'),
      ),
      update: fc.option(
        fc.record({
          state: fc.constantFrom(
            'updating' as const,
            'paused' as const,
            'completed' as const,
            'rollback_started' as const,
            'rollback_completed' as const,
          ),
          message: fc.constant(''),
          startedAt: fc.constant(null),
          rolledBackBy: fc.constant(null),
        }),
      ),
    })
    .map(makeService),
  tasks: fc.option(
    fc.array(
      fc
        .record({
          digest: fc.option(digest),
          state: fc.constantFrom(...TASK_STATES),
          desired: fc.constantFrom('running' as const, 'shutdown' as const),
        })
        .map(makeTask),
      { maxLength: 4 },
    ),
  ),
  lookup: fc.option(
    fc.oneof(
      digest.map(published),
      fc
        .constantFrom('tag-gone' as const, 'unreachable' as const)
        .map((reason) => failedLookup(reason)),
    ),
  ),
  members: fc.option(fc.array(digest, { maxLength: 2 })),
  select: fc.constantFrom('all' as const, 'labelled' as const),
  hold: fc.option(fc.constant(badHold)),
  deploysOci: fc.boolean(),
  knownDigest: fc.option(digest),
  updateIsOurs: fc.boolean(),
  isStuck: fc.boolean(),
  ownTarget: fc.option(digest),
});

const isPublished = (input: Assessed, each: Digest): boolean =>
  input.lookup?.kind === 'published' &&
  (each === input.lookup.digest || (input.members ?? []).includes(each));

describe('the laws of assess', () => {
  it('never calls differing digests current', () => {
    fc.assert(
      fc.property(anything, (input) => {
        if (assess(input).verdict !== 'current') return;
        const spec = input.service.image.ok ? input.service.image.image.digest : null;
        const from = spec ?? input.knownDigest;
        expect(from !== null && isPublished(input, from)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never calls it current while a running task has a digest that is not published', () => {
    fc.assert(
      fc.property(anything, (input) => {
        if (assess(input).verdict !== 'current') return;
        const strays = (input.tasks ?? []).filter(
          (task) =>
            task.state === 'running' && task.digest !== null && !isPublished(input, task.digest),
        );
        expect(strays).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never calls it current while tasks are wanted and none runs', () => {
    fc.assert(
      fc.property(anything, (input) => {
        if (assess(input).verdict !== 'current' || input.tasks === null) return;
        if (input.service.mode === 'replicated-job') return;
        expect(input.tasks.some(({ state }) => state === 'running')).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('calls a failed lookup unknown, whatever else is known', () => {
    fc.assert(
      fc.property(anything, (input) => {
        const failed = { ...input, lookup: failedLookup('unreachable') };
        expect(['unknown', 'excluded', 'pinned']).toContain(assess(failed).verdict);
      }),
      { numRuns: 2_000 },
    );
  });

  it('wants nothing deployed that is published already, nor anything but what is published', () => {
    fc.assert(
      fc.property(anything, (input) => {
        const verdict = assess(input);
        if (verdict.verdict !== 'obsolete' && verdict.verdict !== 'held') return;
        expect(isPublished(input, verdict.from)).toBe(false);
        expect(input.lookup).toMatchObject({ kind: 'published', digest: verdict.to });
      }),
      { numRuns: 2_000 },
    );
  });
});
