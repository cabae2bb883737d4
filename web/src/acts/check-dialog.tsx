import { checkService } from '../api/acts.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { Digest } from '../images/digest.tsx';
import { Facts } from '../parts/facts.tsx';
import { ImageName } from '../images/image-name.tsx';
import { Verdict } from '../services/service-cells.tsx';
import type { ServiceActProps } from './act-props.ts';
import { clusterWords } from './cluster-words.ts';
import { Consequences } from './consequences.tsx';

export const CheckDialog = ({ service, cluster, onDone, onClose }: ServiceActProps) => (
  <ActDialog
    title={`Check ${service.name} now`}
    confirm="Check now"
    act={(key) => checkService(service, key)}
    onDone={onDone}
    onClose={onClose}
    result={(checked) => (
      <Facts
        facts={[
          ['Verdict', <Verdict key="verdict" service={checked} />],
          ['Running', <Digest key="running" value={checked.running} />],
          ['Published', <Digest key="published" value={checked.published} />],
        ]}
      />
    )}
  >
    <Facts
      facts={[
        ['Service', service.name],
        ['Cluster', clusterWords(service.cluster, cluster)],
        ['Image', <ImageName key="image" image={service.image} />],
      ]}
    />
    <Consequences
      items={[
        'The helper asks the cluster for the state of the service and its tasks.',
        'The registry is asked once which digest the tag has now.',
        'Running services do not change.',
      ]}
    />
  </ActDialog>
);
