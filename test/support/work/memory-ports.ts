import { hash } from 'node:crypto';
import { Registry } from 'prom-client';
import type { AcceptedDelivery, NewDelivery } from '../../../src/core/contract/delivery.ts';
import type { Log, LogFields } from '../../../src/core/log.ts';
import { createSecret } from '../../../src/core/secret.ts';
import type { Reads } from '../../../src/core/contract/reads.ts';
import type { PageRequest } from '../../../src/core/contract/list-filters.ts';
import type {
  ClusterView,
  DeploymentView,
  Page,
  ServiceView,
} from '../../../src/core/contract/views.ts';
import type { DeliveryDetail } from '../../../src/core/contract/delivery-views.ts';
import type { RunSummary, RunView } from '../../../src/core/contract/run-views.ts';
import type { Acts, ApiToken, HookSecret, ServerDeps } from '../../../src/http/ports/ports.ts';
import { createIntake } from '../../../src/intake/intake.ts';
import { SENDERS } from '../../../src/intake/senders.ts';

export const HOOK_SECRET = 'hook-secret-0f3a9c';
export const OPERATOR_TOKEN = 'operator-token-77b1';
export const VIEWER_TOKEN = 'viewer-token-5e20';
export const APPROVER_TOKEN = 'approver-token-91c4';

export const hookSecret = (
  name: string,
  value: string,
  limits: Partial<HookSecret> = {},
): HookSecret => ({
  name,
  value: createSecret(value),
  senders: null,
  registry: null,
  virtualRepositories: null,
  clusters: null,
  repositories: null,
  networks: null,
  oidc: null,
  outcome: true,
  logs: false,
  ...limits,
});

const token = (name: string, role: ApiToken['role'], value: string): ApiToken => ({
  name,
  role,
  value: createSecret(value),
  hash: hash('sha256', value),
  scope: null,
  expiresAt: null,
});

/** A log that keeps every line as the text that would be written. */
const createKeptLog = (lines: string[], bound: LogFields = {}): Log => {
  const write =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      const errors = Object.values(fields).filter((field) => field instanceof Error);
      lines.push(
        `${level} ${message} ${JSON.stringify({ ...bound, ...fields })} ${errors.map((error) => error.stack).join(' ')}`,
      );
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => createKeptLog(lines, { ...bound, ...fields }),
  };
};

/** The requested page of a list. Its position is the index of the next item. */
const pageOf = <T>(all: readonly T[], { limit, after }: PageRequest): Page<T> => {
  const from = Number(after ?? 0) || 0;
  const to = from + limit;
  return { items: all.slice(from, to), next: to < all.length ? String(to) : null };
};

const summarise = ({ services, ...summary }: RunView): RunSummary => {
  void services;
  return summary;
};

export type Shelf = {
  readonly services: ServiceView[];
  readonly deployments: DeploymentView[];
  readonly deliveries: DeliveryDetail[];
  readonly runs: RunView[];
  readonly clusters: ClusterView[];
};

/** What a test changes of the ports in memory. */
export type PortChanges = Partial<Omit<ServerDeps, 'acts' | 'reads'>> & {
  readonly acts?: Partial<Acts>;
  readonly reads?: Partial<Reads>;
};

const unexpected = async (): Promise<never> => {
  throw new Error('this test expects no such call');
};

const noActs: Acts = {
  startRun: unexpected,
  check: unexpected,
  redeploy: unexpected,
  rollback: unexpected,
  release: unexpected,
  approve: unexpected,
  reject: unexpected,
  replay: unexpected,
  freeze: unexpected,
  thaw: unexpected,
  testNotifications: unexpected,
};

const unexpectedReads = (): never => {
  throw new Error('this test expects no token with a scope');
};

const noPage = async (): Promise<Page<never>> => ({ items: [], next: null });

/** The server's ports in memory, with the calls that they received. */
export const createMemoryPorts = ({ acts, reads, ...changes }: PortChanges = {}) => {
  const accepted: NewDelivery[] = [];
  const logLines: string[] = [];
  const shelf: Shelf = { services: [], deployments: [], deliveries: [], runs: [], clusters: [] };
  const hookSecrets = changes.hookSecrets ?? [hookSecret('main', HOOK_SECRET)];
  const acceptDelivery = async (delivery: NewDelivery): Promise<AcceptedDelivery> => {
    const before = accepted.find(
      ({ sender, senderDeliveryId }) =>
        senderDeliveryId !== null &&
        sender === delivery.sender &&
        senderDeliveryId === delivery.senderDeliveryId,
    );
    accepted.push(delivery);
    return { id: delivery.id, duplicateOf: before?.id ?? null };
  };
  const deps: ServerDeps = {
    basePath: '',
    trustedProxies: [],
    hookSecrets,
    apiTokens: [
      token('oncall', 'operator', OPERATOR_TOKEN),
      token('lead', 'approver', APPROVER_TOKEN),
      token('wall', 'viewer', VIEWER_TOKEN),
    ],
    senders: SENDERS.map(({ name, verify }) => ({ name, signs: verify !== undefined })),
    intake: createIntake(SENDERS, hookSecrets),
    acceptDelivery,
    reads: {
      listServices: async (filter, page) =>
        pageOf(
          shelf.services.filter(({ verdict }) => (filter.verdict ?? verdict) === verdict),
          page,
        ),
      readService: async (cluster, name) =>
        shelf.services.find((one) => one.cluster === cluster && one.name === name) ?? null,
      readRollback: async (cluster, name) =>
        shelf.services.some((one) => one.cluster === cluster && one.name === name)
          ? { present: null, presentGoodAt: null, targets: [], others: [] }
          : null,
      listDeployments: async (filter, page) =>
        pageOf(
          shelf.deployments.filter(({ queuedAt }) => (filter.since ?? queuedAt) <= queuedAt),
          page,
        ),
      readDeployment: async (id) => shelf.deployments.find((one) => one.id === id) ?? null,
      listDeliveries: async (_filter, page) => ({ ...pageOf(shelf.deliveries, page), ignored: 0 }),
      readDelivery: async (id) => shelf.deliveries.find((one) => one.id === id) ?? null,
      listRuns: async (page) => {
        const { items, next } = pageOf(shelf.runs, page);
        return { items: items.map(summarise), next };
      },
      readRun: async (id) => shelf.runs.find((one) => one.id === id) ?? null,
      readStore: async () => ({
        state: 'writable',
        reason: null,
        detail: null,
        since: null,
      }),
      listClusters: async () => shelf.clusters,
      listRegistries: async () => [],
      listQueue: async () => [],
      listHookSecrets: async () => [],
      listInstances: async () => [],
      listPolicies: async () => [],
      readPolicies: async () => null,
      listWaiting: noPage,
      listFreezes: noPage,
      listActions: noPage,
      readOverview: unexpected,
      readTimeline: unexpected,
      ...reads,
    },
    acts: { ...noActs, ...acts },
    readsWithin: unexpectedReads,
    publicUrl: null,
    dashboard: null,
    proveToken: async () => ({ kind: 'absent' }),
    outcome: unexpected,
    backUp: unexpected,
    approvalLinks: { open: async () => null, decide: unexpected },
    requestKeys: { take: unexpected, keep: unexpected, forget: unexpected },
    sessions: {
      open: unexpected,
      use: async () => null,
      stands: async () => false,
      end: unexpected,
      endAll: unexpected,
      endUnknown: unexpected,
    },
    events: unexpected,
    askStore: async () => ({ state: 'writable', reason: null }),
    version: { version: '1.2.3', revision: 'abc1234' },
    metrics: { public: false, registry: new Registry() },
    now: Date.now,
    log: createKeptLog(logLines),
    ...changes,
  };
  return { deps, accepted, logLines, shelf };
};
