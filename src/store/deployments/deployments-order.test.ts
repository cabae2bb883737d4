import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOfChar, makeService } from '../../../test/support/work/make-service.ts';
import { makeDeployment, START } from '../../../test/support/store/store-samples.ts';
import type { Digest } from '../../core/image/digest.ts';
import type { DeploymentState } from '../../core/contract/views.ts';
import { endDeployment, type Intent, openDeployments, postpone } from './deployments.ts';
import { recordIntent, recordSent, refuteIntent } from './intents.ts';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { type NewDeployment, queueDeployment } from './queue-deployment.ts';
import { readDeployment } from './read-deployments.ts';

const A = digestOfChar('a');
const B = digestOfChar('b');
const C = digestOfChar('c');

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const queue = (change: Partial<NewDeployment> = {}, at = START) =>
  store.db.transaction().execute((query) => queueDeployment(query, makeDeployment(change), at));
const intent = (change: Partial<Intent> = {}): Intent => ({
  phase: 'forward',
  target: B,
  version: 11,
  forceUpdate: 0,
  at: START + 10,
  failed: null,
  refuted: false,
  ...change,
});
const END = { state: 'succeeded', reason: null, failure: null } as const;

type Operation =
  | {
      readonly kind: 'queue';
      readonly service: string;
      readonly to: Digest;
      readonly forced: boolean;
    }
  | { readonly kind: 'intend' | 'sent' | 'postpone' | 'refute'; readonly pick: number }
  | { readonly kind: 'end'; readonly pick: number; readonly state: (typeof FINAL)[number] };
const FINAL = ['succeeded', 'failed', 'rolled-back', 'superseded', 'skipped'] as const;

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    kind: fc.constant('queue' as const),
    service: fc.constantFrom('s1', 's2'),
    to: fc.constantFrom(A, B, C),
    forced: fc.boolean(),
  }),
  fc.record({
    kind: fc.constantFrom(
      'intend' as const,
      'sent' as const,
      'postpone' as const,
      'refute' as const,
    ),
    pick: fc.nat(20),
  }),
  fc.record({
    kind: fc.constant('end' as const),
    pick: fc.nat(20),
    state: fc.constantFrom(...FINAL),
  }),
);

/** The expected content of the store, as briefly as possible. */
type Model = { id: string; service: string; to: Digest; state: DeploymentState };
const isOpen = ({ state }: Model): boolean => !(FINAL as readonly string[]).includes(state);

const apply = async (models: Model[], step: Operation): Promise<void> => {
  if (step.kind === 'queue') {
    const { service, to } = step;
    const cause = step.forced ? ('forced' as const) : ('digest-differs' as const);
    const queued = await queue({ service: makeService({ id: service }), to, cause });
    const open = models.find((one) => one.service === service && isOpen(one));
    expect(queued.joined).toBe(open !== undefined && open.to === to && !step.forced);
    if (queued.joined) {
      expect(queued.id).toBe(open?.id);
      return;
    }
    if (open !== undefined) open.state = 'superseded';
    models.push({ id: queued.id, service, to, state: 'queued' });
    return;
  }
  const model = models[step.pick % Math.max(models.length, 1)];
  if (model === undefined) return;
  const { id } = model;
  const wasOpen = isOpen(model);
  switch (step.kind) {
    case 'intend':
      expect(await recordIntent(store.db, id, intent(), START)).toBe(wasOpen);
      if (wasOpen) model.state = 'updating';
      return;
    case 'sent':
      expect(await recordSent(store.db, id, START, { detail: {} })).toBe(wasOpen);
      if (wasOpen) model.state = 'verifying';
      return;
    case 'end':
      expect(await endDeployment(store.db, id, { ...END, state: step.state }, START)).toBe(wasOpen);
      if (wasOpen) model.state = step.state;
      return;
    case 'postpone':
      return postpone(store.db, id, START, 0);
    case 'refute':
      return refuteIntent(store.db, id, intent());
    default:
      return step satisfies never;
  }
};

describe('whatever happens in whatever order', () => {
  it('at most one is open for a service, and each has exactly one final state', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 30 }), async (steps) => {
        await store.db.deleteFrom('deployments').execute();
        const models: Model[] = [];
        for (const step of steps) await apply(models, step);
        for (const service of ['s1', 's2'])
          expect(
            models.filter((one) => one.service === service && isOpen(one)).length,
          ).toBeLessThan(2);
        for (const model of models) {
          const view = await readDeployment(store.db, model.id);
          expect(view?.state).toBe(model.state);
          const ends = view?.steps.filter((one) => (FINAL as readonly string[]).includes(one.step));
          expect(ends?.length).toBe(isOpen(model) ? 0 : 1);
          expect(view?.endedAt === null).toBe(isOpen(model));
        }
        const open = await openDeployments(store.db, 'one');
        expect(open.map(({ id }) => id).toSorted()).toEqual(
          models
            .filter(isOpen)
            .map(({ id }) => id)
            .toSorted(),
        );
      }),
      { numRuns: 60 },
    );
  });
});
