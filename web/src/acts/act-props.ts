import type { ClusterView, ServiceView } from '../../../src/core/contract/views.ts';

/** The props of every dialog about a service. */
export type ServiceActProps = {
  readonly service: ServiceView;
  /** Null while the cluster's capabilities are unknown. */
  readonly cluster: ClusterView | null;
  readonly onDone: () => void;
  readonly onClose: () => void;
};
