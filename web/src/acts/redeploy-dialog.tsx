import { useState } from 'preact/hooks';
import { redeployService } from '../api/acts.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { Age } from '../parts/age.tsx';
import { Build } from '../images/build-facts.tsx';
import { Digest } from '../images/digest.tsx';
import { Facts } from '../parts/facts.tsx';
import { CheckField } from '../parts/fields.tsx';
import { ImageName } from '../images/image-name.tsx';
import type { ServiceActProps } from './act-props.ts';
import { clusterWords } from './cluster-words.ts';
import { Consequences } from './consequences.tsx';
import { DeploymentQueued } from './deployment-queued.tsx';
import { redeployNeed } from './redeploy-need.ts';
import { tasksWords } from './tasks-words.ts';

export const RedeployDialog = ({ service, cluster, onDone, onClose }: ServiceActProps) => {
  const [insists, setInsists] = useState(false);
  const need = redeployNeed(service);
  const setsDigest = cluster?.capabilities.setsDigest ?? true;
  const blocked =
    need.kind === 'impossible'
      ? need.why
      : need.kind === 'insist' && !insists
        ? 'Tick the box to confirm.'
        : null;
  return (
    <ActDialog
      title={`Redeploy ${service.name}`}
      confirm={need.kind === 'insist' ? 'Redeploy anyway' : 'Redeploy'}
      blocked={blocked}
      act={(key) => redeployService(service, need.kind === 'insist', key)}
      onDone={onDone}
      onClose={onClose}
      result={(deployment) => <DeploymentQueued deployment={deployment} />}
    >
      <Facts
        facts={[
          ['Service', service.name],
          ['Cluster', clusterWords(service.cluster, cluster)],
          ['Image', <ImageName key="image" image={service.image} />],
          [
            'From',
            <span key="from" class="change">
              <Digest value={service.running} /> <Build build={service.build} />
            </span>,
          ],
          [
            'To',
            <span key="to" class="change">
              <Digest value={service.published} />
              <span class="faint">
                as the registry said <Age at={service.checkedAt} />
              </span>
            </span>,
          ],
        ]}
      />
      <Consequences
        items={[
          setsDigest
            ? 'The helper asks the registry once more. If it has another digest by then, that one is deployed.'
            : 'This cluster cannot deploy a chosen digest: it asks the registry itself and deploys what it finds.',
          `${tasksWords(service)} will restart with it, as the update policy of the service says.`,
          setsDigest
            ? 'They are watched until all of them run and stay up. If they do not, the service is rolled back to its last good image, and this one is held.'
            : 'Only their number is watched. If they do not start, nothing is rolled back.',
          need.kind === 'insist' && service.verdict === 'held'
            ? 'The hold stays. It is ignored this once.'
            : null,
        ]}
      />
      {need.kind === 'insist' && (
        <div class="notice warn">
          <CheckField isChecked={insists} onChange={setInsists}>
            {need.why} Redeploy anyway.
          </CheckField>
        </div>
      )}
    </ActDialog>
  );
};
