import { createHash, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nextId, START } from '../../../test/support/store/store-samples.ts';
import { type Log, silentLog } from '../../core/log.ts';
import { SESSION_IDLE_MS, SESSION_LONGEST_MS } from '../../core/contract/session.ts';
import { listActions } from '../../store/access/actions.ts';
import { openStore, type Store } from '../../store/sqlite/open-store.ts';
import { MOST_SESSIONS } from '../../store/access/sessions.ts';
import { createSessions, type Sessions, type SessionToken } from './sessions.ts';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const ONCALL = { name: 'oncall', hash: hashOf('one') };
const WALL = { name: 'wall', hash: hashOf('two') };
const HERE = '192.0.2.1';

let store: Store;
let now: number;
let warnings: string[];
const log: Log = { ...silentLog, warn: (message) => void warnings.push(message) };
beforeEach(() => {
  warnings = [];
  store = openStore(':memory:');
  now = START;
});
afterEach(() => store.close());

const withTokens = (...tokens: readonly SessionToken[]): Sessions<SessionToken> =>
  createSessions({
    tokens,
    db: store.db,
    clock: { now: () => now },
    log,
    newId: nextId,
    randomBytes,
  });
const stored = () => store.db.selectFrom('sessions').selectAll().execute();

describe('a session', () => {
  it('is its token’s, and of nobody who shows another id', async () => {
    const sessions = withTokens(ONCALL, WALL);
    const { id, expiresAt } = await sessions.open(WALL, HERE);
    expect(expiresAt).toBe(new Date(START + SESSION_IDLE_MS).toISOString());
    expect(await sessions.use(id)).toEqual({ token: WALL, expiresAt });
    expect(await sessions.use(`${id.slice(0, -1)}_`)).toBeNull();
    expect(await sessions.stands(id)).toBe(true);
    expect(await sessions.stands('')).toBe(false);
  });

  it('ends when nobody uses it, and being looked at is no use', async () => {
    const sessions = withTokens(ONCALL);
    const { id } = await sessions.open(ONCALL, HERE);
    now += SESSION_IDLE_MS - 1;
    expect(await sessions.stands(id)).toBe(true);
    now += 1;
    expect(await sessions.stands(id)).toBe(false);
    expect(await sessions.use(id)).toBeNull();
  });

  it('lets in while the disk is full, says so once a minute, and lasts no longer for that', async () => {
    const sessions = withTokens(ONCALL);
    const { id, expiresAt } = await sessions.open(ONCALL, HERE);
    now += 120_000;
    await sql`pragma query_only = 1`.execute(store.db);
    expect(await sessions.use(id)).toEqual({ token: ONCALL, expiresAt });
    now += 59_999;
    expect(await sessions.use(id)).toEqual({ token: ONCALL, expiresAt });
    expect(warnings).toHaveLength(1);
    now += 1;
    expect(await sessions.use(id)).toEqual({ token: ONCALL, expiresAt });
    expect(warnings).toHaveLength(2);
    await sql`pragma query_only = 0`.execute(store.db);
    now += 60_000;
    const later = new Date(now + SESSION_IDLE_MS).toISOString();
    expect(await sessions.use(id)).toEqual({ token: ONCALL, expiresAt: later });
    expect(warnings).toHaveLength(2);
  });

  it('goes on while it is used, but not for ever', async () => {
    const sessions = withTokens(ONCALL);
    const { id } = await sessions.open(ONCALL, HERE);
    const end = START + SESSION_LONGEST_MS;
    for (now = START; now < end; now += SESSION_IDLE_MS - 1) {
      expect(await sessions.use(id)).not.toBeNull();
    }
    now = end;
    expect(await sessions.use(id)).toBeNull();
  });

  it.each([
    ['has another value', [{ ...ONCALL, hash: hashOf('changed') }]],
    ['is gone', [WALL]],
    ['has its value under another name', [{ ...ONCALL, name: 'other' }]],
  ])('has ended where its token %s', async (_what, tokens) => {
    const { id } = await withTokens(ONCALL, WALL).open(ONCALL, HERE);
    expect(await withTokens(...tokens).use(id)).toBeNull();
    // The session does not come back when the token does.
    expect(await withTokens(ONCALL, WALL).use(id)).toBeNull();
  });

  it('does not come back with its token, though nobody showed it meanwhile', async () => {
    const { id } = await withTokens(ONCALL, WALL).open(ONCALL, HERE);
    const other = await withTokens(ONCALL, WALL).open(WALL, HERE);
    await withTokens(WALL).endUnknown();
    const sessions = withTokens(ONCALL, WALL);
    expect([await sessions.use(id), (await sessions.use(other.id))?.token]).toEqual([null, WALL]);
  });

  it('is ended by its sign-out, or by that of all of its token', async () => {
    const sessions = withTokens(ONCALL, WALL);
    const [one, two, three] = [
      await sessions.open(ONCALL, HERE),
      await sessions.open(ONCALL, HERE),
      await sessions.open(ONCALL, HERE),
    ];
    const other = await sessions.open(WALL, HERE);
    const stand = () => Promise.all([one, two, three, other].map(({ id }) => sessions.stands(id)));
    await sessions.end(one.id, HERE);
    expect(await stand()).toEqual([false, true, true, true]);
    await sessions.endAll(ONCALL, HERE);
    expect(await stand()).toEqual([false, false, false, true]);
  });
});

describe('what is kept', () => {
  it('tells neither the id nor the token, nor lets the token be guessed', async () => {
    const { id } = await withTokens(ONCALL).open(ONCALL, HERE);
    const text = JSON.stringify(await stored());
    expect(text).toContain('oncall');
    for (const secret of [
      'one',
      ONCALL.hash,
      Buffer.from(ONCALL.hash, 'hex').toString('base64url'),
    ]) {
      expect(text).not.toContain(`"${secret}"`);
    }
    expect(text).not.toContain(id);
    // The same token leaves a different fingerprint in each session.
    await withTokens(ONCALL).open(ONCALL, HERE);
    const rows = await stored();
    expect(new Set(rows.map(({ fingerprint }) => fingerprint)).size).toBe(2);
  });

  it('is few for each token, those unused for longest gone', async () => {
    const sessions = withTokens(ONCALL, WALL);
    const other = await sessions.open(WALL, HERE);
    const opened: string[] = [];
    for (let index = 0; index < MOST_SESSIONS + 5; index += 1) {
      now += 1;
      opened.push((await sessions.open(ONCALL, HERE)).id);
    }
    expect((await stored()).length).toBe(MOST_SESSIONS + 1);
    expect(await sessions.stands(opened[4] ?? '')).toBe(false);
    expect(await sessions.stands(opened[5] ?? '')).toBe(true);
    expect(await sessions.stands(other.id)).toBe(true);
  });

  it('is no session that has ended, once somebody signs in', async () => {
    const sessions = withTokens(ONCALL, WALL);
    await sessions.open(WALL, HERE);
    now += SESSION_IDLE_MS;
    await sessions.open(ONCALL, HERE);
    expect((await stored()).map(({ token }) => token)).toEqual(['oncall']);
  });

  it('stands in the audit: who signed in and out, from where', async () => {
    const sessions = withTokens(ONCALL);
    const { id } = await sessions.open(ONCALL, HERE);
    await sessions.open(ONCALL, '192.0.2.2');
    await sessions.end(id, HERE);
    await sessions.end(id, HERE);
    await sessions.endAll(ONCALL, HERE);
    const { items } = await listActions(store.db, { limit: 10, after: null });
    expect(
      items.map(({ actor, address, action, detail }) => [actor, address, action, detail]),
    ).toEqual([
      ['oncall', HERE, 'sign-out-everywhere', { sessions: 1 }],
      ['oncall', HERE, 'sign-out', {}],
      ['oncall', '192.0.2.2', 'sign-in', {}],
      ['oncall', HERE, 'sign-in', {}],
    ]);
  });
});
