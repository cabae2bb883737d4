import { afterEach, beforeEach, expect, it } from 'vitest';
import { waitingOf } from '../../../test/support/http/api-samples.ts';
import { addLink } from '../../store/approvals/links.ts';
import type { Store } from '../../store/sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { createApprovalLinks } from './links.ts';
import { hashOfLink } from './with-links.ts';

const TOKEN = 'a-token';
const ROW = {
  cluster: 'default',
  service_id: 'x8',
  service_name: 'pay',
  stack: null,
  name: 'docker.io/acme/pay',
  from_tag: 'v1',
  from_digest: '',
  tag: 'v1',
  digest: `sha256:${'b'.repeat(64)}`,
  spec_fingerprint: 'spec-1',
  gates: '[]',
  since: 0,
  candidate_since: 0,
  due_at: 0,
  set_at: 0,
};
const BY = { address: '192.0.2.1', signal: new AbortController().signal };

let store: Store;
let now: number;
let decided: number;
beforeEach(async () => {
  store = await openTestStore();
  now = 0;
  decided = 0;
  await store.db.insertInto('waiting').values(ROW).execute();
  const link = { hash: hashOfLink(TOKEN), channel: 'ops', expiresAt: 1_000 };
  await addLink(store.db, link, ROW, 0);
});
afterEach(() => store.close());

const decide = async () => {
  decided += 1;
  return waitingOf({ name: 'pay' });
};
const links = () =>
  createApprovalLinks({
    db: store.db,
    clock: { now: () => now },
    acts: { approve: decide, reject: decide },
  });
const at = async (time: number): Promise<void> => {
  now = time;
};
const change = (changed: Partial<typeof ROW>) =>
  store.db.updateTable('waiting').set(changed).execute();

it.each([
  ['just before its end', () => at(999), 'open', 1],
  ['at its end', () => at(1_000), 'expired', 0],
  ['for another digest', () => change({ digest: `sha256:${'c'.repeat(64)}` }), 'replaced', 0],
  ['for another spec', () => change({ spec_fingerprint: 'spec-2' }), 'replaced', 0],
  ['where nothing waits', () => store.db.deleteFrom('waiting').execute(), 'replaced', 0],
] as const)('a link %s', async (_when, prepare, state, decisions) => {
  await prepare();
  expect((await links().open(TOKEN))?.state).toBe(state);
  await links().decide(TOKEN, { kind: 'approve' }, BY);
  expect(decided).toBe(decisions);
});

it('of another token does not exist', async () => {
  expect(await links().open('another')).toBeNull();
});
