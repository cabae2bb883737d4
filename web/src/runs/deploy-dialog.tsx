import type { RunView } from '../../../src/core/contract/run-views.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';
import { Consequences } from '../acts/consequences.tsx';
import { printAddress } from '../address/address.ts';
import { startRun } from '../api/acts.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { Build } from '../images/build-facts.tsx';
import { DigestChange } from '../images/digest.tsx';
import { JoinedName } from '../images/joined-name.tsx';
import { ToTag } from '../images/tag-change.tsx';
import { runsFor } from './run-request.ts';

/** More than this are only counted: the table behind the dialog lists them. */
const MOST_LISTED = 30;

const count = (number: number): string => (number === 1 ? '1 service' : `${number} services`);

const Chosen = ({ services }: { readonly services: readonly ServiceView[] }) => (
  <ul class="chosen">
    {services.slice(0, MOST_LISTED).map((service) => (
      <li key={`${service.cluster}/${service.id}`}>
        <strong>
          <JoinedName name={service.name} />
        </strong>{' '}
        <span class="faint">
          {service.cluster}, {service.image.slice(service.image.lastIndexOf('/') + 1)}
        </span>
        <br />
        {service.tracking !== undefined && service.tracking.next !== null && (
          <>
            <ToTag tag={service.tracking.next} />{' '}
          </>
        )}
        <DigestChange from={service.running} to={service.published} />{' '}
        {service.build !== null && (
          <span class="faint">
            runs <Build build={service.build} />
          </span>
        )}
      </li>
    ))}
    {services.length > MOST_LISTED && <li>and {services.length - MOST_LISTED} more</li>}
  </ul>
);

/** Deploys what a dry run found: everything, or a selection. */
export const DeployDialog = ({
  services,
  pin,
  onClose,
}: {
  readonly services: readonly ServiceView[];
  readonly pin: boolean;
  readonly onClose: () => void;
}) => {
  const requests = runsFor(services, pin);
  const act = (key: string): Promise<readonly RunView[]> =>
    // Each run has its own key, which stays the same for a retry.
    Promise.all(requests.map((request, index) => startRun(request, `${key}-${index}`)));
  return (
    <ActDialog
      title={`Deploy ${count(services.length)}`}
      confirm={`Deploy ${count(services.length)}`}
      act={act}
      onClose={onClose}
      result={(runs) => (
        <>
          <p>Under way.</p>
          <ul>
            {runs.map(({ id }, index) => (
              <li key={id}>
                <a href={printAddress(['smart-redeploy', id])}>
                  Follow the run{runs.length > 1 ? ` on ${requests[index]?.cluster}` : ''}
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
    >
      <Chosen services={services} />
      <Consequences
        items={[
          'The helper checks each service and its registry once more. Current services are skipped. The others get what is published then.',
          'The tasks of each service restart according to its update policy. At most maxParallel services of a cluster restart at the same time.',
          'Each one is followed to its end. If the new tasks do not stay up, the service is rolled back and the digest is held.',
        ]}
      />
    </ActDialog>
  );
};
