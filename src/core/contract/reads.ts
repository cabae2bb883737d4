import type { InstanceView } from './instance-view.ts';
import type {
  DeliveryFilter,
  DeploymentFilter,
  PageRequest,
  ServiceFilter,
  WaitingFilter,
} from './list-filters.ts';
import type { OverviewView, TimelineRequest, TimelineView } from './overview.ts';
import type { ConfiguredPolicyView, ServicePoliciesView } from '../policy/gates/policy-view.ts';
import type { WaitingView } from '../policy/approvals/waiting-view.ts';
import type {
  ActionView,
  ClusterView,
  DeploymentView,
  FreezeView,
  Page,
  QueueView,
  RegistryView,
  RollbackView,
  ServiceView,
  StoreView,
} from './views.ts';
import type { DeliveryDetail, DeliveryPage, HookSecretView } from './delivery-views.ts';
import type { RunSummary, RunView } from './run-views.ts';

/** Everything that can be read. An item that does not exist is null. */
export type Reads = {
  readonly listServices: (filter: ServiceFilter, page: PageRequest) => Promise<Page<ServiceView>>;
  readonly readService: (cluster: string, name: string) => Promise<ServiceView | null>;
  readonly readRollback: (cluster: string, name: string) => Promise<RollbackView | null>;
  readonly listDeployments: (
    filter: DeploymentFilter,
    page: PageRequest,
  ) => Promise<Page<DeploymentView>>;
  readonly readDeployment: (id: string) => Promise<DeploymentView | null>;
  readonly listDeliveries: (filter: DeliveryFilter, page: PageRequest) => Promise<DeliveryPage>;
  readonly readDelivery: (id: string) => Promise<DeliveryDetail | null>;
  readonly listRuns: (page: PageRequest) => Promise<Page<RunSummary>>;
  readonly readRun: (id: string) => Promise<RunView | null>;
  readonly readStore: () => Promise<StoreView>;
  readonly listClusters: () => Promise<readonly ClusterView[]>;
  readonly listRegistries: () => Promise<readonly RegistryView[]>;
  /** The instances that share the store. */
  readonly listInstances: () => Promise<readonly InstanceView[]>;
  readonly listQueue: () => Promise<readonly QueueView[]>;
  readonly listHookSecrets: () => Promise<readonly HookSecretView[]>;
  /** Policies of the configuration. */
  readonly listPolicies: () => Promise<readonly ConfiguredPolicyView[]>;
  /** The policies that apply to a service. */
  readonly readPolicies: (cluster: string, name: string) => Promise<ServicePoliciesView | null>;
  readonly listWaiting: (filter: WaitingFilter, page: PageRequest) => Promise<Page<WaitingView>>;
  readonly listFreezes: (page: PageRequest) => Promise<Page<FreezeView>>;
  /** What is failing, what is being deployed, what waits, and the last days in numbers. */
  readonly readOverview: () => Promise<OverviewView>;
  /** One lane per service, with what happened to it. */
  readonly readTimeline: (asked: TimelineRequest) => Promise<TimelineView>;
  readonly listActions: (page: PageRequest) => Promise<Page<ActionView>>;
};
