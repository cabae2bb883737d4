import type { ClusterView, ServiceView } from '../../../src/core/contract/views.ts';

/** What every dialog about a service is given. */
export type ServiceActProps = {
  readonly service: ServiceView;
  /** Null while it is not known what the cluster can do. */
  readonly cluster: ClusterView | null;
  readonly onDone: () => void;
  readonly onClose: () => void;
};
