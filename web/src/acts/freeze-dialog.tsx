import { Facts } from '../parts/facts.tsx';
import { Verdict } from '../services/service-cells.tsx';
import type { ServiceActProps } from './act-props.ts';
import { clusterWords } from './cluster-words.ts';
import { FreezeForm } from './freeze-form.tsx';

/** Freezes only this service. */
export const FreezeDialog = ({ service, cluster, onDone, onClose }: ServiceActProps) => (
  <FreezeForm
    title={`Freeze ${service.name}`}
    confirm="Freeze"
    scope={{ cluster: service.cluster, stack: null, service: service.name }}
    onDone={onDone}
    onClose={onClose}
  >
    <Facts
      facts={[
        ['Service', service.name],
        ['Cluster', clusterWords(service.cluster, cluster)],
        ['Now', <Verdict key="now" service={service} />],
      ]}
    />
  </FreezeForm>
);
