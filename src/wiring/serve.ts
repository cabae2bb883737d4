import { setFlagsFromString } from 'node:v8';
import { gatingFrom } from './gating-from.ts';
import { randomBytes, randomFillSync } from 'node:crypto';
import { hostname } from 'node:os';
import { createChannels } from '../adapters/notify/channels.ts';
import type { Config } from '../config/schema/config.ts';
import { SHORTEST_SAFE_SECRET } from '../config/schema/fields.ts';
import { ownBuild } from '../config/files/own-build.ts';
import { secretsOf } from '../config/secrets-of.ts';
import type { Log } from '../core/log.ts';
import { showStore } from '../core/store-setting.ts';
import { createTimeOrderedIds } from '../core/time-ordered-id.ts';
import { expiresSoon } from '../core/token-expiry.ts';
import { LIMITS } from '../http/ports/limits.ts';
import { createServer } from '../http/server.ts';
import { createLog, droppedLine } from '../log/create-log.ts';
import { createLineWriter, type LineWriter } from '../log/line-writer.ts';
import { storeId } from '../store/access/store-id.ts';
import { readNow } from '../store/leases/store-time.ts';
import { openConfiguredStore } from '../store/open/open-configured-store.ts';
import type { Store } from '../store/sqlite/open-store.ts';
import { addEvent } from '../store/notices/events.ts';
import { openIntakeOf } from '../store/intake/open-intake.ts';
import { StoreError } from '../store/query/store-error.ts';
import { aborted } from '../work/loop/aborted.ts';
import { createMetrics } from '../work/metrics/metrics.ts';
import { ownContainerIds } from '../work/cluster/own-container.ts';
import { createPullBudget } from '../work/lookups/pull-budget.ts';
import { createStoreClock, type StoreClock } from '../work/loop/store-clock.ts';
import { StoreFailure } from '../core/store-failure.ts';
import { systemClock } from '../work/loop/system-clock.ts';
import { createStoreWatch } from '../work/loop/store-watch.ts';
import { createWork } from '../work/work.ts';
import { connect, connectForges, connectRegistries } from './connect.ts';
import { AddressInUse, asAddressInUse, requireFreeAddress } from './require-free-address.ts';
import { serverDeps } from './server-deps.ts';
import { whenReachable } from './when-reachable.ts';
import { watchDescriptors } from './watch-descriptors.ts';

const FIRST_CHECK_MS = 1_500;
/** Enough to give every process of a store a different id. */
const INSTANCE_BYTES = 6;
/**
 * A stop waits for the answer to an update that was just sent, which takes up to a minute. Anything slower is left to
 * the next start.
 */
const STOP_WITHIN_MS = 90_000;
/**
 * How much the heap may grow, in percent, before V8 collects the old generation. By default it lets a small heap grow to
 * up to four times its size, so a flood of connections took up to 150 MB of garbage; with this it takes 30 MB.
 */
const HEAP_GROWTH_PERCENT = 50;
const STANDARD_OUTPUT = 1;
const STANDARD_ERROR = 2;

/** Runs the helper until the signal is aborted. Resolves with the exit status. */
const serve = async (
  config: Config,
  { log, lines }: { readonly log: Log; readonly lines: LineWriter },
  signal: AbortSignal,
): Promise<number> => {
  // Not an option of the command line, because the promise holds however the helper is started.
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const { version, revision } = ownBuild();
  const instanceId = randomBytes(INSTANCE_BYTES).toString('hex');
  const clock = createStoreClock(systemClock);
  // Before the store is opened: a helper that cannot listen does not need it.
  await requireFreeAddress(config.listen);
  const reachable = { setting: config.store, clock: systemClock, log };
  const store = await whenReachable(reachable, () => openConfiguredStore(config.store), signal);
  if (store === null) return 0;
  const metrics = createMetrics(config.registries.map(({ host }) => host));
  const registries = metrics.countLookups(connectRegistries(config, log));
  const clusters = config.clusters.map((one) => ({
    cluster: connect(one),
    select: one.select,
    maxParallel: one.maxParallel,
  }));
  const channels = createChannels({
    channels: config.notifications,
    proxies: config.proxies,
    source: config.publicUrl ?? 'urn:doppler-cd-helper',
  });
  const forges = await connectForges(config);
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  try {
    if (store.isNew) {
      log.warn('the store is new: nothing is deployed until a hook or a person asks', {
        store: showStore(config.store),
      });
    }
    // Before anything is accepted, which is dated by the store's clock.
    const shared = await whenReachable(reachable, () => readShared(store, clock), either);
    if (shared === null) return 0;
    const work = createWork({
      clusters,
      registries,
      ownContainerIds: ownContainerIds(),
      db: store.db,
      fence: store.fence,
      ...(store.others === null ? {} : { others: store.others }),
      instance: { id: instanceId, host: hostname(), version },
      ...(store.fence === null ? {} : { onStoreTime: clock.set }),
      openIntake: openIntakeOf(store),
      onChange: store.onChange,
      clock,
      newId: createTimeOrderedIds(clock.now, randomFillSync),
      random: Math.random,
      log,
      spentBudget: createPullBudget(
        registries.quotas,
        new Map(config.registries.map(({ host, quotaReserve }) => [host, quotaReserve])),
        systemClock.now,
      ),
      retention: config.retention,
      notifications: channels.list,
      forges: forges.map(({ forge }) => forge),
      publicUrl: config.publicUrl,
      gating: gatingFrom(config),
      schedule: config.smartRedeploy,
      isNew: store.isNew,
    });
    // Long enough to refuse a Swarm that is configured twice. An unreachable cluster delays nothing further.
    await Promise.race([work.health.refresh(either), systemClock.wait(FIRST_CHECK_MS, either)]);
    const storeWatch = createStoreWatch({
      checkFiles: store.checkFiles,
      takeFailure: store.server?.takeFailure,
      rehearse: work.rehearseDelivery,
      clock: systemClock,
      log,
      changed: ({ state, reason }) => addEvent(store.db, 'store', { state, reason }),
    });
    const deps = await serverDeps(config, {
      store,
      clusters,
      registries,
      work,
      metrics,
      storeWatch,
      clock,
      instanceId,
      feedId: shared.id ?? instanceId,
      log,
      signal: either,
    });
    // A store that accepts no writes now must not keep the server from starting.
    await deps.sessions?.endUnknown().catch((error: unknown) => {
      log.warn('sessions of removed tokens could not be ended', { error });
    });
    const server = await createServer(deps);
    const watch = metrics.watch({
      gating: gatingFrom(config),
      clusters,
      db: store.db,
      onChange: store.onChange,
      version: { version, revision },
      health: work.health.list,
      watch: work.healthWatch,
      store: storeWatch.known,
      leases: work.leases,
      storeServer: store.server,
      droppedLogLines: lines.dropped,
      followsIndex: registries.followsIndex,
      quotas: registries.quotas,
      clock: systemClock,
      log,
    });
    const running = Promise.all([
      work.run(either),
      watch(either),
      storeWatch.run(either),
      watchDescriptors({ clock: systemClock, log }, either),
    ]);
    try {
      await server.listen({ ...config.listen, backlog: LIMITS.backlog }).catch(asAddressInUse);
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
      ...forges.map((forge) => forge.close()),
      ...clusters.map(({ cluster }) => cluster.close()),
    ]);
    await store.close();
  }
};

/** Sets the clock to that of a store that instances share. Resolves with the store's id; null if it is not shared. */
const readShared = async (
  { db, others }: Store,
  clock: StoreClock,
): Promise<{ readonly id: string | null }> => {
  if (others === null) return { id: null };
  const begun = clock.monotonic();
  const now = await readNow(db);
  clock.set(now + (clock.monotonic() - begun) / 2);
  return { id: await storeId(db) };
};

/** `cd-helper serve`: runs the helper until the signal is aborted, or prints what else ended it. */
export const startServing = async (config: Config, signal: AbortSignal): Promise<number> => {
  const isTerminal = process.stdout.isTTY;
  const form = isTerminal
    ? (await import('../log/form-for-people.ts')).formForPeople(true)
    : undefined;
  const lines = createLineWriter(STANDARD_OUTPUT, { tellDropped: droppedLine(form) });
  const log = createLog({
    form,
    level: config.logLevel,
    secrets: secretsOf(config),
    destination: lines,
  });
  signal.addEventListener('abort', () => endLate(log), { once: true });
  for (const { name, value } of [...config.hooks.secrets, ...config.api.tokens]) {
    const { length } = value.reveal();
    if (length > 0 && length < SHORTEST_SAFE_SECRET) {
      log.warn('a secret is short enough to guess', { name, advice: 'openssl rand -hex 24' });
    }
  }
  for (const { name, expiresAt } of config.api.tokens) {
    if (expiresAt === null || !expiresSoon(expiresAt, systemClock.now())) continue;
    log.warn('an API token expires', { name, expiresAt });
  }
  try {
    return await serve(config, { log, lines }, signal);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // An error that a person can fix is one sentence. Any other gets a stack.
    if (!isForPerson(error)) log.error('cannot go on', { error });
    else if (!isTerminal) log.error('cannot start', { reason });
    // Not with `process.stderr`, which waits for its reader.
    createLineWriter(STANDARD_ERROR, { tellDropped: String }).write(`cd-helper: ${reason}\n`);
    return 1;
  }
};

const isForPerson = (error: unknown): boolean =>
  error instanceof StoreError || error instanceof StoreFailure || error instanceof AddressInUse;

/** Ends the process if something delays its end after it was told to stop. */
const endLate = (log: Log): void => {
  setTimeout(() => {
    log.error('stopping takes too long and is cut short; the next start resumes the work', {
      withinMs: STOP_WITHIN_MS,
    });
    process.exit(1);
  }, STOP_WITHIN_MS).unref();
};
