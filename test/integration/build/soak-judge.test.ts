import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { DeploymentView, ServiceView } from '../../../src/core/contract/views.ts';
import { judge } from '../../chaos/soak/judge.ts';

const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}` as Digest;
const [A, B, C] = ['a', 'b', 'c'].map(digest) as [Digest, Digest, Digest];

const published = (version: Digest, isGood = true, toldAt: number | null = 0) => ({
  service: 'web',
  digest: version,
  isGood,
  toldAt,
});
const change = (from: Digest, to: Digest, more: object = {}) => ({
  service: 'web',
  at: 1_000,
  from,
  to,
  byEngine: false,
  ...more,
});
const deployment = (from: Digest, to: Digest, more: object = {}): DeploymentView =>
  ({
    id: 'd',
    service: { id: 's', name: 'web' },
    from,
    to,
    cause: 'digest-differs',
    state: 'succeeded',
    steps: [{ at: '', step: 'update-sent', detail: { digest: to } }],
    ...more,
  }) as unknown as DeploymentView;
const view = (verdict: string): ServiceView =>
  ({ name: 'web', verdict, reason: null }) as ServiceView;

const calm = {
  seen: {
    published: [published(A, true, null), published(B)],
    changes: [change(A, B)],
    theirs: [],
  },
  record: { deployments: [deployment(A, B)], held: [], services: [view('current')] },
};

describe('what a soak is judged by', () => {
  it('finds nothing where the record is what was seen', () => {
    const { broken, figures } = judge(calm.seen, calm.record);
    expect(broken).toEqual([]);
    expect(figures['longest wait of a healthy push, ms']).toBe(1_000);
  });

  it('takes a newer push’s word that an update on its way there or back may have been sent', () => {
    const superseded = { at: '', step: 'superseded', detail: { mayHaveBeenSent: true } };
    const back = { at: '', step: 'taking-back', detail: { to: A } };
    const sent = { at: '', step: 'update-sent', detail: { digest: B } };
    const seen = { ...calm.seen, changes: [change(A, B), change(B, A), change(A, C)] };
    const deployments = [
      deployment(A, B, { state: 'superseded', steps: [sent, back, superseded] }),
      deployment(A, C, { state: 'superseded', steps: [superseded] }),
    ];
    expect(judge(seen, { ...calm.record, deployments }).broken).toEqual([]);
  });

  it.each([
    [
      'a change that nobody recorded',
      { changes: [change(A, B), change(B, C)] },
      {},
      /seen, but not recorded: web bbbbbbbb → cccccccc/,
    ],
    [
      'a deployment that nobody saw',
      {},
      { deployments: [deployment(A, B), deployment(B, C)] },
      /recorded, but never seen: web → cccccccc/,
    ],
    [
      'a good version that is condemned',
      {},
      { held: [{ service: 'web', digest: B, kind: 'known-bad' }] },
      /good, but held: web bbbbbbbb/,
    ],
    [
      'a downgrade',
      { changes: [change(A, B), change(B, A)] },
      { deployments: [deployment(A, B), deployment(B, A)] },
      /downgrade: web bbbbbbbb → aaaaaaaa/,
    ],
    [
      'a version that is not there',
      {},
      { services: [view('obsolete')] },
      /does not run its newest/,
    ],
    [
      'settings that were lost',
      {},
      {
        deployments: [
          deployment(A, B, {
            steps: [
              { at: '', step: 'update-sent', detail: { digest: B } },
              { at: '', step: 'settings-changed', detail: {} },
            ],
          }),
        ],
      },
      /settings changed/,
    ],
  ])('finds %s', (_what, seen, record, message) => {
    const { broken } = judge({ ...calm.seen, ...seen }, { ...calm.record, ...record });
    expect(broken).toEqual([expect.stringMatching(message)]);
  });

  it.each([
    ['the engine goes back', { changes: [change(A, B), change(B, A, { byEngine: true })] }, {}],
    [
      'the helper goes back, and says so',
      { changes: [change(A, B), change(B, A)], published: [published(A), published(B, false)] },
      {
        deployments: [
          deployment(A, B, {
            state: 'rolled-back',
            steps: [
              { at: '', step: 'update-sent', detail: { digest: B } },
              { at: '', step: 'update-sent', detail: { digest: A } },
            ],
          }),
        ],
        held: [{ service: 'web', digest: B, kind: 'known-bad' }],
        services: [view('held')],
      },
    ],
    [
      'somebody else deploys',
      {
        changes: [change(A, B), change(B, C)],
        published: [published(A, true, null), published(B), published(C)],
        theirs: [{ service: 'web', digest: C, at: 1_000 }],
      },
      {},
    ],
  ])('has nothing against it that %s', (_what, seen, record) => {
    expect(judge({ ...calm.seen, ...seen }, { ...calm.record, ...record }).broken).toEqual([]);
  });
});
