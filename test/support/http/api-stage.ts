import { hash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import { openStore, type Store } from '../../../src/store/sqlite/open-store.ts';
import {
  type FakeEngine,
  type FakeEngineOptions,
  startFakeEngine,
} from '../fake-engine/fake-engine.ts';
import { type FakeRegistry, startFakeRegistry } from '../fake-registry/fake-registry.ts';
import { HOOK_SECRET, type RunningHelper, startHelper } from '../program/start-helper.ts';

export const OPERATOR = 'operator-token-of-the-api-stage-0123456789';
export const APPROVER = 'approver-token-of-the-api-stage-0123456789';
export const VIEWER = 'viewer-token-of-the-api-stage-0123456789';
/** The token of an operator. The configuration contains only its hash. */
export const HASHED = 'hashed-token-of-the-api-stage-0123456789';
/** Longer than any monitor period, so the first image is proven. */
const SETTLED_MS = 3_600_000;
const WITHIN_MS = 60_000;

export type Asked = {
  readonly method?: string;
  /** Null sends none; default: the operator's token. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

export type Told = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Null if it is not JSON. */
  readonly body: unknown;
};

/** The real helper with its real store in a separate process, in front of a fake engine and a fake registry. */
export type ApiStage = {
  readonly engine: FakeEngine;
  readonly registry: FakeRegistry;
  readonly helper: () => RunningHelper;
  readonly ask: (path: string, asked?: Asked) => Promise<Told>;
  /** `host/repository:tag`, as in image references. */
  readonly image: (repository: string, tag?: string, digest?: Digest) => string;
  /** Publishes `content`, sends the webhook, and waits until its work has ended. */
  readonly push: (repository: string, content: string) => Promise<Digest>;
  readonly until: <T>(what: string, check: () => Promise<T>) => Promise<T>;
  /** Stops the helper and starts it again on the same store, at the same address. */
  readonly restart: () => Promise<void>;
  /** The contents of the store's files. */
  readonly stored: () => Buffer;
  readonly close: () => Promise<void>;
};

export const openApiStage = async (
  options: {
    readonly engine?: FakeEngineOptions;
    readonly config?: Readonly<Record<string, unknown>>;
    /** Clusters in addition to `default`, as in the configuration. */
    readonly moreClusters?: readonly Readonly<Record<string, unknown>>[];
    /** Fills the store before the helper opens it. */
    readonly seed?: (store: Store) => Promise<void>;
    /** More environment variables for the helper. */
    readonly env?: Readonly<Record<string, string>>;
    /** The address that the helper listens on, instead of 127.0.0.1. */
    readonly host?: string;
  } = {},
): Promise<ApiStage> => {
  const engine = await startFakeEngine({
    // The same time as the helper's, so that it attributes a failure to its own update and not to an earlier one.
    startAt: Date.now(),
    settledMs: SETTLED_MS,
    ...options.engine,
  });
  const registry = await startFakeRegistry({
    quota: { limit: 100, remaining: 80, windowSeconds: 21_600, source: '192.0.2.1' },
  });
  const folder = mkdtempSync(join(tmpdir(), 'api-stage-'));
  const storePath = join(folder, 'store.db');
  if (options.seed !== undefined) {
    const store = openStore(storePath);
    await options.seed(store);
    await store.close();
  }
  const start = (port: number): Promise<RunningHelper> =>
    startHelper({
      store: storePath,
      port,
      ...(options.host === undefined ? {} : { host: options.host }),
      secrets: [HASHED],
      env: { CD_HELPER_API_TOKEN: '', CD_HELPER_HOOK_SECRET: '', ...options.env },
      config: {
        clusters: [
          { name: 'default', type: 'engine', url: engine.url.replace('http://', 'tcp://') },
          ...(options.moreClusters ?? []),
        ],
        registries: [{ host: registry.host, insecure: true }],
        hooks: { secrets: [{ name: 'main', value: HOOK_SECRET }] },
        api: {
          tokens: [
            { name: 'oncall', role: 'operator', value: OPERATOR },
            { name: 'lead', role: 'approver', value: APPROVER },
            { name: 'wall', role: 'viewer', value: VIEWER },
            { name: 'desk', role: 'operator', valueHash: `sha256:${hash('sha256', HASHED)}` },
          ],
        },
        ...options.config,
      },
    });
  let helper = await start(0);
  const { port } = new URL(helper.url);

  const ask: ApiStage['ask'] = async (path, asked = {}) => {
    const { method = 'GET', token = OPERATOR, headers = {}, body } = asked;
    const answer = await fetch(`${new URL(helper.url).origin}${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    const type = answer.headers.get('content-type') ?? '';
    // An event stream does not end on its own.
    const isStream = type.startsWith('text/event-stream');
    if (isStream) await answer.body?.cancel();
    const text = isStream ? '' : await answer.text();
    const isJson = type.includes('json');
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      body: isJson && text !== '' ? (JSON.parse(text) as unknown) : null,
    };
  };

  const until: ApiStage['until'] = (what, check) =>
    waitUntil(check, { what, withinMs: WITHIN_MS, everyMs: 30 });

  const image: ApiStage['image'] = (repository, tag = 'v1', digest) =>
    `${registry.host}/${repository}:${tag}${digest === undefined ? '' : `@${digest}`}`;

  return {
    engine,
    registry,
    helper: () => helper,
    ask,
    image,
    until,
    push: async (repository, content) => {
      const digest = registry.setTag(repository, 'v1', content);
      const answer = await helper.postHook({ image: image(repository), digest });
      const { delivery } = (await answer.json()) as { delivery: string };
      await until('the push has its end', async () => {
        const { status, text, body } = await ask(`/api/v1/deliveries/${delivery}`);
        if (status !== 200) throw new Error(`${status} ${text}`);
        const { pushes, deployments } = body as {
          pushes: { results: { state: string }[] }[];
          deployments: string[];
        };
        const isDone = pushes.every(({ results }) =>
          results.every(({ state }) => state === 'done'),
        );
        const ended = await Promise.all(
          deployments.map(async (id) => (await ask(`/api/v1/deployments/${id}`)).body),
        );
        const isOpen = ended.some((one) => (one as { endedAt: string | null }).endedAt === null);
        if (!isDone || isOpen) throw new Error(JSON.stringify([body, ended], null, 1));
      });
      return digest;
    },
    restart: async () => {
      await helper.stop();
      helper = await start(Number(port));
    },
    stored: () =>
      Buffer.concat(
        readdirSync(folder)
          .filter((name) => !name.endsWith('.yml'))
          .map((name) => readFileSync(join(folder, name))),
      ),
    close: async () => {
      await helper.stop();
      await Promise.all([engine.close(), registry.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
