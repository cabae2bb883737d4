import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOfChar } from '../../../test/support/work/make-service.ts';
import { DEPLOYMENT_STATES, VERDICT_NAMES } from '../contract/views.ts';
import { buildOutcome } from './build-outcome.ts';
import type { CheckFacts, PushFacts } from './judge-push.ts';
import type { CheckedFacts, Convergence, DeploymentFacts } from './judge-service.ts';
import {
  combineOutcomes,
  OUTCOME_STATES,
  SERVICE_OUTCOMES,
  type ServiceOutcome,
} from './outcome.ts';

const NOW = Date.parse('2026-03-01T00:00:00Z');
const A = digestOfChar('a');
const B = digestOfChar('b');

const found = (change: Partial<CheckedFacts> = {}): CheckedFacts => ({
  serviceId: 's1',
  service: 'web',
  stack: null,
  verdict: 'obsolete',
  reason: null,
  detail: null,
  digest: B,
  deployment: null,
  ...change,
});

const deployment = (change: Partial<DeploymentFacts> = {}): DeploymentFacts => ({
  id: 'd1',
  cluster: 'one',
  serviceId: 's1',
  service: 'web',
  stack: null,
  image: 'docker.io/acme/web:v1',
  from: A,
  to: B,
  fromTag: 'v1',
  toTag: 'v1',
  cause: 'digest-differs',
  state: 'succeeded',
  reason: null,
  runAt: NOW - 1_000,
  follows: null,
  failure: null,
  ...change,
});

type Change = Partial<Omit<PushFacts, 'check'>> & {
  readonly services?: readonly CheckedFacts[];
  readonly check?: Partial<CheckFacts> | null;
  readonly deployments?: readonly DeploymentFacts[];
  readonly convergence?: Convergence;
};

const push = ({
  services = [],
  check,
  deployments = [],
  convergence,
  ...change
}: Change): PushFacts => ({
  cluster: 'one',
  delivery: 'p1',
  receivedAt: NOW - 10_000,
  wanted: B,
  state: 'done',
  outcome: 'deployed',
  detail: null,
  check:
    check === null
      ? null
      : {
          at: NOW,
          shown: [{ digest: B, members: [] }],
          services,
          hasDeployments: deployments.length > 0,
          ...check,
        },
  deploymentsOf: () => deployments,
  frozen: () => null,
  converged: () => convergence ?? 'unseen',
  ...change,
});

const outcomeOf = (...pushes: readonly PushFacts[]) =>
  buildOutcome({
    pushes,
    clusters: [],
    since: NOW,
    now: NOW,
    telling: { longestMessage: 200, logs: false },
  });

const stateOf = (change: Change): string => {
  const { state, services } = outcomeOf(push(change));
  const [service] = services;
  return service === undefined
    ? state
    : `${state}: ${service.state} ${service.reason ?? ''}`.trim();
};

const via = (
  verdict: CheckedFacts['verdict'],
  ...chain: readonly Partial<DeploymentFacts>[]
): Change => ({
  services: [found({ verdict, deployment: 'd1' })],
  deployments: chain.map((change, index) => deployment({ id: `d${index + 1}`, ...change })),
});
const alone = (change: Partial<CheckedFacts>, more: Change = {}): Change => ({
  services: [found(change)],
  ...more,
});

const BAD = { state: 'rolled-back', reason: 'task-failed' } as const;
const LATER = NOW + 60_000;

describe('what became of a push for a service', () => {
  it.each<[what: string, change: Change, expected: string]>([
    ['queued', via('obsolete', { state: 'queued' }), 'pending: pending queued'],
    ['in progress', via('obsolete', { state: 'verifying' }), 'pending: pending verifying'],
    ['succeeded', via('obsolete', {}), 'succeeded: succeeded'],
    ['rolled back', via('obsolete', BAD), 'failed: failed task-failed'],
    [
      'rolled back although the spec had it at the check',
      via('current', BAD, {}),
      'failed: failed task-failed',
    ],
    ['failed', via('obsolete', { state: 'failed', reason: 'refused' }), 'failed: failed refused'],
    [
      'a retry is due',
      via('obsolete', BAD, { state: 'queued', follows: 'd1', runAt: LATER }),
      'pending: pending retry',
    ],
    ['a retry succeeded', via('obsolete', BAD, { follows: 'd1' }), 'succeeded: succeeded'],
    ['another deployment after a failure', via('obsolete', BAD, {}), 'failed: failed task-failed'],
    [
      'superseded twice',
      via('obsolete', { state: 'superseded' }, { state: 'superseded' }, BAD),
      'failed: failed task-failed',
    ],
    [
      'superseded by nothing',
      via('obsolete', { state: 'superseded' }),
      'unknown: unknown superseded',
    ],
    [
      'skipped because the tag moved on',
      via('obsolete', { state: 'skipped', reason: 'no-longer-published' }, {}),
      'succeeded: succeeded',
    ],
    [
      'skipped because the service was removed',
      via('obsolete', { state: 'skipped', reason: 'service-removed' }),
      'failed: failed service-removed',
    ],
    [
      'skipped because a person rolled back: that rollback is no success of the push',
      via(
        'obsolete',
        { state: 'skipped', reason: 'rolled-back-meanwhile' },
        { cause: 'taken-back' },
      ),
      'failed: failed rolled-back-meanwhile',
    ],
    [
      'skipped because it was excluded meanwhile',
      via('obsolete', { state: 'skipped', reason: 'excluded' }),
      'no-service: left excluded',
    ],
    ['held', alone({ verdict: 'held', reason: 'known-bad' }), 'failed: failed known-bad'],
    [
      'held by a label',
      alone({ verdict: 'held', reason: 'unsupported-label' }),
      'failed: failed unsupported-label',
    ],
    [
      'frozen',
      alone({ verdict: 'held', reason: 'frozen' }, { outcome: 'frozen', state: 'waiting' }),
      'waiting: waiting frozen',
    ],
    [
      'queued and frozen since',
      { ...via('obsolete', { state: 'queued' }), frozen: () => 'frozen: night' },
      'waiting: waiting frozen',
    ],
    [
      'queued by a person in spite of a freeze',
      { ...via('obsolete', { state: 'queued', cause: 'forced' }), frozen: () => 'frozen: night' },
      'pending: pending queued',
    ],
    ['excluded', alone({ verdict: 'excluded', reason: 'label' }), 'no-service: left label'],
    ['pinned', alone({ verdict: 'pinned' }), 'no-service: left pinned'],
    [
      'current and well',
      alone({ verdict: 'current' }, { convergence: 'converged' }),
      'succeeded: succeeded already-current',
    ],
    [
      'current and not well',
      alone({ verdict: 'current' }, { convergence: 'not-converged' }),
      'pending: pending not-converged',
    ],
    ['current and not looked at', alone({ verdict: 'current' }), 'pending: pending not-converged'],
    [
      'current and removed',
      alone({ verdict: 'current' }, { convergence: 'removed' }),
      'failed: failed service-removed',
    ],
    [
      'current, failed and not well',
      via('current', { state: 'failed', reason: 'deadline' }),
      'failed: failed deadline',
    ],
    [
      'current, failed and well since',
      { ...via('current', { state: 'failed', reason: 'deadline' }), convergence: 'converged' },
      'succeeded: succeeded already-current',
    ],
    [
      'unknown',
      alone({ verdict: 'unknown', reason: 'tag-gone', digest: null }),
      'unknown: unknown tag-gone',
    ],
    [
      'unknown, and checked again',
      alone({ verdict: 'unknown', reason: 'unreachable' }, { state: 'waiting' }),
      'pending: pending unreachable',
    ],
    [
      'updated by somebody else',
      alone({ verdict: 'updating' }, { state: 'waiting' }),
      'pending: pending updating',
    ],
    ['no service', {}, 'no-service'],
    ['not checked', { check: null, state: 'waiting' }, 'pending'],
    ['given up unchecked', { check: null, outcome: 'given-up' }, 'unknown'],
    ['the registry lags', { services: [found()], wanted: A, state: 'waiting' }, 'pending'],
    [
      'the registry never showed it',
      { services: [found()], wanted: A, outcome: 'digest-not-seen' },
      'unknown',
    ],
    [
      'the registry showed what came after it',
      { ...via('obsolete', {}), wanted: A, outcome: 'deployed' },
      'succeeded: succeeded',
    ],
    [
      'a platform of what the registry showed',
      { ...via('obsolete', {}), wanted: A, check: { shown: [{ digest: B, members: [A] }] } },
      'succeeded: succeeded',
    ],
    [
      'without a digest, and the registry may lag',
      alone(
        { verdict: 'current' },
        { wanted: null, state: 'waiting', check: { at: NOW - 9_000 }, convergence: 'converged' },
      ),
      'pending',
    ],
    [
      'without a digest, after the first follow-up',
      alone({ verdict: 'current' }, { wanted: null, state: 'waiting', convergence: 'converged' }),
      'succeeded: succeeded already-current',
    ],
    [
      'without a digest, deployed, with follow-ups to come',
      { ...via('obsolete', {}), wanted: null, state: 'waiting' },
      'succeeded: succeeded',
    ],
  ])('%s', (_what, change, expected) => {
    expect(stateOf(change)).toBe(expected);
  });

  it('says when the next attempt is due', () => {
    const retry = via('obsolete', BAD, { state: 'queued', follows: 'd1', runAt: LATER });
    expect(outcomeOf(push(retry)).services).toMatchObject([
      { nextTryAt: '2026-03-01T00:01:00.000Z', deployment: 'd2' },
    ]);
  });

  it('names the deployments that led there, and cuts what they say', () => {
    const failure = {
      message: 'x'.repeat(300),
      node: 'n',
      nodeName: 'n',
      exitCode: 3,
      log: ['secret'],
    };
    const { deployments, services } = outcomeOf(push(via('obsolete', { ...BAD, failure })));
    expect(deployments).toMatchObject([{ id: 'd1', failure: { exitCode: 3, log: [] } }]);
    expect(deployments[0]?.failure?.message).toHaveLength(200);
    expect(services[0]?.detail).toHaveLength(200);
  });
});

describe('the outcome over all', () => {
  it('without any push is pending', () => {
    expect(outcomeOf()).toMatchObject({ state: 'pending', reason: 'no-push', services: [] });
  });

  it('waits for a cluster that was asked about', () => {
    const input = {
      clusters: ['two'],
      since: NOW,
      now: NOW,
      telling: { longestMessage: null, logs: true },
    };
    expect(buildOutcome({ ...input, pushes: [push(via('obsolete', {}))] })).toMatchObject({
      state: 'pending',
      reason: 'no-push',
      clusters: [{ state: 'checked' }, { cluster: 'two', state: 'pending' }],
    });
  });

  const services = fc.array(fc.constantFrom(...SERVICE_OUTCOMES));
  const outcomes = (states: readonly ServiceOutcome['state'][]): readonly ServiceOutcome[] =>
    states.map((state) => ({ cluster: 'one', service: 'web', state, reason: null }));

  it('is the first that any service is in, whatever their order', () => {
    fc.assert(
      fc.property(services, (states) => {
        const state = combineOutcomes({ services: outcomes(states), clusters: [] });
        const reversed = combineOutcomes({ services: outcomes(states.toReversed()), clusters: [] });
        expect(state).toBe(reversed);
        const counted = states.filter((one) => one !== 'left');
        expect(counted.length === 0).toBe(state === 'no-service');
        const before = OUTCOME_STATES.slice(0, OUTCOME_STATES.indexOf(state));
        expect(counted.some((one) => before.some((better) => better === one))).toBe(false);
      }),
    );
  });

  it('is never a success while a deployment that it names last is open or failed', () => {
    const chains = fc.array(fc.constantFrom(...DEPLOYMENT_STATES), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        chains,
        fc.constantFrom(...VERDICT_NAMES),
        fc.boolean(),
        (states, verdict, waits) => {
          const all = via(verdict, ...states.map((state) => ({ state })));
          const { state, deployments } = outcomeOf(
            push({ ...all, state: waits ? 'waiting' : 'done' }),
          );
          const last = deployments.at(-1)?.state;
          if (state === 'succeeded') expect(['succeeded', undefined]).toContain(last);
          if (last === 'queued' || last === 'updating' || last === 'verifying') {
            expect(['succeeded', 'failed']).not.toContain(verdict === 'held' ? 'pending' : state);
          }
        },
      ),
    );
  });
});
