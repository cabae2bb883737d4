import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { now } from '../live/now.ts';
import { Table, type TableLine } from '../parts/table.tsx';
import { DEPLOYMENT_COLUMNS } from './deployment-columns.tsx';
import { groupDeployments } from './deployment-lines.ts';

export const DeploymentTable = ({
  deployments,
  label,
}: {
  readonly deployments: readonly DeploymentView[];
  readonly label: string;
}) => {
  const lines = groupDeployments(deployments, now.peek()).flatMap(
    ({ title, deployments: inside }): TableLine<DeploymentView>[] => [
      { kind: 'group', key: `group ${title}`, title: <span class="stack">{title}</span> },
      ...inside.map((row) => ({ kind: 'row' as const, key: row.id, row })),
    ],
  );
  return <Table label={label} layout="deployments" columns={DEPLOYMENT_COLUMNS} lines={lines} />;
};
