import { randomBytes, randomFillSync } from 'node:crypto';
import type { Registries } from '../adapters/registry/registries.ts';
import type { Config } from '../config/config.ts';
import { ownBuild } from '../config/own-build.ts';
import { BacklogFull } from '../core/delivery.ts';
import type { Log } from '../core/log.ts';
import { createTimeOrderedIds } from '../core/time-ordered-id.ts';
import type { ServerDeps } from '../http/ports.ts';
import { createFetchKeys } from '../intake/fetch-keys.ts';
import { createIntake } from '../intake/intake.ts';
import { createTokenProof } from '../intake/prove-token.ts';
import { SENDERS } from '../intake/senders.ts';
import type { Store } from '../store/open-store.ts';
import { forgetKey, keepAnswer, takeKey } from '../store/request-keys.ts';
import { createEventFeed } from '../work/event-feed.ts';
import type { Metrics } from '../work/metrics.ts';
import { createOutcomes } from '../work/outcome/outcomes.ts';
import { createReads } from '../work/reads.ts';
import { createKeyConnections } from './key-connections.ts';
import { createScopedReads } from '../work/scoped-reads.ts';
import { createRecordedActs } from '../work/recorded-acts.ts';
import { createSessions } from '../work/sessions.ts';
import { systemClock } from '../work/loop/system-clock.ts';
import type { StoreWatch } from '../work/store-watch.ts';
import type { Work, WorkOptions } from '../work/work.ts';
import { builtDashboard } from './built-dashboard.ts';

export type ServerParts = {
  readonly store: Store;
  readonly clusters: WorkOptions['clusters'];
  readonly registries: Registries;
  readonly work: Work;
  readonly metrics: Metrics;
  readonly storeWatch: StoreWatch;
  readonly log: Log;
  /** Ends with the helper. */
  readonly signal: AbortSignal;
};

/** Enough that no two processes of a store are taken for one. */
const PROCESS_BYTES = 6;

/** Everything that the HTTP server needs, out of the parts of a helper that runs. */
export const serverDeps = (config: Config, parts: ServerParts): ServerDeps => {
  const { clusters, registries, work, log } = parts;
  const { db } = parts.store;
  const { now } = systemClock;
  const newId = createTimeOrderedIds(now, randomFillSync);
  const reads = createReads({
    clusters,
    db,
    quotas: registries.quotas,
    followsIndex: registries.followsIndex,
    health: work.health,
    store: parts.storeWatch.known,
    hookSecrets: config.hooks.secrets,
    now,
    log,
  });
  return {
    basePath: config.basePath,
    publicUrl: config.publicUrl,
    trustedProxies: config.trustedProxies,
    hookSecrets: config.hooks.secrets,
    apiTokens: config.api.tokens,
    intake: createIntake<ServerDeps['hookSecrets'][number]>(SENDERS, config.hooks.secrets),
    senders: SENDERS.map(({ name, verify }) => ({ name, signs: verify !== undefined })),
    proveToken: createTokenProof(config.hooks.secrets, {
      fetchKeys: createFetchKeys(createKeyConnections(config.proxies)),
      now,
      log,
    }),
    acceptDelivery: (delivery) =>
      work.acceptDelivery(delivery).catch((error: unknown) => {
        // Whether it is the store, and since when, is told to all who watch it.
        if (!(error instanceof BacklogFull)) void parts.storeWatch.ask();
        throw error;
      }),
    reads,
    readsWithin: (scope, actor) =>
      createScopedReads(
        { reads, clusters: config.clusters.map(({ name }) => name), db, now },
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
        clock: systemClock,
        newId,
      }),
    },
    requestKeys: {
      take: (key) => takeKey(db, key, now()),
      keep: (key, answer) => keepAnswer(db, key, answer),
      forget: (key) => forgetKey(db, key),
    },
    sessions: createSessions<ServerDeps['apiTokens'][number]>({
      tokens: config.api.tokens,
      db,
      clock: systemClock,
      log,
      newId,
      randomBytes,
    }),
    events: createEventFeed({
      db,
      onChange: parts.store.onChange,
      clock: systemClock,
      process: randomBytes(PROCESS_BYTES).toString('hex'),
      log,
    }),
    outcome: createOutcomes({
      db,
      clusters: clusters.map(({ cluster }) => cluster),
      onChange: parts.store.onChange,
      clock: systemClock,
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
