import type { DeploymentView } from '../../../src/core/views.ts';
import { printAddress } from '../address/address.ts';
import { now } from '../live/now.ts';
import { Age } from '../parts/age.tsx';
import { StateBadge } from '../parts/badge.tsx';
import { Build } from '../parts/build-facts.tsx';
import { DigestChange } from '../parts/digest.tsx';
import { ImageName } from '../parts/image-name.tsx';
import { JoinedName } from '../parts/joined-name.tsx';
import type { Column } from '../parts/table.tsx';
import { printDuration } from '../words/age.ts';
import { endWords, triggerWord } from '../words/deployment-words.ts';
import { visibleText } from '../words/visible-text.ts';

const deploymentAddress = (id: string): string => printAddress(['deployments', id]);

/** How long it took, or has taken so far; null before it began. */
export const Took = ({ deployment }: { readonly deployment: DeploymentView }) => {
  const { startedAt, endedAt } = deployment;
  if (startedAt === null) return <span class="faint">not begun</span>;
  const end = endedAt === null ? now.value : Date.parse(endedAt);
  return <span class="took">{printDuration(Math.max(0, end - Date.parse(startedAt)))}</span>;
};

const Triggers = ({ triggers }: Pick<DeploymentView, 'triggers'>) => (
  <>{visibleText([...new Set(triggers.map(triggerWord))].join(', ')) || 'unknown'}</>
);

const why = ({ reason, failure }: DeploymentView): string =>
  [reason === null ? null : endWords(reason), failure?.message]
    .filter((part) => part !== null && part !== undefined && part !== '')
    .join(': ');

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
        {why(deployment) !== '' && <span class="reason">{visibleText(why(deployment))}</span>}
      </span>
    ),
  },
  {
    key: 'image',
    title: 'Image',
    bare: true,
    cell: ({ image }) => <ImageName image={image} />,
  },
  { key: 'build', title: 'Version', cell: ({ build }) => <Build build={build} /> },
  { key: 'digest', title: 'Digest', cell: ({ from, to }) => <DigestChange from={from} to={to} /> },
  { key: 'by', title: 'By', cell: (deployment) => <Triggers {...deployment} /> },
  { key: 'when', title: 'When', cell: ({ queuedAt }) => <Age at={queuedAt} /> },
  { key: 'took', title: 'Took', cell: (deployment) => <Took deployment={deployment} /> },
];
