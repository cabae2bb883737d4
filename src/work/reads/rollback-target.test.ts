import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOfChar, makeService } from '../../../test/support/work/make-service.ts';
import { makeDeployment, nextId, START } from '../../../test/support/store/store-samples.ts';
import { ActRefused } from '../../core/contract/act-refused.ts';
import type { Digest } from '../../core/image/digest.ts';
import type { NotGood } from '../../core/rollout/good-image.ts';
import { endDeployment } from '../../store/deployments/deployments.ts';
import { recordLeft } from '../../store/holds/good-images.ts';
import { addHold } from '../../store/holds/holds.ts';
import { openStore, type Store } from '../../store/sqlite/open-store.ts';
import { queueDeployment } from '../../store/deployments/queue-deployment.ts';
import { readRollback, rollbackTarget } from './rollback-target.ts';

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map(digestOfChar) as [Digest, Digest, Digest, Digest];
/** Begins like C, but never ran. */
const TWIN = `sha256:${'c'.repeat(20)}${'0'.repeat(44)}` as Digest;
const running = (digest: Digest, id = 'service-1') =>
  makeService({ id, name: 'web', imageText: `acme/web:v1@${digest}` });
const WEB = running(D);
const ASKED = { to: null, force: false };

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

let now = START;
const ran = (digest: Digest, why: NotGood | null = null): Promise<void> => {
  now += 1_000;
  const left = { digest, convergedAt: now, why };
  return recordLeft(store.db, { cluster: 'one', service: WEB }, left, now);
};
const hold = (digest: Digest, kind: 'known-bad' | 'left-by-person'): Promise<void> =>
  addHold(
    store.db,
    { id: nextId(), cluster: 'one', service: WEB, digest, kind, deployment: null },
    START,
  );
const deployed = async (
  from: Digest,
  to: Digest,
  state: 'succeeded' | 'failed' | 'rolled-back',
): Promise<void> => {
  const { id } = await queueDeployment(
    store.db,
    makeDeployment({ from, to, cause: 'forced' }),
    START,
  );
  await endDeployment(store.db, id, { state, reason: null, failure: null }, START);
};
const target = (to: string | null = null, force = false, service = WEB): Promise<Digest> =>
  rollbackTarget(store.db, 'one', service, { to, force });

describe('what a rollback goes to', () => {
  beforeEach(async () => {
    await deployed(A, B, 'succeeded');
    await deployed(B, TWIN, 'rolled-back');
    await deployed(B, C, 'succeeded');
    await deployed(C, D, 'succeeded');
    for (const digest of [A, B, C, D]) await ran(digest);
    await hold(TWIN, 'known-bad');
  });

  it.each([
    ['nothing said', null, C],
    ['one step back', '1', C],
    ['two steps back', '2', B],
    ['three steps back, before our first deployment', '3', A],
    ['a digest', A, A],
    ['a tag that it ran', 'v1', C],
    ['one that is not in the history', digestOfChar('9'), digestOfChar('9')],
    ['the beginning of one', B.slice(0, 19), B],
    ['the beginning of its digits', 'bbbbbb', B],
    ['as much as tells it from another', C.slice('sha256:'.length, 30), C],
  ])('%s', async (_name, to, expected) => {
    expect(await target(to)).toBe(expected);
  });

  it.each([
    ['more steps than are known', '4', 'only 3 good images of web before the present one'],
    ['two that begin alike', 'cccccc', '2 digests in the history of web begin with cccccc'],
    ['none that begins so', 'eeeeee', 'no digest in the history of web begins with eeeeee'],
    ['too little of one', 'ccccc', 'is not a digest'],
    ['a tag that it never ran', 'v9', 'is not a digest'],
    ['no step', '0', 'is not a digest'],
    ['another algorithm', `md5:${'a'.repeat(32)}`, 'is not a digest'],
    ['one that is known to be bad', TWIN, 'cccccccccccc is held for web (known-bad)'],
  ])('refuses %s', async (_name, to, message) => {
    await expect(target(to)).rejects.toThrow(message);
  });

  it('goes to a digest that is held where the person insists', async () => {
    expect(await target(TWIN, true)).toBe(TWIN);
  });

  it('passes over what is held, by itself and by steps', async () => {
    await hold(C, 'left-by-person');
    expect(await target()).toBe(B);
    expect(await target('2')).toBe(A);
    await expect(target(C)).rejects.toMatchObject({ code: 'held' });
  });

  it('passes over what is not good, by itself and by steps', async () => {
    await ran(C, 'failing');
    await ran(D);
    expect(await target()).toBe(B);
    expect(await target(C)).toBe(C);
  });

  it('does not come back from where somebody went', async () => {
    // Back to C from D, which is held since then.
    await hold(D, 'left-by-person');
    await ran(C);
    expect(await target(null, false, running(C))).toBe(B);
  });

  it('goes to the newest good one where somebody else deployed something unknown', async () => {
    expect(await target(null, false, running(digestOfChar('9')))).toBe(D);
  });

  it('tells what there is to choose from, and why not the rest', async () => {
    const { present, targets, others } = await readRollback(store.db, 'one', WEB);
    expect(present).toBe(D);
    expect(targets.map(({ digest }) => digest)).toEqual([C, B, A]);
    expect(others).toEqual([{ digest: TWIN, tag: 'v1', reason: 'known-bad' }]);
  });
});

describe('where no good image is known', () => {
  it('it says what the history has, and asks for one', async () => {
    await deployed(A, B, 'failed');
    await ran(A, 'young-at-first');
    await deployed(B, C, 'failed');
    await hold(B, 'known-bad');
    const one = target(null, false, running(C));
    await expect(one).rejects.toMatchObject({ code: 'conflict' });
    await expect(one).rejects.toThrow(
      'no good image of web is known before the present one. Its history has bbbbbbbbbbbb (known-bad), aaaaaaaaaaaa: name one, with --to aaaaaaaaaaaa',
    );
    expect(await target('aaaaaaaaaaaa', false, running(C))).toBe(A);
  });

  it('and there is no history either', async () => {
    await expect(target(null, false, running(A, 'service-2'))).rejects.toThrow(
      'its history has no other digest: name one, with --to sha256:…',
    );
  });
});

it('without --force nothing goes to a digest that is held, whatever was before', async () => {
  const digest = fc.constantFrom(A, B, C, D);
  const why = fc.constantFrom<NotGood | null>(null, null, 'young', 'failing', 'unsettled');
  const step = fc.oneof(
    fc.record({ kind: fc.constant('ran' as const), digest, why }),
    fc.record({
      kind: fc.constant('held' as const),
      digest,
      as: fc.constantFrom<'known-bad' | 'left-by-person'>('known-bad', 'left-by-person'),
    }),
    fc.record({
      kind: fc.constant('deployed' as const),
      from: digest,
      to: digest,
      state: fc.constantFrom<'succeeded' | 'failed' | 'rolled-back'>(
        'succeeded',
        'failed',
        'rolled-back',
      ),
    }),
  );
  const asked = fc.oneof(
    fc.constant(null),
    fc.constantFrom('1', '2', '3'),
    digest,
    digest.map((one) => one.slice('sha256:'.length, 20)),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 12 }),
      digest,
      asked,
      async (steps, present, to) => {
        await store.close();
        store = openStore(':memory:');
        const held = new Set<Digest>();
        for (const one of steps) {
          if (one.kind === 'ran') await ran(one.digest, one.why);
          else if (one.kind === 'deployed') await deployed(one.from, one.to, one.state);
          else {
            await hold(one.digest, one.as);
            held.add(one.digest);
          }
        }
        const service = running(present);
        const offered = (await readRollback(store.db, 'one', service)).targets;
        expect(offered.filter((one) => held.has(one.digest as Digest))).toEqual([]);
        const chosen = await rollbackTarget(store.db, 'one', service, { ...ASKED, to }).catch(
          (error: unknown) => {
            if (error instanceof ActRefused) return null;
            throw error;
          },
        );
        expect(chosen !== null && held.has(chosen)).toBe(false);
        // Without `to`, it goes to the first digest on offer, and never to the present one.
        if (to === null) expect(chosen).toBe(offered[0]?.digest ?? null);
        if (to === null) expect(chosen).not.toBe(present);
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);
