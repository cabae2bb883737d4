import { gatingFrom } from './gating-from.ts';
import { randomBytes, randomFillSync } from 'node:crypto';
import type { ConnectedRegistries } from '../adapters/registry/registries.ts';
import type { Config } from '../config/schema/config.ts';
import { ownBuild } from '../config/files/own-build.ts';
import { BacklogFull } from '../core/contract/delivery.ts';
import type { Log } from '../core/log.ts';
import { createTimeOrderedIds } from '../core/time-ordered-id.ts';
import type { ServerDeps } from '../http/ports/ports.ts';
import { createFetchKeys } from '../intake/fetch-keys.ts';
import { createIntake } from '../intake/intake.ts';
import { SENDERS } from '../intake/senders.ts';
import type { Store } from '../store/sqlite/open-store.ts';
import { forgetKey, keepAnswer, takeKey } from '../store/access/request-keys.ts';
import { createEventFeed } from '../work/loop/event-feed.ts';
import type { Metrics } from '../work/metrics/metrics.ts';
import { recordAction } from '../store/access/actions.ts';
import { createOutcomes } from '../work/outcome/outcomes.ts';
import { createReads } from '../work/reads/reads.ts';
import { createKeyConnections } from './key-connections.ts';
import { createReadDays } from '../work/reads/read-overview.ts';
import { createScopedReads } from '../work/reads/scoped-reads.ts';
import { createRecordedActs } from '../work/recorded-acts.ts';
import { createSessions } from '../work/acts/sessions.ts';
import type { Clock } from '../work/loop/clock.ts';
import { systemClock } from '../work/loop/system-clock.ts';
import type { StoreWatch } from '../work/loop/store-watch.ts';
import type { Work } from '../work/work.ts';
import type { WorkOptions } from '../work/work-options.ts';
import { builtDashboard } from './built-dashboard.ts';
import { createBackups } from './create-backups.ts';

export type ServerParts = {
  readonly store: Store;
  readonly clusters: WorkOptions['clusters'];
  readonly registries: ConnectedRegistries;
  readonly work: Work;
  readonly metrics: Metrics;
  readonly storeWatch: StoreWatch;
  /** The store's clock. */
  readonly clock: Clock;
  readonly instanceId: string;
  /** Who numbers the events: the same for instances that share a store. */
  readonly feedId: string;
  readonly log: Log;
  /** Aborted when the helper stops. */
  readonly signal: AbortSignal;
};

/** The OpenID Connect code is loaded only if a hook secret expects such tokens. */
const tokenProof = async (
  { hooks: { secrets }, proxies }: Config,
  log: Log,
): Promise<ServerDeps['proveToken']> => {
  if (secrets.every(({ oidc }) => oidc === null)) return async () => ({ kind: 'absent' });
  const { createTokenProof } = await import('../intake/prove-token.ts');
  const fetchKeys = createFetchKeys(createKeyConnections(proxies));
  return createTokenProof(secrets, { fetchKeys, now: systemClock.now, log });
};

/** Everything that the HTTP server needs, from the parts of a running helper. */
export const serverDeps = async (config: Config, parts: ServerParts): Promise<ServerDeps> => {
  const { clusters, registries, work, log } = parts;
  const { db } = parts.store;
  const { clock } = parts;
  const { now } = clock;
  const newId = createTimeOrderedIds(now, randomFillSync);
  const reads = createReads({
    clusters,
    db,
    quotas: registries.quotas,
    followsIndex: registries.followsIndex,
    health: work.health,
    readHealth: work.healthWatch.read,
    store: parts.storeWatch.known,
    hookSecrets: config.hooks.secrets,
    gating: gatingFrom(config),
    instanceId: parts.instanceId,
    now,
    log,
  });
  const readDays = createReadDays(db, now);
  return {
    basePath: config.basePath,
    publicUrl: config.publicUrl,
    trustedProxies: config.trustedProxies,
    hookSecrets: config.hooks.secrets,
    apiTokens: config.api.tokens,
    intake: createIntake<ServerDeps['hookSecrets'][number]>(SENDERS, config.hooks.secrets),
    senders: SENDERS.map(({ name, verify }) => ({ name, signs: verify !== undefined })),
    proveToken: await tokenProof(config, log),
    acceptDelivery: (delivery) =>
      work.acceptDelivery(delivery).catch((error: unknown) => {
        // Let the store watch find out whether the store is the cause, and since when.
        if (!(error instanceof BacklogFull)) void parts.storeWatch.ask();
        throw error;
      }),
    reads,
    readsWithin: (scope, actor) =>
      createScopedReads(
        { reads, clusters: config.clusters.map(({ name }) => name), db, readDays, now },
        scope,
        actor,
      ),
    acts: {
      ...work.acts,
      ...createRecordedActs({
        start: work.smartRedeploy.start,
        replay: work.replay,
        readDelivery: reads.readDelivery,
        db,
        clock,
        newId,
        signal: parts.signal,
      }),
    },
    backUp: createBackups({
      store: parts.store,
      path: config.store.kind === 'sqlite' ? config.store.path : null,
      record: (by, detail) =>
        recordAction(db, { ...by, id: newId(), action: 'backup', target: 'store', detail }, now()),
      now,
    }),
    approvalLinks: work.links,
    requestKeys: {
      take: (key) => takeKey(db, key, now()),
      keep: (key, answer) => keepAnswer(db, key, answer),
      forget: (key) => forgetKey(db, key),
    },
    sessions: createSessions<ServerDeps['apiTokens'][number]>({
      tokens: config.api.tokens,
      db,
      clock,
      log,
      newId,
      randomBytes,
    }),
    events: createEventFeed({
      db,
      want: work.healthWatch.want,
      onChange: parts.store.onChange,
      clock,
      // Instances that share a store share its events: a client that continues at another instance misses nothing.
      process: parts.feedId,
      log,
    }),
    outcome: createOutcomes({
      db,
      clusters: clusters.map(({ cluster }) => cluster),
      onChange: parts.store.onChange,
      clock,
      log,
      signal: parts.signal,
    }),
    dashboard: builtDashboard(),
    askStore: parts.storeWatch.ask,
    version: ownBuild(),
    metrics: { public: config.metrics.public, registry: parts.metrics.registry },
    now,
    log,
  };
};
