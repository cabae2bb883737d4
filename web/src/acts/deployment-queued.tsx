import { alsoHeldWords } from '../../../src/core/story/also-held-words.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { printAddress } from '../address/address.ts';
import { DigestChange } from '../images/digest.tsx';

/** The message after a person has asked for a deployment. */
export const DeploymentQueued = ({ deployment }: { readonly deployment: DeploymentView }) => (
  <>
    <p>
      <strong>{deployment.service.name}</strong> is queued:{' '}
      <DigestChange from={deployment.from} to={deployment.to} />
    </p>
    {alsoHeldWords(deployment) !== '' && <p>{alsoHeldWords(deployment)}.</p>}
    <p>
      <a href={printAddress(['deployments', deployment.id])}>Follow the deployment</a>
    </p>
  </>
);
