import { generateKeyPairSync, randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { checkForge } from '../../../src/adapters/forge/check-forge.ts';
import { createForge, type ForgeSettings } from '../../../src/adapters/forge/create-forge.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { FinalState } from '../../../src/core/contract/final-state.ts';
import { createSecret } from '../../../src/core/secret.ts';
import { createTimeOrderedIds } from '../../../src/core/time-ordered-id.ts';
import type { Gate } from '../../../src/core/policy/gates/gate-state.ts';
import { putBuild } from '../../../src/store/approvals/waiting.ts';
import {
  endDeployment,
  recordBuild,
  recordShownAt,
} from '../../../src/store/deployments/deployments.ts';
import { noteRanWaiting } from '../../../src/store/forge/end-waits.ts';
import { readForgeView } from '../../../src/store/forge/reports.ts';
import { endWaiting, putWaiting } from '../../../src/store/gates/waiting.ts';
import { addHold } from '../../../src/store/holds/holds.ts';
import type { Store } from '../../../src/store/sqlite/open-store.ts';
import { openTestStore } from '../../support/store/open-test-store.ts';
import { queueDeployment } from '../../../src/store/deployments/queue-deployment.ts';
import { keepReporting, type ReportTiming } from '../../../src/work/forge/keep-reporting.ts';
import { systemClock } from '../../../src/work/loop/system-clock.ts';
import { type ForgeDouble, startForgeDouble } from '../../support/notify/forge-double.ts';
import { digestOfChar, makeService } from '../../support/work/make-service.ts';
import { createMemoryPorts } from '../../support/work/memory-ports.ts';

const TOKEN = 'token-of-the-forge-0123456789';
const COMMIT = '982c38812345678901234567890123456789abcd';
const OTHER = '1111111111111111111111111111111111111111';
const newId = createTimeOrderedIds(Date.now, randomFillSync);

let folder: string;
let store: Store;
let double: ForgeDouble;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forge-'));
  store = await openTestStore(join(folder, 'store.db'));
});
afterEach(async () => {
  await store.close();
  await double.close();
  rmSync(folder, { recursive: true, force: true });
});

const settings = (
  type: ForgeSettings['type'],
  more: Partial<ForgeSettings> = {},
): ForgeSettings => ({
  type,
  url: double.url,
  app: null,
  token: createSecret(TOKEN),
  ca: null,
  sources: [{ image: 'docker.io/acme/web', repository: 'acme/web' }],
  repositories: null,
  environments: { production: 'production' },
  report: type === 'gitea' ? ['statuses'] : ['deployments'],
  ...more,
});

const TIMING: ReportTiming = {
  everyMs: 1,
  backoff: { firstMs: 5, longestMs: 10 },
  giveUpMs: 60_000,
};

type Reporting = AsyncDisposable & { readonly logLines: readonly string[] };

/** Reports until the end of its scope, as the helper does from its start to its end. */
const reporting = (one: ForgeSettings, timing: Partial<ReportTiming> = {}): Reporting => {
  const made = createForge(one, { now: Date.now, timeoutMs: 5_000 });
  const { deps, logLines } = createMemoryPorts();
  const stop = new AbortController();
  const running = keepReporting(
    {
      forges: [made.forge],
      db: store.db,
      onChange: store.onChange,
      clock: systemClock,
      registries: { readBuildFacts: async () => null },
      newId,
      random: Math.random,
      log: deps.log,
      publicUrl: 'https://cd.example.org',
      keepMs: 3_600_000,
      timing: { ...TIMING, ...timing },
    },
    stop.signal,
  );
  return {
    logLines,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      await made.close();
    },
  };
};

type Wanted = {
  readonly tag?: string;
  readonly service?: string;
  readonly commit?: string;
  readonly source?: string | null;
  readonly image?: string;
  readonly digest?: Digest;
};

/** Queues a deployment whose image says what it was built from. */
const queue = async ({
  service = 'web',
  commit = COMMIT,
  source = null,
  image = 'acme/web',
  digest = digestOfChar('b'),
  tag = 'v1',
}: Wanted = {}): Promise<string> =>
  store.db.transaction().execute(async (query) => {
    const wanted = {
      id: newId(),
      cluster: 'production',
      service: makeService({ id: `id-of-${service}`, name: service }),
      image: { registry: 'docker.io', repository: image, tag },
      from: digestOfChar('a'),
      to: digest,
      cause: 'digest-differs' as const,
      triggers: [],
    };
    const { id } = await queueDeployment(query, wanted, Date.now());
    const build = { version: 'v1.3.0', revision: commit, source, created: null };
    await recordBuild(query, id, build);
    return id;
  });

type WaitEnd = 'deployed' | 'rejected' | 'by-another' | 'gone' | 'none';

const webService = (name: string) => makeService({ id: `id-of-${name}`, name });

/** Lets a service wait for an image of which is known what it was built from, instead of what it waits for. */
const putToWait = async (
  service: string,
  { commit, digest }: { readonly commit: string; readonly digest: Digest },
): Promise<void> => {
  const now = Date.now();
  const facts = { version: 'v1.3.0', revision: commit, source: null, created: null };
  const gate: Gate = {
    gate: 'approval',
    source: 'label',
    since: now,
    until: now + 3_600_000,
    detail: '0 of 1 vote',
    votes: { given: 0, needed: 1, by: [] },
    canOpen: ['operator'],
  };
  await store.db.transaction().execute(async (query) => {
    await putBuild(query, digest, facts, now);
    const wanted = {
      cluster: 'production',
      service: webService(service),
      image: { registry: 'docker.io', repository: 'acme/web' },
      from: { tag: 'v1', digest: null },
      at: { candidate: { tag: 'v1', digest, firstSeenAt: now }, gates: [gate], dueAt: now },
      shown: null,
      before: null,
      newId,
    };
    await putWaiting(query, wanted, now);
  });
};

/** Ends the wait as the work does, in one commit; gives the deployment that came of it. */
const endWait = async (service: string, digest: Digest, how: WaitEnd): Promise<string | null> => {
  const one = webService(service);
  const of = { cluster: 'production', serviceId: one.id, digest };
  return store.db.transaction().execute(async (query) => {
    const now = Date.now();
    let made: string | null = null;
    if (how === 'deployed') {
      const image = { registry: 'docker.io', repository: 'acme/web', tag: 'v1' };
      const wanted = { id: newId(), cluster: 'production', service: one, image, from: null };
      const more = { to: digest, cause: 'digest-differs' as const, triggers: [] };
      made = (await queueDeployment(query, { ...wanted, ...more }, now)).id;
    }
    if (how === 'rejected') {
      const hold = { id: newId(), cluster: 'production', service: one, digest };
      await addHold(query, { ...hold, kind: 'rejected', deployment: null }, now);
    }
    if (how === 'by-another') await noteRanWaiting(query, of);
    if (how !== 'none') await endWaiting(query, 'production', one.id);
    return made;
  });
};

const start = async (id: string): Promise<void> => {
  await store.db
    .updateTable('deployments')
    .set({ state: 'verifying', started_at: Date.now() })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .execute();
};

const end = async (id: string, state: FinalState, reason: string | null = null): Promise<void> => {
  const message = 'task: non-zero exit (3)';
  const failure =
    state === 'failed' || state === 'rolled-back'
      ? { message, node: null, nodeName: null, exitCode: 3, log: [] }
      : null;
  await store.db.transaction().execute((query) =>
    endDeployment(
      query,
      id,
      {
        state,
        reason,
        failure,
        detail: state === 'rolled-back' ? { takenBackTo: digestOfChar('a'), by: 'helper' } : {},
      },
      Date.now(),
    ),
  );
};

const until = <T>(what: string, check: () => T | null | Promise<T | null>): Promise<T> =>
  waitUntil(async () => check(), { what, withinMs: 30_000, everyMs: 5 });
const told = (state: string): Promise<true> =>
  until(`the forge is told ${state}`, () =>
    double.deployments.at(-1)?.states.at(-1) === state ? true : null,
  );
const delivered = (id: string): Promise<true> =>
  until('the report is delivered', async () =>
    (await readForgeView(store.db, id))?.delivery === 'sent' ? true : null,
  );

describe('GitHub', () => {
  beforeEach(async () => {
    double = await startForgeDouble('github', { token: TOKEN });
  });

  test('is told of one deployment a commit and environment, from queued to success', async () => {
    await using _ = reporting(settings('github'));
    const web = await queue();
    await told('queued');
    const api = await queue({ service: 'api' });
    await start(web);
    await told('in_progress');
    await recordShownAt(store.db, web, 'https://shop.example.org');
    await end(web, 'succeeded');
    await start(api);
    await end(api, 'succeeded');
    await told('success');
    expect(double.deployments).toHaveLength(1);
    expect(double.deployments[0]).toMatchObject({
      repository: 'acme/web',
      sha: COMMIT,
      environment: 'production',
      bodies: expect.arrayContaining([
        expect.objectContaining({
          state: 'success',
          description: '2 services verified',
          log_url: `https://cd.example.org/#/deployments/${api}`,
          environment_url: 'https://shop.example.org',
        }),
      ]),
    });
    await delivered(api);
    expect(await readForgeView(store.db, api)).toMatchObject({
      state: 'success',
      delivery: 'sent',
      url: `${double.url}/acme/web/deployments/production`,
    });
  });

  test('has a page of the commit, and one of what changed since the commit before', async () => {
    await using _ = reporting(settings('github'));
    const before = await queue({ commit: OTHER, digest: digestOfChar('a') });
    await end(before, 'succeeded');
    await told('success');
    const id = await queue();
    await delivered(id);
    const page = `${double.url}/acme/web`;
    expect(await readForgeView(store.db, before)).toMatchObject({
      commitUrl: `${page}/commit/${OTHER}`,
      compareUrl: null,
    });
    expect(await readForgeView(store.db, id)).toMatchObject({
      commitUrl: `${page}/commit/${COMMIT}`,
      compareUrl: `${page}/compare/${OTHER}...${COMMIT}`,
    });
  });

  test('has a page of the pull request that a tag is of, and none for other tags', async () => {
    await using _ = reporting(settings('github'));
    const id = await queue({ tag: 'pr-177-982c388' });
    const other = await queue({ service: 'api' });
    await delivered(id);
    await delivered(other);
    const pageOf = async (one: string) => (await readForgeView(store.db, one))?.pullRequestUrl;
    expect(await pageOf(id)).toBe(`${double.url}/acme/web/pull/177`);
    expect(await pageOf(other)).toBeNull();
  });

  test('learns the first failure, and a success that follows it', async () => {
    await using _ = reporting(settings('github'));
    const web = await queue();
    const api = await queue({ service: 'api' });
    await start(web);
    await end(web, 'rolled-back', 'task-failed');
    await told('failure');
    expect(double.deployments[0]?.bodies.at(-1)?.['description']).toBe(
      'web rolled back to sha256:aaaaaaaaaaaa: task: non-zero exit (3)',
    );
    await end(api, 'succeeded');
    await delivered(api);
    const again = await queue({ digest: digestOfChar('c') });
    await end(again, 'succeeded');
    await told('success');
    expect(double.deployments).toHaveLength(1);
  });

  test('is told what superseded a commit, in a word that it takes', async () => {
    await using _ = reporting(settings('github'));
    const first = await queue();
    await start(first);
    await told('in_progress');
    await queue({ commit: OTHER, digest: digestOfChar('c') });
    await until('both are told', () =>
      double.deployments.length === 2 && double.deployments[0]?.states.at(-1) === 'error'
        ? true
        : null,
    );
    expect(double.deployments[0]?.bodies.at(-1)?.['description']).toBe('superseded by 1111111');
  });

  test('has nothing left open when what waited is skipped', async () => {
    await using _ = reporting(settings('github'));
    const id = await queue();
    await told('queued');
    await end(id, 'skipped', 'already-current');
    await told('success');
  });

  test('is not told of what was only skipped', async () => {
    const id = await queue();
    await end(id, 'skipped', 'already-current');
    const other = await queue({ service: 'api', commit: OTHER });
    await end(other, 'succeeded');
    await using _ = reporting(settings('github'));
    await told('success');
    expect(double.deployments.map(({ sha }) => sha)).toEqual([OTHER]);
  });

  test('gets one deployment although an answer was lost, also over a restart', async () => {
    const id = await queue();
    double.faults.push(NO_FAULT, 'lose-answer');
    {
      await using _ = reporting(settings('github'));
      await until('it was made', () => (double.deployments.length === 1 ? true : null));
    }
    await end(id, 'succeeded');
    await using _ = reporting(settings('github'));
    await told('success');
    expect(double.deployments).toHaveLength(1);
  });

  test('is told only the newest state after an hour of being down', async () => {
    await using helper = reporting(settings('github'));
    double.faults.push(...Array.from({ length: 20 }, () => ({ status: 502 })));
    const id = await queue();
    await start(id);
    await until('it was asked', () => (double.faults.length < 15 ? true : null));
    await end(id, 'succeeded');
    await told('success');
    expect(double.deployments[0]?.states).toEqual(['success']);
    expect(
      helper.logLines.filter((line) => line.includes('not reported to the forge yet')),
    ).not.toHaveLength(0);
  });

  test('is left alone for as long as it asks', async () => {
    await using _ = reporting(settings('github'));
    double.faults.push({
      status: 403,
      headers: { 'retry-after': '1' },
      body: { message: 'You have exceeded a secondary rate limit' },
    });
    const id = await queue();
    const before = performance.now();
    await end(id, 'succeeded');
    await told('success');
    expect(performance.now() - before).toBeGreaterThan(900);
  });

  test('is asked once for a repository that it does not show', async () => {
    double.repositories.clear();
    await using helper = reporting(settings('github'));
    const ids = [await queue(), await queue({ service: 'api', commit: OTHER })];
    for (const id of ids) {
      await end(id, 'succeeded');
      await until('it is given up', async () =>
        (await readForgeView(store.db, id))?.delivery === 'failed' ? true : null,
      );
    }
    expect(double.requests).toHaveLength(1);
    expect(await readForgeView(store.db, ids[1] ?? '')).toMatchObject({
      lastError: expect.stringContaining('404'),
    });
    expect(helper.logLines.join('')).not.toContain(TOKEN);
  });

  test('does not hear of a commit that it does not know twice', async () => {
    double.commits = new Set([OTHER]);
    await using _ = reporting(settings('github'));
    const unknown = await queue();
    await end(unknown, 'succeeded');
    await until('it is given up', async () =>
      (await readForgeView(store.db, unknown))?.delivery === 'failed' ? true : null,
    );
    const known = await queue({ commit: OTHER, digest: digestOfChar('c') });
    await end(known, 'succeeded');
    await told('success');
  });

  test('hears of an image only for the source repository that was seen first', async () => {
    double.repositories.add('acme/other');
    const host = double.url;
    await using helper = reporting(settings('github', { sources: [] }));
    const first = await queue({ source: `${host}/acme/web` });
    await end(first, 'succeeded');
    await told('success');
    const forged = await queue({
      source: `${host}/acme/other`,
      commit: OTHER,
      digest: digestOfChar('c'),
    });
    await end(forged, 'succeeded');
    await until('it is said', () =>
      helper.logLines.some((line) => line.includes('another source repository')) ? true : null,
    );
    expect(double.deployments.map(({ repository }) => repository)).toEqual(['acme/web']);
  });

  test.each<[string, Wanted]>([
    ['another host', { source: 'https://elsewhere.example/acme/web' }],
    ['a short commit', { commit: '982c388' }],
  ])('is not told where the labels name %s', async (_what, wanted) => {
    await using _ = reporting(
      settings('github', wanted.source === undefined ? {} : { sources: [] }),
    );
    await end(await queue(wanted), 'succeeded');
    const last = await queue({
      image: 'acme/mapped',
      source: `${double.url}/acme/web`,
      commit: OTHER,
    });
    await end(last, 'succeeded');
    await told('success');
    expect(double.deployments.map(({ sha }) => sha)).toEqual([OTHER]);
  });
});

/** For a request that is to be answered as it should. */
const NO_FAULT = { status: 200, body: [] };

describe('a GitHub App', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const app = { id: 4711, privateKey: createSecret(privateKey) };

  beforeEach(async () => {
    double = await startForgeDouble('github', { app: { id: 4711, publicKey } });
  });

  test('signs in for the installation, once, and anew when its token is refused', async () => {
    await using _ = reporting(settings('github', { app, token: null }));
    const id = await queue();
    await told('queued');
    double.expireTokens();
    await end(id, 'succeeded');
    await told('success');
    const tokens = double.requests.filter((one) => one.endsWith('/access_tokens'));
    expect(tokens).toHaveLength(2);
  });

  test('is checked for its permissions', async () => {
    const with2 = settings('github', { app, token: null, report: ['deployments', 'statuses'] });
    const made = createForge(with2, { now: Date.now });
    const signal = AbortSignal.timeout(10_000);
    expect(await checkForge(with2, made, Date.now, signal)).toEqual({
      ok: false,
      detail: 'signed in as the app helper, without the permission statuses: write',
      hint: 'change the permissions of the app, and accept them for the installation',
    });
    const wrong = { ...with2, app: { id: 1, privateKey: createSecret('no key') } };
    const answer = await checkForge(wrong, made, Date.now, signal);
    expect(answer.ok).toBe(false);
    expect(JSON.stringify(answer)).not.toContain('no key');
    await made.close();
  });
});

describe('GitLab', () => {
  beforeEach(async () => {
    double = await startForgeDouble('gitlab', { token: TOKEN });
  });

  test('is told of a deployment, and where its environment is', async () => {
    await using _ = reporting(settings('gitlab'));
    const id = await queue();
    await told('running');
    await start(id);
    await recordShownAt(store.db, id, 'https://shop.example.org');
    await end(id, 'succeeded');
    await told('success');
    await delivered(id);
    expect(double.deployments).toMatchObject([
      { repository: 'acme/web', sha: COMMIT, ref: 'v1.3.0', states: ['running', 'success'] },
    ]);
    expect(double.environments.get('production')).toBe('https://shop.example.org');
  });

  test('gets one deployment although an answer was lost', async () => {
    await using _ = reporting(settings('gitlab'));
    double.faults.push(NO_FAULT, 'lose-answer');
    const id = await queue();
    await until('it was made', () => (double.deployments.length === 1 ? true : null));
    await end(id, 'failed', 'task-failed');
    await told('failed');
    expect(double.deployments).toHaveLength(1);
  });
});

describe.each(['github', 'gitlab', 'gitea'] as const)('commit statuses of %s', (type) => {
  beforeEach(async () => {
    double = await startForgeDouble(type, { token: TOKEN });
  });

  test('follow the deployment', async () => {
    await using _ = reporting(settings(type, { report: ['statuses'] }));
    const id = await queue();
    await delivered(id);
    await start(id);
    await until('it is in progress', async () =>
      (await readForgeView(store.db, id))?.state === 'in-progress' ? true : null,
    );
    await delivered(id);
    await end(id, 'failed', 'task-failed');
    const failed = type === 'gitlab' ? 'failed' : 'failure';
    await until('the failure is told', () =>
      double.statuses.at(-1)?.state === failed ? true : null,
    );
    expect(double.statuses.at(-1)).toMatchObject({
      sha: COMMIT,
      context: 'cd-helper/production',
      body: { description: 'web: task: non-zero exit (3)' },
    });
  });

  test('are checked with their token', async () => {
    const one = settings(type, { report: ['statuses'] });
    const made = createForge(one, { now: Date.now });
    const signal = AbortSignal.timeout(10_000);
    expect(await checkForge(one, made, Date.now, signal)).toMatchObject({ ok: true });
    const wrong = { ...one, token: createSecret('wrong-token') };
    const refused = await checkForge(wrong, made, Date.now, signal);
    expect(refused).toMatchObject({ ok: false, detail: expect.stringContaining('401') });
    expect(JSON.stringify(refused)).not.toContain('wrong-token');
    await made.close();
  });
});

test('in any order of events, no success is told before the store has it, and nothing stays open', async () => {
  double = await startForgeDouble('github', { token: TOKEN });
  const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(Math.random() * all.length)];
  const waited = new Set<string>();
  let early = 0;
  const succeeded = new Map<string, number>();
  double.onState = ({ sha, state }) => {
    if (state === 'success' && (succeeded.get(sha) ?? 0) === 0) early += 1;
  };
  const ROUNDS = Number(process.env['ROUNDS'] ?? 100);
  let running = reporting(settings('github'));
  const last: string[] = [];
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const commit = round.toString(16).padStart(40, '0');
      const digest = `sha256:${round.toString(16).padStart(64, '0')}` as Digest;
      const services = ['web', 'api', 'worker'].slice(0, 1 + (round % 3));
      for (const service of services) {
        const image = { commit, digest };
        // What still waits from a round before is replaced by this.
        const isWaiting = Math.random() < 0.5;
        let id: string | null = null;
        if (isWaiting) {
          await putToWait(service, image);
          waited.add(commit);
          if (Math.random() < 0.3) {
            await until('it is told', () =>
              double.deployments.some(({ sha }) => sha === commit) ? true : null,
            );
          }
          const how = pick([
            'deployed',
            'deployed',
            'rejected',
            'by-another',
            'gone',
            'none',
          ] as const);
          if (how === 'by-another') succeeded.set(commit, 1);
          id = await endWait(service, digest, how ?? 'none');
          if (id === null) continue;
        } else {
          id = await queue({ service, commit, digest });
          await endWait(service, digest, 'gone');
        }
        last.push(id);
        if (Math.random() < 0.3)
          double.faults.push(Math.random() < 0.5 ? { status: 503 } : 'lose-answer');
        if (Math.random() < 0.8) await start(id);
        // Some are left open, so that the next commit supersedes them.
        if (Math.random() < 0.7) {
          const state = (['succeeded', 'failed', 'rolled-back', 'skipped'] as const)[
            Math.floor(Math.random() * 4)
          ];
          if (state === 'succeeded') succeeded.set(commit, 1);
          await end(id, state ?? 'succeeded', state === 'failed' ? 'service-removed' : null);
        }
      }
      if (Math.random() < 0.1) {
        await running[Symbol.asyncDispose]();
        running = reporting(settings('github'));
      }
    }
    for (const { sha } of double.deployments) succeeded.set(sha, 1);
    for (const id of last) {
      const { revision } = JSON.parse(
        (
          await store.db
            .selectFrom('deployments')
            .select('build')
            .where('id', '=', id)
            .executeTakeFirst()
        )?.build ?? '{}',
      ) as { revision: string };
      succeeded.set(revision, 1);
    }
    // Only now may the forge hear of these: it is told within milliseconds.
    for (const id of last) await end(id, 'succeeded');
    for (const service of ['web', 'api', 'worker']) {
      await endWait(service, digestOfChar('f'), 'gone');
    }
    await until('everything is told', async () => {
      const waiting = await store.db
        .selectFrom('forge_reports')
        .select('id')
        .where('delivery', '=', 'waiting')
        .execute();
      const ends = await store.db.selectFrom('forge_ends').selectAll().execute();
      const waits = await store.db
        .selectFrom('forge_waiting')
        .select('digest')
        .where((eb) => eb.or([eb('ended', 'is', null), eb('is_told', '=', 0)]))
        .execute();
      return waiting.length + ends.length + waits.length === 0 ? true : null;
    });
  } finally {
    await running[Symbol.asyncDispose]();
  }
  expect(early).toBe(0);
  expect(waited.size).toBeGreaterThan(ROUNDS / 3);
  const wasQueued = double.deployments.filter(
    ({ sha, states }) => waited.has(sha) && states.includes('queued'),
  );
  expect(wasQueued.length).toBeGreaterThan(0);
  const open = double.deployments.filter(({ states }) =>
    ['queued', 'in_progress', 'pending', undefined].includes(states.at(-1)),
  );
  expect(open).toEqual([]);
  const keys = double.deployments.map(({ sha, environment }) => `${sha} ${environment}`);
  expect(new Set(keys).size).toBe(keys.length);
}, 120_000);
