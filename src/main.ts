#!/usr/bin/env node
import { randomFillSync } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { Registry } from 'prom-client';
import { createRegistries, type Registries } from './adapters/registry/registries.ts';
import { createEngineCluster } from './adapters/swarm/engine.ts';
import type { ConfigCheck } from './cli/cli-deps.ts';
import { createSwarmpitCluster } from './adapters/swarm/swarmpit.ts';
import { runCommandLine } from './cli/program.ts';
import type { ClusterConfig, Config, TlsConfig } from './config/config.ts';
import { processEnvironment } from './config/process-environment.ts';
import { readTextFile } from './config/read-text-file.ts';
import { secretsOf } from './config/secrets-of.ts';
import type { Cluster } from './core/cluster.ts';
import { ActRefused } from './core/act-refused.ts';
import { type Log, silentLog } from './core/log.ts';
import { createTimeOrderedIds } from './core/time-ordered-id.ts';
import type { ServiceView } from './core/views.ts';
import type { ServerDeps } from './http/ports.ts';
import { createServer } from './http/server.ts';
import { createIntake } from './intake/intake.ts';
import { SENDERS } from './intake/senders.ts';
import { createLog } from './log/create-log.ts';
import { listActions } from './store/actions.ts';
import { listFreezes } from './store/freezes.ts';
import { openStore, type Store } from './store/open-store.ts';
import { listDeliveries, readDelivery } from './store/read-deliveries.ts';
import { listDeployments, readDeployment } from './store/read-deployments.ts';
import { listRuns, readRun } from './store/runs.ts';
import { checkCluster } from './work/check-cluster.ts';
import { inspectServices, pageOfServices } from './work/inspect.ts';
import { systemClock } from './work/system-clock.ts';
import { createWork, type Work } from './work/work.ts';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as {
  version: string;
};

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
  parts: { store: Store; clusters: Clusters; registries: Registries; work: Work; log: Log },
): ServerDeps => {
  const { clusters, registries, work, log } = parts;
  const { db } = parts.store;
  const { now } = systemClock;
  const inspect = { clusters, db, now, log };
  const anyTime = (): AbortSignal => AbortSignal.timeout(30_000);
  return {
    basePath: config.basePath,
    trustedProxies: config.trustedProxies,
    hookSecrets: config.hooks.secrets,
    apiTokens: config.api.tokens,
    intake: createIntake<ServerDeps['hookSecrets'][number]>(SENDERS, config.hooks.secrets),
    acceptDelivery: work.acceptDelivery,
    reads: {
      listServices: async (filter, page) =>
        pageOfServices(await inspectServices(inspect, filter, anyTime()), page),
      readService: async (cluster, name) => {
        const services = await inspectServices(inspect, { cluster }, anyTime());
        return services.find((service) => service.name === name || service.id === name) ?? null;
      },
      listDeployments: (filter, page) => listDeployments(db, filter, page),
      readDeployment: (id) => readDeployment(db, id),
      listDeliveries: (filter, page) => listDeliveries(db, filter, page),
      readDelivery: (id) => readDelivery(db, id),
      listRuns: (page) => listRuns(db, page),
      readRun: (id) => readRun(db, id),
      listClusters: async () => work.health.list(),
      listRegistries: async () =>
        registries.quotas().map(({ host, limit, remaining, windowSeconds, at }) => ({
          host,
          quota: { limit, remaining, windowSeconds },
          askedAt: new Date(at).toISOString(),
          problem: null,
        })),
      listFreezes: (page) => listFreezes(db, page, now()),
      listActions: (page) => listActions(db, page),
    },
    acts: {
      startRun: (request, { actor, signal }) =>
        work.smartRedeploy.start(request, { origin: 'person', actor, signal }),
      ...work.acts,
      replay: async (id) => {
        const pushes = await work.replay(id);
        const delivery = pushes === null ? null : await readDelivery(db, id);
        if (delivery === null) throw new ActRefused('not-found', `there is no delivery ${id}`);
        return delivery;
      },
    },
    storeIsWritable: parts.store.isWritable,
    version: { version, revision: null },
    metrics: { public: config.metrics.public, registry: new Registry() },
    now,
    log,
  };
};

const FIRST_LOOK_MS = 1_500;

/** Runs the helper until the signal; resolves with the exit status. */
const serve = async (config: Config, log: Log, signal: AbortSignal): Promise<number> => {
  const store = openStore(config.store);
  const registries = connectRegistries(config, log);
  const clusters = config.clusters.map((one) => ({
    cluster: connect(one),
    select: one.select,
    maxParallel: one.maxParallel,
  }));
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  try {
    if (store.isNew) {
      log.warn('the store is new: nothing is deployed until a hook or a person asks', {
        store: config.store,
      });
    }
    const work = createWork({
      clusters,
      registries,
      db: store.db,
      clock: systemClock,
      newId: createTimeOrderedIds(systemClock.now, randomFillSync),
      random: Math.random,
      log,
      retention: config.retention,
      schedule: config.smartRedeploy,
    });
    // Long enough to refuse what is configured twice; a cluster that is away delays nothing.
    await Promise.race([work.health.refresh(either), systemClock.wait(FIRST_LOOK_MS, either)]);
    const server = await createServer(
      serverDeps(config, { store, clusters, registries, work, log }),
    );
    const running = work.run(either);
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

/** Looks at an engine with no helper and no memory; the registries are asked without a sign-in. */
const inspectEngine = async (url: string, signal: AbortSignal): Promise<readonly ServiceView[]> => {
  const cluster = createEngineCluster({ name: 'engine', url });
  const registries = createRegistries({ log: silentLog, now: systemClock.now });
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

/** What `check-config` tries. */
const checks = (config: Config): readonly ConfigCheck[] => {
  const registries = connectRegistries(config, silentLog);
  const ok = { ok: true };
  return [
    ...config.clusters.map((one) => ({
      name: `cluster ${one.name}`,
      run: async (signal: AbortSignal) => {
        const cluster = connect(one);
        try {
          const { description } = await cluster.identify(signal);
          const services = await cluster.listServices(signal);
          return { ...ok, detail: `${description}, ${services.length} services` };
        } finally {
          await cluster.close();
        }
      },
    })),
    ...config.registries.map(({ host }) => ({
      name: `registry ${host}`,
      run: async (signal: AbortSignal) => {
        const answer = await registries.probe(host, signal);
        return answer.ok ? { ...ok, detail: 'answers' } : { ok: false, detail: answer.detail };
      },
    })),
    {
      name: 'store',
      run: async () => {
        const store = openStore(config.store);
        await store.close();
        return { ...ok, detail: config.store };
      },
    },
    {
      name: 'hook secrets',
      run: async () =>
        config.hooks.secrets.length > 0
          ? { ...ok, detail: config.hooks.secrets.map(({ name }) => name).join(', ') }
          : { ok: false, detail: 'none: every hook is refused', hint: 'set CD_HELPER_HOOK_SECRET' },
    },
    {
      name: 'API tokens',
      run: async () =>
        config.api.tokens.length > 0
          ? { ...ok, detail: config.api.tokens.map(({ name }) => name).join(', ') }
          : {
              ok: false,
              detail: 'none: API and dashboard refuse',
              hint: 'set CD_HELPER_API_TOKEN',
            },
    },
  ];
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
  try {
    return await serve(config, log, signal);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.error('cannot go on', { error });
    process.stderr.write(`cd-helper: ${reason}\n`);
    return 1;
  }
};

process.exitCode = await runCommandLine(process.argv.slice(2), {
  version,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stopped.signal,
  now: systemClock.now,
  sources: {
    env: processEnvironment(),
    readFile: readTextFile,
    modeOf: (path) => statSync(path).mode,
    senders: SENDERS.map(({ name }) => name),
  },
  serve: startServing,
  checks,
  inspectEngine,
});
