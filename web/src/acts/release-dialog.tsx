import { releaseService } from '../api/acts.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { Digest } from '../images/digest.tsx';
import { Facts } from '../parts/facts.tsx';
import { Verdict } from '../services/service-cells.tsx';
import type { ServiceActProps } from './act-props.ts';
import { clusterWords } from './cluster-words.ts';
import { Consequences } from './consequences.tsx';

export const ReleaseDialog = ({ service, cluster, onDone, onClose }: ServiceActProps) => (
  <ActDialog
    title={`Release ${service.name}`}
    confirm="Release"
    act={(key) => releaseService(service, key)}
    onDone={onDone}
    onClose={onClose}
    result={(released) => (
      <p>
        Released. It is now <Verdict service={released} />
      </p>
    )}
  >
    <Facts
      facts={[
        ['Service', service.name],
        ['Cluster', clusterWords(service.cluster, cluster)],
        ['Now', <Verdict key="now" service={service} />],
        ['Published', <Digest key="published" value={service.published} />],
      ]}
    />
    <Consequences
      items={[
        'All held digests of this service can be deployed again: those that failed, were rejected, were not approved in time, or were rolled back.',
        'This deploys nothing yet. The next push, SmartRedeploy or redeployment does.',
        'Freezes stay as they are.',
      ]}
    />
  </ActDialog>
);
