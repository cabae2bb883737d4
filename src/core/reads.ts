import type {
  DeliveryFilter,
  DeploymentFilter,
  PageRequest,
  ServiceFilter,
} from './list-filters.ts';
import type {
  ActionView,
  ClusterView,
  DeliveryDetail,
  DeliveryView,
  DeploymentView,
  FreezeView,
  HookSecretView,
  Page,
  QueueView,
  RegistryView,
  RunSummary,
  RunView,
  ServiceView,
  StoreView,
} from './views.ts';

/** What is shown. A single thing that does not exist is null. */
export type Reads = {
  readonly listServices: (filter: ServiceFilter, page: PageRequest) => Promise<Page<ServiceView>>;
  readonly readService: (cluster: string, name: string) => Promise<ServiceView | null>;
  readonly listDeployments: (
    filter: DeploymentFilter,
    page: PageRequest,
  ) => Promise<Page<DeploymentView>>;
  readonly readDeployment: (id: string) => Promise<DeploymentView | null>;
  readonly listDeliveries: (
    filter: DeliveryFilter,
    page: PageRequest,
  ) => Promise<Page<DeliveryView>>;
  readonly readDelivery: (id: string) => Promise<DeliveryDetail | null>;
  readonly listRuns: (page: PageRequest) => Promise<Page<RunSummary>>;
  readonly readRun: (id: string) => Promise<RunView | null>;
  readonly readStore: () => Promise<StoreView>;
  readonly listClusters: () => Promise<readonly ClusterView[]>;
  readonly listRegistries: () => Promise<readonly RegistryView[]>;
  readonly listQueue: () => Promise<readonly QueueView[]>;
  readonly listHookSecrets: () => Promise<readonly HookSecretView[]>;
  readonly listFreezes?: (page: PageRequest) => Promise<Page<FreezeView>>;
  readonly listActions?: (page: PageRequest) => Promise<Page<ActionView>>;
};
