import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOfChar, makeService, makeTask } from '../../../test/support/work/make-service.ts';
import type { Observation, Service, Task, UpdateState } from '../swarm/service.ts';
import type { Deployment, Intent } from './deployment.ts';
import { FAILURE_REASONS } from './failure-reason.ts';
import type { KnownImage } from './good-image.ts';
import type { Facts, Move, Seen } from './move.ts';
import { nextMove } from './next-move.ts';
import { beginWatch, type Watch } from './watch.ts';

const A = digestOfChar('a');
const B = digestOfChar('b');
const C = digestOfChar('c');
const AT = Date.parse('2026-02-01T00:00:00Z');
const NOW = AT + 30_000;
const HOUR = 3_600_000;

const service = (digest: string | null, change: Partial<Service> = {}): Service =>
  makeService({
    imageText: `registry.example/web:v1${digest === null ? '' : `@${digest}`}`,
    version: 11,
    ...change,
  });
const rolling = (
  state: UpdateState,
  rolledBackBy: 'engine' | 'person' | null = null,
): Pick<Service, 'update'> => ({
  update: { state, message: `engine: ${state}`, startedAt: null, rolledBackBy },
});
const ROLLS_BACK: Pick<Service, 'updatePolicy'> = {
  updatePolicy: {
    parallelism: 1,
    delayMs: 0,
    monitorMs: 5_000,
    failureAction: 'rollback',
    order: 'stop-first',
  },
};
const knownGood = (digest: typeof A, change: Partial<KnownImage> = {}): readonly KnownImage[] => [
  { digest, convergedAt: AT - HOUR, goodAt: AT - HOUR, why: null, isHeld: false, ...change },
];
const youngImage = (digest: typeof A): KnownImage => ({
  digest,
  convergedAt: AT - 5_000,
  goodAt: null,
  why: 'young',
  isHeld: false,
});
const tasksOf = (digest: typeof A): readonly Task[] =>
  [1, 2].map((slot) => makeTask({ slot, digest, createdAt: new Date(AT + 1_000).toISOString() }));
const crashed = makeTask({
  digest: B,
  desired: 'shutdown',
  state: 'failed',
  error: 'task: non-zero exit (3)',
  exitCode: 3,
  createdAt: new Date(AT + 1_000).toISOString(),
  since: new Date(AT + 2_000).toISOString(),
});
const seen = (of: Service, tasks: readonly Task[] | null = tasksOf(A)): Observation => ({
  service: of,
  tasks,
  nodes: null,
  at: null,
});
const pulling = (change: Partial<Service> = {}): Observation =>
  seen(service(B, { ...rolling('updating'), ...change }), [
    makeTask({ digest: B, state: 'preparing', createdAt: new Date(AT + 1_000).toISOString() }),
  ]);
const untouched = seen(service(A, { version: 10 }));

const intent = (change: Partial<Intent> = {}): Intent => ({
  phase: 'forward',
  target: B,
  version: 10,
  forceUpdate: 0,
  at: AT,
  newestTask: AT,
  failed: null,
  refuted: false,
  over: A,
  ...change,
});
const taskFailed = { reason: 'task-failed', message: 'exit 3', task: null } as const;
const back = (change: Partial<Intent> = {}): Intent =>
  intent({ phase: 'back', target: A, failed: taskFailed, over: B, ...change });
const deployment = (change: Partial<Deployment> = {}): Deployment => ({
  id: 'd1',
  cluster: 'one',
  serviceId: 'service-1',
  serviceName: 'web',
  stack: null,
  name: 'registry.example/web',
  tag: 'v1',
  fromTag: 'v1',
  from: A,
  to: B,
  cause: 'digest-differs',
  state: 'queued',
  queuedAt: AT,
  startedAt: null,
  endedAt: null,
  runAt: AT,
  deadlineAt: AT + 5 * 60_000,
  attempts: 0,
  hasBuild: false,
  gates: null,
  intent: null,
  ...change,
});
const sent = (of: Intent = intent(), change: Partial<Deployment> = {}): Deployment =>
  deployment({ state: 'verifying', intent: of, startedAt: AT, ...change });
const intended = (of: Intent, change: Partial<Deployment> = {}): Deployment =>
  deployment({ state: 'updating', intent: of, startedAt: AT, ...change });

const ENGINE = { setsDigest: true, goesBackTo: 'any-digest' } as const;
const SWARMPIT = { setsDigest: false, goesBackTo: 'previous-spec' } as const;
const facts = (change: Partial<Facts> = {}): Facts => ({
  now: NOW,
  lookedForMs: 0,
  random: 0.5,
  capabilities: ENGINE,
  select: 'all',
  ownRefusal: null,
  frozen: null,
  hold: null,
  shown: { kind: 'as-decided' },
  unfit: null,
  closed: null,
  pullProblem: null,
  known: knownGood(A),
  isFirst: false,
  before: null,
  chosen: null,
  watch: null,
  ...change,
});
const watch = (change: Partial<Watch> = {}): Watch => ({
  ...beginWatch(NOW - 1_000, NOW - 1_000, AT + 5 * 60_000),
  ...change,
});
/** Already seen twice, so this observation counts. */
const certain = watch({ wasUnexplained: true, wasConfirmed: true });
const away = { problem: 'nothing listens' };
const held = { kind: 'known-bad', since: '2026-01-01T00:00:00Z', deployment: null } as const;

type Row = readonly [
  what: string,
  given: Deployment,
  seen: Seen,
  facts: Partial<Facts>,
  expected: object,
];

const check = (rows: readonly Row[]): void => {
  it.each(rows)('%s', (_what, given, observed, change, expected) => {
    expect(nextMove(given, observed, facts(change))).toMatchObject(expected);
  });
};
const skipped = (reason: string, instead: string | null = null) => ({
  kind: 'skip',
  reason,
  instead,
});
const SEND = { kind: 'send', target: B };
const failedAs = (reason: string, detail: object = {}) => ({
  kind: 'end',
  end: { state: 'failed', failed: { reason }, detail },
});
const rolledBackAs = (reason: string, detail: object = {}) => ({
  kind: 'end',
  end: { state: 'rolled-back', failed: { reason }, detail },
});
const RECOVERED = { kind: 'follow', watch: null };

describe('nothing is under way: decide', () => {
  check([
    ['as planned', deployment(), untouched, {}, SEND],
    ['what ran well is told', deployment(), untouched, {}, { ...SEND, settled: A }],
    ['the service is gone', deployment(), 'removed', {}, skipped('service-removed')],
    ['the cluster gives no answer', deployment(), away, {}, { kind: 'wait', as: 'try' }],
    [
      'the cluster gives none for a day and many tries',
      deployment({ attempts: 40 }),
      away,
      { now: AT + 25 * HOUR },
      failedAs('deadline'),
    ],
    [
      'the same after a freeze of days',
      deployment(),
      away,
      { now: AT + 25 * HOUR },
      { kind: 'wait' },
    ],
    ['frozen', deployment(), untouched, { frozen: 'fair' }, { kind: 'wait', as: 'rest' }],
    [
      'frozen, and the cluster was not asked',
      deployment(),
      'not-asked',
      { frozen: 'fair' },
      { kind: 'wait', as: 'rest', problem: 'frozen: fair' },
    ],
    [
      'a person insists in a freeze',
      deployment({ cause: 'forced' }),
      untouched,
      { frozen: 'fair' },
      SEND,
    ],
    ['held', deployment(), untouched, { hold: held }, skipped('held')],
    [
      'a person insists on what is held',
      deployment({ cause: 'forced' }),
      untouched,
      { hold: held },
      SEND,
    ],
    [
      'another repository',
      deployment({ name: 'registry.example/other' }),
      untouched,
      {},
      skipped('image-changed'),
    ],
    [
      'another tag',
      deployment({ tag: 'v2', fromTag: 'v2' }),
      untouched,
      {},
      skipped('image-changed'),
    ],
    ['already there', deployment(), seen(service(B)), {}, skipped('already-current')],
    [
      'already there, and restarted by force',
      deployment({ cause: 'forced' }),
      seen(service(B)),
      {},
      SEND,
    ],
    [
      'switched off by its label',
      deployment({ cause: 'forced' }),
      seen(service(A, { labels: { 'cd-helper.enabled': 'false' } })),
      {},
      skipped('excluded'),
    ],
    ['not selected', deployment(), untouched, { select: 'labelled' }, skipped('excluded')],
    [
      'not selected, and a person asks',
      deployment({ cause: 'taken-back' }),
      untouched,
      { select: 'labelled' },
      SEND,
    ],
    [
      'a label that is not supported',
      deployment(),
      seen(service(A, { labels: { 'cd-helper.x': '1' } })),
      {},
      skipped('held'),
    ],
    [
      'no node can run it: never sent',
      deployment(),
      untouched,
      { unfit: 'built for linux/arm64' },
      failedAs('no-fitting-node'),
    ],
    [
      'no node can run it, and a person insists',
      deployment({ cause: 'forced' }),
      untouched,
      { unfit: 'built for linux/arm64' },
      failedAs('no-fitting-node'),
    ],
    [
      'a pull that is tried again, and nodes could not pull it: never sent',
      deployment(),
      untouched,
      { pullProblem: 'not there (404)' },
      failedAs('image-unavailable'),
    ],
    ['its own service', deployment(), untouched, { ownRefusal: 'own' }, skipped('own')],
    [
      'the tag is gone',
      deployment(),
      untouched,
      { shown: { kind: 'gone' } },
      skipped('no-longer-published'),
    ],
    [
      'the tag went back to what runs',
      deployment(),
      untouched,
      { shown: { kind: 'shown', digest: A } },
      skipped('no-longer-published'),
    ],
    [
      'the tag moved on',
      deployment(),
      untouched,
      { shown: { kind: 'shown', digest: C } },
      skipped('no-longer-published', C),
    ],
    [
      'somebody else deployed what is published',
      deployment(),
      seen(service(C)),
      { shown: { kind: 'shown', digest: C } },
      skipped('no-longer-published'),
    ],
    [
      'somebody else deployed, and ours is what is published',
      deployment(),
      seen(service(C)),
      { shown: { kind: 'shown', digest: B } },
      SEND,
    ],
    [
      'the registry gives no answer',
      deployment(),
      seen(service(C)),
      { shown: { kind: 'no-answer', problem: 'busy', retryAfterMs: 90_000 } },
      { kind: 'wait', as: 'try', afterMs: 90_000, problem: 'busy' },
    ],
    [
      'a person goes back, and somebody else deployed since',
      deployment({ cause: 'taken-back' }),
      seen(service(C)),
      {},
      skipped('image-changed'),
    ],
    [
      'a person goes back, and the engine went back before',
      deployment({ cause: 'taken-back', from: B, to: C }),
      seen(service(A, rolling('rollback_completed', 'engine'))),
      {},
      { kind: 'send', target: C },
    ],
  ]);
});

describe('an update was refused before', () => {
  const refused = (times: number, firstAt = AT): Intent =>
    intent({ refuted: true, refusals: { times, firstAt, problem: 'boom' } });
  check([
    ['sent again', intended(refused(9)), untouched, {}, SEND],
    ['ten times', intended(refused(10)), untouched, {}, failedAs('refused')],
    ['too late', intended(refused(1, AT - HOUR)), untouched, {}, failedAs('refused')],
    ['carried out after all', intended(refused(1)), seen(service(B)), {}, RECOVERED],
    [
      'known undone, and there by another way',
      intended(intent({ refuted: true, answered: true })),
      seen(service(B)),
      {},
      skipped('already-current'),
    ],
    [
      'there because the engine rolled back to it',
      intended(refused(1)),
      seen(service(B, rolling('rollback_started', 'engine'))),
      {},
      skipped('already-current'),
    ],
    [
      'there because the engine rolled back to it, with tasks of its own',
      intended(refused(1)),
      seen(service(B, rolling('rollback_completed', 'engine')), tasksOf(B)),
      {},
      skipped('already-current'),
    ],
    [
      'carried out, and taken back by the engine before anybody looked',
      intended(refused(1)),
      seen(service(A, rolling('rollback_started', 'engine')), [crashed]),
      {},
      RECOVERED,
    ],
    [
      'a revert is sent again',
      intended(back({ refuted: true })),
      seen(service(B, { version: 10 })),
      {},
      { kind: 'revert', target: A },
    ],
    [
      'a revert is sent again while the engine goes back itself',
      intended(back({ refuted: true, answered: true })),
      seen(service(C, rolling('rollback_started', 'engine'))),
      {},
      { kind: 'revert', target: A },
    ],
    [
      'a revert, and somebody else deployed',
      intended(back({ refuted: true, answered: true })),
      seen(service(C)),
      {},
      failedAs('task-failed', { notTakenBack: 'somebody else changed the image of the service' }),
    ],
    [
      'a revert of which no answer came, and somebody else deployed',
      intended(back({ refuted: true })),
      seen(service(C)),
      {},
      failedAs('task-failed', { mayHaveBeenSent: true }),
    ],
    [
      'a revert, ten times',
      intended(back({ refuted: true, refusals: { times: 10, firstAt: AT, problem: 'boom' } })),
      seen(service(B, { version: 10 })),
      {},
      failedAs('task-failed', { takeBackFailed: 'boom' }),
    ],
  ]);
});

describe('nobody knows whether an update was sent', () => {
  const swarmpit = { capabilities: SWARMPIT };
  check([
    ['it shows', intended(intent()), seen(service(B)), {}, RECOVERED],
    [
      'it does not show',
      intended(intent()),
      untouched,
      {},
      { kind: 'wait', as: 'rest', afterMs: 0, refutes: true },
    ],
    [
      'it was answered with an error',
      intended(intent({ refusals: { times: 3, firstAt: AT, problem: 'boom' } })),
      untouched,
      {},
      { kind: 'wait', as: 'rest', afterMs: 3_000, refutes: true },
    ],
    ['the service is gone', intended(intent()), 'removed', {}, skipped('service-removed')],
    ['the cluster gives no answer', intended(intent()), away, {}, { kind: 'wait', as: 'try' }],
    [
      'a forced restart, not counted',
      intended(intent(), { cause: 'forced' }),
      seen(service(B)),
      {},
      { kind: 'wait' },
    ],
    [
      'a forced restart, counted',
      intended(intent(), { cause: 'forced' }),
      seen(service(B, { forceUpdate: 1 })),
      {},
      RECOVERED,
    ],
    [
      'Swarmpit counted it',
      intended(intent({ target: null })),
      seen(service(null, { forceUpdate: 1 }), null),
      swarmpit,
      RECOVERED,
    ],
    [
      'Swarmpit may still show it',
      intended(intent({ target: null })),
      seen(service(null), null),
      swarmpit,
      { kind: 'wait', as: 'here', refutes: false },
    ],
    [
      'Swarmpit does not show it: not repeated',
      intended(intent({ target: null })),
      seen(service(null), null),
      { ...swarmpit, now: AT + 120_000 },
      failedAs('outcome-unknown'),
    ],
    [
      'the clock was set back since: Swarmpit may still show it',
      intended(intent({ target: null })),
      seen(service(null), null),
      { ...swarmpit, now: AT - HOUR, lookedForMs: 119_999 },
      { kind: 'wait', as: 'here', refutes: false },
    ],
    [
      'the clock was set back since, and it was looked for long enough',
      intended(intent({ target: null })),
      seen(service(null), null),
      { ...swarmpit, now: AT - HOUR, lookedForMs: 120_000 },
      failedAs('outcome-unknown'),
    ],
    [
      'the clock was set back since Swarmpit gave up, and it was looked for long enough',
      intended(intent({ target: null, gaveUpAt: AT })),
      seen(service(null, { version: intent({}).version }), null),
      { ...swarmpit, now: AT - HOUR, lookedForMs: 60_000 },
      { kind: 'wait', as: 'repeat', refutes: true },
    ],
    [
      'Swarmpit went back to the spec before',
      intended(intent({ target: null, forceUpdate: 3 }), { cause: 'taken-back' }),
      seen(service(C, { forceUpdate: 2 }), null),
      swarmpit,
      RECOVERED,
    ],
  ]);
});

describe('an update was sent', () => {
  const done = seen(service(B, rolling('completed')), tasksOf(B));
  const paused = seen(service(B, rolling('paused')), [...tasksOf(A), crashed]);
  const engineBack = (digest: typeof A, tasks: readonly Task[] = [crashed]) =>
    seen(service(digest, rolling('rollback_completed', 'engine')), [...tasksOf(digest), ...tasks]);
  const freshlyBack = seen(service(C, rolling('rollback_completed', 'engine')), [
    ...tasksOf(C).map((task) => ({ ...task, since: new Date(AT + 10_000).toISOString() })),
    crashed,
  ]);
  check([
    [
      'it goes on',
      sent(),
      seen(service(B, rolling('updating'))),
      {},
      { kind: 'follow', condemns: false },
    ],
    [
      'done by the engine’s word: looked at once more',
      sent(),
      done,
      { watch: watch() },
      { kind: 'follow', afterMs: 300, watch: { pending: { status: { kind: 'converged' } } } },
    ],
    [
      'done',
      sent(),
      done,
      { watch: certain },
      { kind: 'end', end: { state: 'succeeded', digest: B, isProven: true, left: null } },
    ],
    [
      'done, whatever is seen after the second look',
      sent(),
      away,
      {
        watch: watch({
          pending: { status: { kind: 'converged', running: 2, desired: 2 }, seen: done },
        }),
      },
      { kind: 'end', end: { state: 'succeeded' } },
    ],
    [
      'not done, as the second look shows',
      sent(),
      seen(service(B, rolling('completed')), [crashed, ...tasksOf(B).slice(1)]),
      {
        watch: watch({
          pending: { status: { kind: 'converged', running: 2, desired: 2 }, seen: done },
        }),
      },
      { kind: 'follow', afterMs: 0, watch: { pending: null } },
    ],
    [
      'done without tasks: nothing is proven',
      sent(),
      seen(service(B, { replicas: { running: 0, desired: 0 }, specReplicas: 0 }), []),
      { watch: certain },
      { kind: 'end', end: { state: 'succeeded', isProven: false } },
    ],
    [
      'paused by a crash',
      sent(),
      paused,
      {},
      { kind: 'revert', target: A, failed: { reason: 'task-failed' } },
    ],
    [
      'paused, and no task tells why: looked at again',
      sent(),
      seen(service(B, rolling('paused'))),
      { watch: watch() },
      { kind: 'follow', afterMs: 0, watch: { wasUnexplained: true } },
    ],
    [
      'paused, and no task tells why',
      sent(),
      seen(service(B, rolling('paused'))),
      { watch: certain },
      { kind: 'revert', failed: { reason: 'update-paused' } },
    ],
    [
      'paused, and nothing is good',
      sent(),
      paused,
      { known: [] },
      failedAs('task-failed', {
        notTakenBack: 'no good image known: the helper has not seen the service run an image well',
      }),
    ],
    [
      'paused, and the image before is not good yet: the one before',
      sent(),
      paused,
      { known: [youngImage(C), ...knownGood(A)] },
      { kind: 'revert', target: A, note: 'cccccccccccc had not run long enough to count as good' },
    ],
    [
      'paused, and the image before is not good yet, but nothing else is known',
      sent(),
      paused,
      { known: [youngImage(A)] },
      {
        kind: 'revert',
        target: A,
        note: 'aaaaaaaaaaaa had not run long enough to count as good, and no other image is known to revert to',
      },
    ],
    [
      'paused, and the image before is held',
      sent(),
      paused,
      { known: [...knownGood(C, { isHeld: true }), ...knownGood(A)] },
      { kind: 'revert', target: A, note: 'cccccccccccc is held' },
    ],
    [
      'paused, and the image before fails by now',
      sent(),
      seen(service(B, rolling('paused')), [crashed, { ...crashed, digest: C }]),
      { known: [...knownGood(C), ...knownGood(A)] },
      { kind: 'revert', target: A, note: 'cccccccccccc had failed tasks shortly before' },
    ],
    [
      'paused, and the service was too young when it was first updated',
      sent(),
      paused,
      { known: knownGood(A, { goodAt: null, why: 'young-at-first' }) },
      failedAs('task-failed', {
        notTakenBack:
          'no good image known: the service was younger than its monitor period when the helper first updated it',
      }),
    ],
    [
      'a restart of the same image fails: there is nothing to go back from',
      sent(intent({ over: B }), { from: B, cause: 'forced' }),
      paused,
      { known: [...knownGood(B), ...knownGood(A)] },
      failedAs('task-failed', { notTakenBack: 'it ran the same image before' }),
    ],
    [
      'paused, and it runs what is good',
      sent(),
      paused,
      { known: knownGood(B, { convergedAt: NOW }) },
      failedAs('task-failed', { notTakenBack: 'it runs the last good image' }),
    ],
    [
      'paused, and not to be taken back',
      sent(),
      seen(service(B, { ...rolling('paused'), labels: { 'cd-helper.rollback': 'off' } }), [
        crashed,
      ]),
      {},
      failedAs('task-failed', { notTakenBack: 'the label cd-helper.rollback is off' }),
    ],
    [
      'the engine goes back because of the image',
      sent(),
      seen(service(A, rolling('rollback_started', 'engine')), [crashed]),
      {},
      { kind: 'follow', condemns: true, watch: { isHeld: true } },
    ],
    [
      'the engine goes back, and the image is held already',
      sent(),
      seen(service(A, rolling('rollback_started', 'engine')), [crashed]),
      { watch: watch({ isHeld: true }) },
      { kind: 'follow', condemns: false },
    ],
    [
      'the engine went back to what is good',
      sent(),
      engineBack(A),
      { watch: certain },
      rolledBackAs('task-failed', { by: 'engine', proven: true, rolledBackTo: A }),
    ],
    [
      'the engine went back, and nothing is good',
      sent(),
      engineBack(A),
      { watch: certain, known: [] },
      rolledBackAs('task-failed', { by: 'engine', proven: false }),
    ],
    [
      'the engine went back, and no task tells why',
      sent(),
      engineBack(A, []),
      { watch: certain },
      rolledBackAs('engine-rollback'),
    ],
    [
      'the engine went back to anything else',
      sent(),
      engineBack(C),
      { watch: certain },
      { kind: 'revert', target: A },
    ],
    [
      'the engine went back to what fails there too',
      sent(),
      seen(service(C, rolling('rollback_completed', 'engine')), [
        crashed,
        { ...crashed, digest: C },
      ]),
      { watch: certain, known: [youngImage(C), ...knownGood(A)] },
      { kind: 'revert', target: A },
    ],
    [
      'the engine went back to what is not good yet: it may become so',
      sent(),
      freshlyBack,
      { watch: certain, known: [youngImage(C), ...knownGood(A)] },
      { kind: 'follow', condemns: false },
    ],
    [
      'the engine went back to what is good by now',
      sent(),
      freshlyBack,
      { watch: certain, known: [youngImage(C), ...knownGood(A)], now: AT + 36_000 },
      rolledBackAs('task-failed', { by: 'engine', proven: true, rolledBackTo: C }),
    ],
    [
      'the engine went back to what does not become good before the deadline',
      sent(),
      freshlyBack,
      {
        watch: { ...certain, lateAt: NOW },
        known: [youngImage(C), ...knownGood(A)],
      },
      { kind: 'revert', target: A, note: 'cccccccccccc had not run long enough to count as good' },
    ],
    [
      'a person had the engine go back',
      sent(),
      seen(service(A, rolling('rollback_started', 'person')), [crashed]),
      {},
      rolledBackAs('left-by-person', { by: 'person', rolledBackTo: A }),
    ],
    [
      'the engine stopped on its way to what is good',
      sent(),
      seen(service(A, rolling('rollback_paused', 'engine')), [crashed]),
      {},
      failedAs('rollback-paused'),
    ],
    [
      'the engine stopped on its way to anything else',
      sent(),
      seen(service(C, rolling('rollback_paused', 'engine')), [crashed]),
      {},
      { kind: 'revert', target: A, failed: { reason: 'task-failed' } },
    ],
    [
      'the engine stopped on its way, and no good image is known: the record says so',
      sent(intent(), { from: C }),
      seen(service(C, rolling('rollback_paused', 'engine')), [crashed]),
      { known: [{ ...youngImage(C), convergedAt: null, why: 'unsettled' }] },
      failedAs('rollback-paused', {
        notTakenBack: 'no good image known: cccccccccccc did not run in all of its tasks',
      }),
    ],
    [
      'the engine stopped on its way from an update of a service that named no digest before',
      sent(intent({ over: null }), { from: null }),
      seen(service(C, rolling('rollback_paused', 'engine')), [crashed]),
      { known: [] },
      failedAs('rollback-paused', {
        notTakenBack: 'no good image known: the service had no digest before',
      }),
    ],
    [
      'the engine went back to what is good, and somebody changed anything else since',
      sent(),
      seen(service(A, { ...ROLLS_BACK, version: 14 }), [crashed, ...tasksOf(A)]),
      { watch: certain },
      rolledBackAs('task-failed', { by: 'engine', proven: true, rolledBackTo: A }),
    ],
    [
      'the engine went back to what is not good, and somebody changed anything else since',
      sent(intent({ over: C }), { from: C }),
      seen(service(C, { ...ROLLS_BACK, version: 14 }), [crashed]),
      { watch: certain },
      { kind: 'revert', target: A, failed: { reason: 'task-failed' } },
    ],
    [
      'the same, and nothing is good: the record says so',
      sent(intent({ over: C }), { from: C }),
      seen(service(C, { ...ROLLS_BACK, version: 14 }), [crashed]),
      { watch: certain, known: [] },
      rolledBackAs('task-failed', { by: 'engine', proven: false, rolledBackTo: C }),
    ],
    [
      'somebody put the image of before back, and the engine does not go back by itself',
      sent(),
      seen(service(A, { version: 14 }), [crashed]),
      { watch: certain },
      failedAs('changed-by-other'),
    ],
    [
      'somebody put the image of before back, and no task failed',
      sent(),
      seen(service(A, { ...ROLLS_BACK, version: 14 })),
      { watch: certain },
      failedAs('changed-by-other'),
    ],
    ['somebody else deployed', sent(), seen(service(C)), {}, failedAs('changed-by-other')],
    ['the service is gone', sent(), 'removed', {}, failedAs('service-removed')],
    ['it cannot be seen', sent(), away, {}, { kind: 'follow', progress: null }],
    [
      'it cannot be seen for a day',
      sent(),
      away,
      { now: AT + 25 * HOUR, watch: watch({ begunAt: AT }) },
      failedAs('deadline'),
    ],
    [
      'late',
      sent(),
      seen(service(B, rolling('updating'))),
      { watch: watch({ lateAt: NOW }) },
      { kind: 'revert', failed: { reason: 'deadline' } },
    ],
    [
      'late, and a task still pulls: there is time to start afterwards',
      sent(),
      pulling(),
      { watch: watch({ lateAt: NOW }) },
      { kind: 'follow', watch: { lateAt: NOW + 2 * 60_000 } },
    ],
    [
      'late, and a task pulls for an hour',
      sent(),
      pulling(),
      { now: AT + HOUR, watch: watch({ lateAt: AT + HOUR, seenAt: AT + HOUR - 1_000 }) },
      { kind: 'revert', failed: { reason: 'deadline' } },
    ],
    [
      'late by the deadline that the service names, whatever is pulled',
      sent(),
      pulling({ labels: { 'cd-helper.timeout': '30s' } }),
      { watch: watch({ lateAt: NOW }) },
      { kind: 'revert', failed: { reason: 'deadline' } },
    ],
    [
      'late, and nobody had looked for a while',
      sent(),
      seen(service(B, rolling('updating'))),
      { watch: watch({ lateAt: NOW, seenAt: NOW - 61_000 }) },
      { kind: 'follow', watch: { graces: 1, lateAt: NOW + 60_000 } },
    ],
    [
      'the revert is done',
      sent(back()),
      seen(service(A, rolling('completed')), tasksOf(A)),
      { watch: certain },
      rolledBackAs('task-failed', { by: 'helper', takenBackTo: A }),
    ],
    [
      'the revert is done, past an image that was not good',
      sent(back({ note: 'cccccccccccc is held' })),
      seen(service(A, rolling('completed')), tasksOf(A)),
      { watch: certain },
      rolledBackAs('task-failed', { takenBackTo: A, note: 'cccccccccccc is held' }),
    ],
    [
      'the revert fails',
      sent(back()),
      seen(service(A, rolling('paused')), []),
      { watch: certain },
      failedAs('task-failed', { takeBackFailed: 'engine: paused' }),
    ],
    [
      'Swarmpit went back for a person: what was left is held',
      sent(intent({ target: null }), { cause: 'taken-back', to: null }),
      seen(service(C, rolling('completed')), null),
      { capabilities: SWARMPIT, watch: certain },
      { kind: 'end', end: { state: 'succeeded', digest: C, left: A } },
    ],
    [
      'Swarmpit can go back to one that is not good yet alone',
      sent(intent({ target: null }), { to: null }),
      seen(service(B, rolling('paused')), null),
      {
        capabilities: SWARMPIT,
        watch: certain,
        known: [youngImage(C), ...knownGood(A)],
        before: C,
      },
      {
        kind: 'revert',
        target: C,
        note: 'cccccccccccc had not run long enough to count as good, and no other image is known to revert to',
      },
    ],
    [
      'Swarmpit cannot be told a digest',
      sent(intent({ target: null }), { to: null }),
      seen(service(B, rolling('paused')), null),
      { capabilities: SWARMPIT, watch: certain },
      failedAs('update-paused', {
        notTakenBack:
          'this cluster can only go back to the previous spec, which is not the last good one',
      }),
    ],
  ]);
});

describe('laws', () => {
  const digest = fc.constantFrom(A, B, C);
  const state = fc.option(
    fc.constantFrom<UpdateState>(
      'updating',
      'paused',
      'completed',
      'rollback_started',
      'rollback_paused',
      'rollback_completed',
    ),
  );
  const anyService = fc
    .record({
      has: fc.option(digest),
      state,
      by: fc.constantFrom('engine', 'person', null),
      version: fc.integer({ min: 8, max: 13 }),
      forceUpdate: fc.integer({ min: 0, max: 1 }),
      label: fc.constantFrom('auto', 'off'),
    })
    .map(({ has, state: at, by, version, forceUpdate, label }) =>
      service(has, {
        version,
        forceUpdate,
        labels: { 'cd-helper.rollback': label },
        ...(at === null ? {} : rolling(at, at.startsWith('rollback') ? by : null)),
      }),
    );
  const anyTasks = fc.option(
    fc.array(fc.constantFrom(...tasksOf(A), ...tasksOf(B), ...tasksOf(C), crashed), {
      maxLength: 4,
    }),
  );
  const observed = fc
    .record({ of: anyService, tasks: anyTasks })
    .map(({ of, tasks }) => seen(of, tasks));
  const anySeen: fc.Arbitrary<Seen> = fc.oneof(
    { weight: 8, arbitrary: observed },
    fc.constantFrom<Seen>('removed', away),
  );
  const failed = fc
    .constantFrom(...FAILURE_REASONS)
    .map((reason) => ({ reason, message: 'x', task: null }));
  const anyIntent = fc.option(
    fc
      .record({
        phase: fc.constantFrom<'forward' | 'back'>('forward', 'back'),
        target: digest,
        over: fc.option(digest),
        refuted: fc.boolean(),
        failed,
        times: fc.integer({ min: 0, max: 11 }),
      })
      .map(({ phase, failed: why, times, ...rest }) =>
        intent({
          ...rest,
          phase,
          failed: phase === 'back' ? why : null,
          ...(times === 0 ? {} : { refusals: { times, firstAt: AT, problem: 'boom' } }),
        }),
      ),
  );
  const anyDeployment = fc
    .record({
      of: anyIntent,
      isSent: fc.boolean(),
      cause: fc.constantFrom('digest-differs', 'unpinned', 'forced', 'taken-back'),
      to: digest,
      attempts: fc.integer({ min: 0, max: 50 }),
    })
    .map(({ of, isSent, ...rest }) =>
      deployment({
        ...rest,
        intent: of,
        state: of === null ? 'queued' : isSent && !of.refuted ? 'verifying' : 'updating',
      }),
    );
  const anyKnown: fc.Arbitrary<KnownImage> = fc.record({
    digest,
    convergedAt: fc.option(fc.integer({ min: AT - HOUR, max: AT })),
    goodAt: fc.option(fc.constant(AT)),
    why: fc.constantFrom(null, 'young', 'failing'),
    isHeld: fc.boolean(),
  });
  const anyFacts = fc
    .record({
      now: fc.integer({ min: AT, max: AT + 48 * HOUR }),
      random: fc.double({ min: 0, max: 1, noNaN: true }),
      capabilities: fc.constantFrom(ENGINE, SWARMPIT),
      known: fc.array(anyKnown, { maxLength: 3 }),
      isFirst: fc.boolean(),
      before: fc.option(digest),
      frozen: fc.option(fc.constant('fair')),
      hold: fc.option(fc.constant(held)),
      shown: fc.constantFrom<Facts['shown']>(
        { kind: 'as-decided' },
        { kind: 'gone' },
        { kind: 'shown', digest: A },
        { kind: 'shown', digest: C },
        { kind: 'no-answer', problem: 'busy', retryAfterMs: 0 },
      ),
    })
    .map(facts);
  const law = (
    holds: (move: Move, given: Deployment, observed: Seen, by: Facts) => boolean,
  ): void =>
    fc.assert(
      fc.property(anyDeployment, anySeen, anyFacts, (given, what, by) => {
        const move = nextMove(given, what, by);
        return holds(move, given, what, by);
      }),
      { numRuns: 3_000 },
    );
  const isSending = ({ kind }: Move): boolean => kind === 'send' || kind === 'revert';

  it('nothing is sent while the outcome of an update is unknown, or one is followed forward', () => {
    law((move, { intent: of, state: at }) => {
      const isOpen = of !== null && !of.refuted;
      return !(move.kind === 'send' && isOpen) && !(isOpen && at === 'updating' && isSending(move));
    });
  });

  it('nothing is sent to a service that was not seen, and only on what was seen', () => {
    law(
      (move, _given, what) => !(move.kind === 'send' || move.kind === 'revert') || move.on === what,
    );
  });

  it('what goes back goes to the good digest, where that may be done', () => {
    law(
      (move, _given, _what, { known, capabilities, before }) =>
        move.kind !== 'revert' ||
        (known.some(
          ({ digest: image, goodAt, why, convergedAt, isHeld }) =>
            image === move.target &&
            !isHeld &&
            (goodAt !== null || (why === 'young' && convergedAt !== null)),
        ) &&
          (capabilities.setsDigest || before === move.target) &&
          move.on.service.labels['cd-helper.rollback'] !== 'off'),
    );
  });

  it('a revert that waited never goes over an image that somebody else set', () => {
    law((move, { intent: of }) => {
      if (move.kind !== 'revert' || of === null || !of.refuted) return true;
      const { image, update } = move.on.service;
      const present = image.ok ? image.image.digest : null;
      return [of.over, of.target].includes(present) || update?.rolledBackBy === 'engine';
    });
  });

  it('what a push asked for is not sent in a freeze, when held, or against the registry', () => {
    law((move, { cause, to }, _what, { frozen, hold, shown }) => {
      if (move.kind !== 'send' || cause === 'taken-back') return true;
      const isAgainst = shown.kind === 'gone' || (shown.kind === 'shown' && shown.digest !== to);
      return !isAgainst && (cause === 'forced' || (frozen === null && hold === null));
    });
  });

  it('an update is refused a bounded number of times', () => {
    law(
      (move, { intent: of }) => !isSending(move) || (of?.refusals?.times ?? 0) < 10 || !of?.refuted,
    );
  });

  it('every wait is finite, and every end says why', () => {
    law((move) => {
      if (move.kind === 'wait') return Number.isFinite(move.afterMs) && move.afterMs >= 0;
      if (move.kind === 'end' && move.end.state !== 'succeeded')
        return move.end.failed.message !== '';
      return move.kind !== 'skip' || move.reason !== '';
    });
  });

  it('the same is decided of the same', () => {
    law(
      (move, given, what, by) => JSON.stringify(nextMove(given, what, by)) === JSON.stringify(move),
    );
  });
});
