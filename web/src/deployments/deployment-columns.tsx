import { pullingWords } from '../../../src/core/swarm/pulling.ts';
import {
  hadNothingToVerify,
  NOTHING_TO_VERIFY,
} from '../../../src/core/story/nothing-to-verify.ts';
import { retryOf, tryWords } from '../../../src/core/story/retry.ts';
import { endWords } from '../../../src/core/story/words.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { printAddress } from '../address/address.ts';
import { now } from '../live/now.ts';
import { Age } from '../parts/age.tsx';
import { StateBadge } from '../parts/badge.tsx';
import { Build } from '../images/build-facts.tsx';
import { DigestChange } from '../images/digest.tsx';
import { JoinedName } from '../images/joined-name.tsx';
import type { Column } from '../parts/table.tsx';
import { printDuration } from '../words/age.ts';
import { triggersWords } from '../words/deployment-words.ts';
import { visibleText } from '../words/visible-text.ts';
import { DeployedImage } from './deployed-image.tsx';

export const deploymentAddress = (id: string): string => printAddress(['deployments', id]);

/** How long it took, or has taken so far. "not begun" before it started. */
export const Took = ({ deployment }: { readonly deployment: DeploymentView }) => {
  const { startedAt, endedAt } = deployment;
  if (startedAt === null) return <span class="faint">not begun</span>;
  const end = endedAt === null ? now.value : Date.parse(endedAt);
  return <span class="took">{printDuration(Math.max(0, end - Date.parse(startedAt)))}</span>;
};

/** Why it failed, or why it waits. */
const why = (deployment: DeploymentView): string =>
  pullingWords(deployment, now.value) || whyEnded(deployment);

/** Why it ended as it did; empty if there is nothing to say. */
export const whyEnded = ({ reason, failure, ...deployment }: DeploymentView): string =>
  [
    hadNothingToVerify(deployment) ? NOTHING_TO_VERIFY : null,
    reason === null ? null : endWords(reason),
    failure?.message,
  ]
    .filter((part) => part !== null && part !== undefined && part !== '')
    .join(': ');

/** For a retry that waits for its time: the number of the try and when it starts. */
const RetryDue = ({ deployment }: { readonly deployment: DeploymentView }) => {
  const retry = deployment.state === 'queued' ? retryOf(deployment) : null;
  return retry === null ? null : (
    <span class="reason">
      {tryWords(retry)}
      {retry.notBefore !== null && (
        <>
          , due <Age at={retry.notBefore} />
        </>
      )}
    </span>
  );
};

export const DEPLOYMENT_COLUMNS: readonly Column<DeploymentView>[] = [
  {
    key: 'service',
    title: 'Service',
    bare: true,
    cell: ({ id, service, cluster }) => (
      <>
        <a class="name" href={deploymentAddress(id)}>
          <JoinedName name={service.name} />
        </a>
        <span class="place">{cluster}</span>
      </>
    ),
  },
  {
    key: 'state',
    title: 'State',
    bare: true,
    cell: (deployment) => (
      <span class="verdict">
        <StateBadge state={deployment.state} />
        <RetryDue deployment={deployment} />
        {why(deployment) !== '' && <span class="reason">{visibleText(why(deployment))}</span>}
      </span>
    ),
  },
  {
    key: 'image',
    title: 'Image',
    bare: true,
    cell: (deployment) => <DeployedImage deployment={deployment} />,
  },
  { key: 'build', title: 'Version', cell: ({ build }) => <Build build={build} /> },
  { key: 'digest', title: 'Digest', cell: ({ from, to }) => <DigestChange from={from} to={to} /> },
  { key: 'by', title: 'By', cell: (deployment) => visibleText(triggersWords(deployment)) },
  { key: 'when', title: 'When', cell: ({ queuedAt }) => <Age at={queuedAt} /> },
  { key: 'took', title: 'Took', cell: (deployment) => <Took deployment={deployment} /> },
];
