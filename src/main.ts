#!/usr/bin/env node
import { randomFillSync } from 'node:crypto';
import { createChannels } from './adapters/notify/channels.ts';
import { createRegistries, type Registries } from './adapters/registry/registries.ts';
import { createEngineCluster } from './adapters/swarm/engine.ts';
import { askAtTerminal } from './cli/ask-at-terminal.ts';
import type { CliDeps, ConfigCheck } from './cli/cli-deps.ts';
import { createSwarmpitCluster } from './adapters/swarm/swarmpit.ts';
import { createConfigChecks } from './cli/config-checks.ts';
import { runCommandLine } from './cli/program.ts';
import type { ClusterConfig, Config, TlsConfig } from './config/config.ts';
import { SHORTEST_SAFE_SECRET } from './config/fields.ts';
import { fileMode } from './config/file-mode.ts';
import { loadConfig } from './config/load-config.ts';
import { ownBuild } from './config/own-build.ts';
import { processEnvironment } from './config/process-environment.ts';
import { readTextFile } from './config/read-text-file.ts';
import { secretsOf } from './config/secrets-of.ts';
import type { Cluster } from './core/cluster.ts';
import { type Log, silentLog } from './core/log.ts';
import { createSecret } from './core/secret.ts';
import { createTimeOrderedIds } from './core/time-ordered-id.ts';
import type { ServiceView } from './core/views.ts';
import type { ServerDeps } from './http/ports.ts';
import { createServer } from './http/server.ts';
import { fetchKeys } from './intake/fetch-keys.ts';
import { createIntake } from './intake/intake.ts';
import { createTokenProof } from './intake/prove-token.ts';
import type { Sender } from './intake/sender.ts';
import { SENDERS } from './intake/senders.ts';
import { createLog } from './log/create-log.ts';
import { openEvents } from './store/events.ts';
import { openStore, type Store, StoreError } from './store/open-store.ts';
import { forgetKey, keepAnswer, takeKey } from './store/request-keys.ts';
import { checkCluster } from './work/check-cluster.ts';
import { createMetrics, type Metrics } from './work/metrics.ts';
import { ownContainerIds } from './work/own-container.ts';
import { createPullBudget } from './work/pull-budget.ts';
import { createReads } from './work/reads.ts';
import { createRecordedActs } from './work/recorded-acts.ts';
import { systemClock } from './work/system-clock.ts';
import { createWork, type Work } from './work/work.ts';

const { version, revision } = ownBuild();

const tlsTexts = (tls: TlsConfig | null): { ca?: string; cert?: string; key?: string } => {
  const { ca, cert, key } = tls ?? { ca: null, cert: null, key: null };
  return {
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key: key.reveal() }),
  };
};

const connect = (config: ClusterConfig): Cluster => {
  const { name, url } = config;
  if (config.type === 'engine')
    return createEngineCluster({ name, url, tls: tlsTexts(config.tls) });
  return createSwarmpitCluster({ name, url, token: config.token });
};

const connectRegistries = (config: Config, log: Log): Registries =>
  createRegistries({
    hosts: config.registries,
    dockerConfig: config.dockerConfig,
    log,
    now: systemClock.now,
  });

type Clusters = readonly {
  readonly cluster: Cluster;
  readonly select: ClusterConfig['select'];
  readonly maxParallel: number;
}[];

const serverDeps = (
  config: Config,
  parts: {
    store: Store;
    clusters: Clusters;
    registries: Registries;
    work: Work;
    metrics: Metrics;
    log: Log;
  },
): ServerDeps => {
  const { clusters, registries, work, log } = parts;
  const { db } = parts.store;
  const { now } = systemClock;
  const reads = createReads({
    clusters,
    db,
    quotas: registries.quotas,
    health: work.health.list,
    now,
    log,
  });
  return {
    basePath: config.basePath,
    trustedProxies: config.trustedProxies,
    hookSecrets: config.hooks.secrets,
    apiTokens: config.api.tokens,
    intake: createIntake<ServerDeps['hookSecrets'][number]>(SENDERS, config.hooks.secrets),
    proveToken: createTokenProof(config.hooks.secrets, { fetchKeys, now, log }),
    acceptDelivery: work.acceptDelivery,
    reads,
    acts: {
      ...work.acts,
      ...createRecordedActs({
        start: work.smartRedeploy.start,
        replay: work.replay,
        readDelivery: reads.readDelivery,
        db,
        clock: systemClock,
        newId: createTimeOrderedIds(now, randomFillSync),
      }),
    },
    requestKeys: {
      take: (key) => takeKey(db, key, now()),
      keep: (key, answer) => keepAnswer(db, key, answer),
      forget: (key) => forgetKey(db, key),
    },
    storeIsWritable: parts.store.isWritable,
    version: { version, revision },
    metrics: { public: config.metrics.public, registry: parts.metrics.registry },
    now,
    log,
  };
};

const FIRST_LOOK_MS = 1_500;

/** Runs the helper until the signal; resolves with the exit status. */
const serve = async (config: Config, log: Log, signal: AbortSignal): Promise<number> => {
  const store = openStore(config.store);
  const metrics = createMetrics(config.registries.map(({ host }) => host));
  const registries = metrics.countLookUps(connectRegistries(config, log));
  const clusters = config.clusters.map((one) => ({
    cluster: connect(one),
    select: one.select,
    maxParallel: one.maxParallel,
  }));
  const channels = createChannels({
    channels: config.notifications,
    source: config.publicUrl ?? 'urn:doppler-cd-helper',
  });
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  try {
    if (store.isNew) {
      log.warn('the store is new: nothing is deployed until a hook or a person asks', {
        store: config.store,
      });
    }
    await openEvents(store.db);
    const work = createWork({
      clusters,
      registries,
      ownContainerIds: ownContainerIds(),
      db: store.db,
      clock: systemClock,
      newId: createTimeOrderedIds(systemClock.now, randomFillSync),
      random: Math.random,
      log,
      spentBudget: createPullBudget(
        registries.quotas,
        new Map(config.registries.map(({ host, quotaReserve }) => [host, quotaReserve])),
        systemClock.now,
      ),
      retention: config.retention,
      notifications: channels.list,
      schedule: config.smartRedeploy,
    });
    // Long enough to refuse what is configured twice; a cluster that is away delays nothing.
    await Promise.race([work.health.refresh(either), systemClock.wait(FIRST_LOOK_MS, either)]);
    const server = await createServer(
      serverDeps(config, { store, clusters, registries, work, metrics, log }),
    );
    const watch = metrics.watch({
      clusters,
      db: store.db,
      version: { version, revision },
      health: work.health.list,
      quotas: registries.quotas,
      clock: systemClock,
      log,
    });
    const running = Promise.all([work.run(either), watch(either)]);
    try {
      await server.listen({ host: config.listen.host, port: config.listen.port });
      log.info('ready', { address: server.listeningOrigin + config.basePath, version });
      await Promise.race([running, aborted(either)]);
    } finally {
      log.info('stopping');
      ended.abort();
      await server.close();
      await running;
    }
    return 0;
  } finally {
    ended.abort();
    await Promise.allSettled([
      registries.close(),
      channels.close(),
      ...clusters.map(({ cluster }) => cluster.close()),
    ]);
    await store.close();
  }
};

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

const EVERY_SERVICE = {
  cluster: null,
  services: [],
  stacks: [],
  images: [],
  dryRun: true,
  pin: false,
};

/** The registries as file and variables say, or as nobody says anything where those are no good. */
const registriesWithoutHelper = (): Registries => {
  const loaded = loadConfig({ env: processEnvironment(), readFile: readTextFile });
  if (loaded.ok) return connectRegistries(loaded.config, silentLog);
  return createRegistries({ log: silentLog, now: systemClock.now });
};

/** Looks at an engine with no helper and no memory. */
const inspectEngine = async (url: string, signal: AbortSignal): Promise<readonly ServiceView[]> => {
  const cluster = createEngineCluster({ name: 'engine', url });
  const registries = registriesWithoutHelper();
  const store = openStore(':memory:');
  try {
    const deps = {
      cluster,
      select: 'all' as const,
      registries,
      db: store.db,
      now: systemClock.now,
    };
    const planned = await checkCluster(deps, EVERY_SERVICE, () => {}, signal);
    return planned.map(({ view }) => view);
  } finally {
    await Promise.allSettled([cluster.close(), registries.close(), store.close()]);
  }
};

const checks = (config: Config): readonly ConfigCheck[] => {
  const registries = connectRegistries(config, silentLog);
  return createConfigChecks(config, {
    connect,
    probeRegistry: registries.probe,
    tryStore: async () => {
      try {
        await openStore(config.store).close();
        return 'free';
      } catch (error) {
        if (error instanceof StoreError && error.code === 'in-use') return 'in-use';
        throw error;
      }
    },
  });
};

const stopped = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => stopped.abort(new Error(`told to stop by ${signal}`)));
}

const startServing = async (config: Config, signal: AbortSignal): Promise<number> => {
  const isTerminal = process.stdout.isTTY;
  const log = createLog({
    level: config.logLevel,
    pretty: isTerminal,
    colour: isTerminal,
    secrets: secretsOf(config),
  });
  for (const { name, value } of [...config.hooks.secrets, ...config.api.tokens]) {
    const { length } = value.reveal();
    if (length > 0 && length < SHORTEST_SAFE_SECRET) {
      log.warn('a secret is short enough to be guessed', { name, advice: 'openssl rand -hex 24' });
    }
  }
  try {
    return await serve(config, log, signal);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.error('cannot go on', { error });
    process.stderr.write(`cd-helper: ${reason}\n`);
    return 1;
  }
};

// A reader that has seen enough, as in `cd-helper status | head`, is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const omitVerify = ({ name, sign, recognise, parse }: Sender): Sender => ({
  name,
  sign,
  recognise,
  parse,
});

/** Reads a captured body as any sender's, whatever it is signed with. */
const explain: NonNullable<CliDeps['explain']> = (delivery, registry) => {
  const unsigned = SENDERS.map((sender) => omitVerify(sender));
  const anything = {
    name: 'explain',
    value: createSecret(''),
    senders: null,
    registry,
    clusters: null,
    repositories: null,
    networks: null,
  };
  return createIntake<typeof anything>(unsigned, [anything]).read(delivery, anything);
};

const ask = askAtTerminal({ input: process.stdin, output: process.stderr });

process.exitCode = await runCommandLine(process.argv.slice(2), {
  version,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stopped.signal,
  now: systemClock.now,
  sources: {
    env: processEnvironment(),
    readFile: readTextFile,
    modeOf: fileMode,
    senders: SENDERS.map(({ name }) => name),
  },
  serve: startServing,
  checks,
  inspectEngine,
  explain,
  ...(ask === undefined ? {} : { ask }),
});
