import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEPLOYMENT_STATES } from '../contract/views.ts';
import { combineReport, type ReportedDeployment } from './combine-report.ts';
import { isFinalReport, LONGEST_DESCRIPTION, pathOfPage } from './report.ts';

let ids = 0;
const one = (
  service: string,
  state: ReportedDeployment['state'],
  more: Partial<ReportedDeployment> = {},
): ReportedDeployment => {
  ids += 1;
  return {
    id: state === 'waiting' || state === 'refused' ? null : `${ids}`,
    cluster: 'production',
    serviceId: service,
    serviceName: service,
    state,
    reason: null,
    fromTag: 'v1',
    toTag: 'v1',
    failure: null,
    revertedTo: null,
    supersededBy: null,
    ...more,
  };
};

const COMMIT = '982c38812345678901234567890123456789abcd';

it.each<[string, string, readonly [ReportedDeployment, ...ReportedDeployment[]]]>([
  ['queued', 'queued', [one('web', 'queued')]],
  ['queued', 'waiting: frozen', [one('web', 'queued', { reason: 'frozen' })]],
  ['in-progress', '0 of 2 services deployed', [one('web', 'queued'), one('api', 'verifying')]],
  ['in-progress', '1 of 2 services deployed', [one('web', 'succeeded'), one('api', 'queued')]],
  ['success', '2 services verified', [one('web', 'succeeded'), one('api', 'succeeded')]],
  ['success', '1 service verified', [one('web', 'failed'), one('web', 'succeeded')]],
  [
    'success',
    '2 services verified, v1.3.0 → v1.4.0',
    [
      one('web', 'succeeded', { fromTag: 'v1.3.0', toTag: 'v1.4.0' }),
      one('api', 'succeeded', { fromTag: 'v1.3.0', toTag: 'v1.4.0' }),
    ],
  ],
  [
    'success',
    '2 services verified',
    [one('web', 'succeeded', { fromTag: 'v1.3.0', toTag: 'v1.4.0' }), one('api', 'succeeded')],
  ],
  ['success', '1 service verified', [one('web', 'succeeded'), one('api', 'skipped')]],
  [
    'failure',
    'api rolled back to v1.3.0: health check failed',
    [
      one('web', 'verifying'),
      one('api', 'rolled-back', { revertedTo: 'v1.3.0', failure: 'health check failed' }),
    ],
  ],
  ['failure', 'web: service-removed', [one('web', 'failed', { reason: 'service-removed' })]],
  [
    'superseded',
    'superseded by 982c388',
    [one('web', 'superseded', { supersededBy: COMMIT }), one('api', 'succeeded')],
  ],
  ['in-progress', '0 of 1 service deployed', [one('web', 'superseded'), one('web', 'updating')]],
  ['queued', 'web waits: a gate', [one('web', 'waiting', { reason: 'a gate' })]],
  [
    'queued',
    '1 of 2 services deployed; api waits: a gate',
    [one('web', 'succeeded'), one('api', 'waiting', { reason: 'a gate' })],
  ],
  [
    'in-progress',
    '0 of 2 services deployed',
    [one('web', 'verifying'), one('api', 'waiting', { reason: 'a gate' })],
  ],
  ['queued', 'queued', [one('web', 'waiting'), one('api', 'queued')]],
  [
    'superseded',
    'api: a person rejected it',
    [one('web', 'succeeded'), one('api', 'refused', { reason: 'a person rejected it' })],
  ],
  ['success', '1 service verified', [one('web', 'waiting'), one('web', 'succeeded')]],
  ['success', 'ran it already', [one('web', 'skipped', { reason: 'already-current' })]],
  [
    'success',
    'ran it already',
    [
      one('web', 'skipped', { reason: 'already-current' }),
      one('api', 'skipped', { reason: 'no-longer-waiting' }),
    ],
  ],
  ['superseded', 'skipped: frozen', [one('web', 'skipped', { reason: 'frozen' })]],
])('%s: %s', (state, description, deployments) => {
  expect(combineReport(deployments)).toMatchObject({ state, description });
});

it.each<[string, readonly [ReportedDeployment, ...ReportedDeployment[]], string]>([
  ['the deployment', [one('web', 'updating', { id: 'd1' })], 'deployments/d1'],
  ['what waits', [one('web', 'waiting')], 'waiting'],
  [
    'the service',
    [one('web', 'refused', { cluster: 'a b', serviceName: 'shop/web' })],
    'services/a%20b/shop%2Fweb',
  ],
])('leads to the page of %s', (_what, deployments, path) => {
  expect(pathOfPage(combineReport(deployments).page)).toBe(path);
});

it('tells of what was skipped only after something else', () => {
  expect(combineReport([one('web', 'skipped')]).isAfterthought).toBe(true);
  expect(combineReport([one('web', 'skipped'), one('web', 'queued')]).isAfterthought).toBe(false);
});

describe('whatever happened', () => {
  const deployment = fc
    .record({
      service: fc.constantFrom('web', 'api', 'worker'),
      state: fc.constantFrom(...DEPLOYMENT_STATES, 'waiting' as const, 'refused' as const),
      failure: fc.option(fc.string({ maxLength: 400 })),
    })
    .map(({ service, state, failure }) => one(service, state, { failure }));
  const some = fc
    .array(deployment, { minLength: 1, maxLength: 12 })
    .map(([first, ...rest]) => [first ?? one('web', 'queued'), ...rest] as const);
  const newestOf = (all: readonly ReportedDeployment[]): readonly ReportedDeployment[] => [
    ...new Map(
      all.filter(({ state }) => state !== 'skipped').map((each) => [each.serviceId, each]),
    ).values(),
  ];

  it('success means that the newest of every service succeeded', () => {
    fc.assert(
      fc.property(some, (all) => {
        const { state, isAfterthought } = combineReport([...all]);
        if (state !== 'success' || isAfterthought) return;
        expect(newestOf(all).every((each) => each.state === 'succeeded')).toBe(true);
      }),
    );
  });

  it('nothing stays open once everything has ended', () => {
    fc.assert(
      fc.property(some, (all) => {
        const isOpen = newestOf(all).some(({ state }) =>
          ['queued', 'updating', 'verifying', 'waiting'].includes(state),
        );
        if (!isOpen) expect(isFinalReport(combineReport([...all]).state)).toBe(true);
      }),
    );
  });

  it('a description is one short line, and names a deployment of the commit', () => {
    fc.assert(
      fc.property(some, (all) => {
        const { description, page } = combineReport([...all]);
        expect(description.length).toBeLessThanOrEqual(LONGEST_DESCRIPTION);
        expect(description).not.toMatch(/[\n\r]/);
        if (page.kind === 'deployment') expect(all.map(({ id }) => id)).toContain(page.id);
        else expect(all.map(({ id }) => id)).toContain(null);
      }),
    );
  });
});
