import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOfChar, makeService } from '../../../test/support/work/make-service.ts';
import { START } from '../../../test/support/store/store-samples.ts';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { queueDeployment } from './queue-deployment.ts';
import { readTriggers, type Trigger } from './triggers.ts';

let store: Store;
let now: number;
beforeEach(async () => {
  store = await openTestStore();
  now = START;
});
afterEach(() => store.close());

const hooks = (...sources: readonly string[]): readonly Trigger[] =>
  sources.map((source) => ({ kind: 'hook', source }));

const queue = async (triggers: readonly Trigger[]): Promise<void> => {
  now += 1_000;
  const image = { registry: 'docker.io', repository: 'acme/web', tag: 'v1' };
  const what = { from: digestOfChar('a'), to: digestOfChar('b'), cause: 'digest-differs' } as const;
  const wanted = { ...what, cluster: 'one', service: makeService(), image, triggers };
  await store.db
    .transaction()
    .execute((query) => queueDeployment(query, { ...wanted, id: `d${now}` }, now));
};
const kept = (): Promise<readonly Trigger[]> => readTriggers(store.db, `d${START + 1_000}`);

describe('of what led to a deployment', () => {
  it('the first and the newest hook are kept, however many come', async () => {
    await queue(hooks('1', '2', '3'));
    expect(await kept()).toEqual(hooks('1', '3'));
    await queue(hooks('2', '3', '4'));
    await queue(hooks('4', '5'));
    expect(await kept()).toEqual(hooks('1', '5'));
  });

  it('each run and each person is kept', async () => {
    await queue(hooks('1'));
    await queue([{ kind: 'person', source: 'oncall' }]);
    await queue([{ kind: 'smart-redeploy', source: 'r1' }]);
    await queue([{ kind: 'smart-redeploy', source: 'r2' }]);
    await queue(hooks('2', '3'));
    expect((await kept()).map(({ kind, source }) => `${kind} ${source}`)).toEqual([
      'hook 1',
      'person oncall',
      'smart-redeploy r1',
      'smart-redeploy r2',
      'hook 3',
    ]);
  });
});
