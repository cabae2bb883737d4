import type { DeploymentView } from '../../core/contract/views.ts';
import type { Context } from '../client/context.ts';
import { digestChange, logLines, printTrigger, remark, took } from './deployment-words.ts';
import { familiarImage } from '../output/familiar-image.ts';
import { printShortTime } from '../output/print-time.ts';
import { type Cell, tableRows } from '../output/table.ts';
import { stateCell } from '../output/verdict-cell.ts';

type Options = {
  readonly withIds?: boolean;
  /** Show the last lines of its container below each failure. */
  readonly withLogs?: boolean;
};

/**
 * Deployments as a table. On a terminal, ids are shown only on request, because each mostly takes a line of its own.
 */
export const deploymentLines = (
  context: Context,
  deployments: readonly DeploymentView[],
  { withIds = false, withLogs = false }: Options = {},
): string[] => {
  const { colours, deps, width } = context;
  if (deployments.length === 0) return [];
  // A terminal has no room for a value that is the same in every row.
  const isOfOne = width !== null && new Set(deployments.map(({ cluster }) => cluster)).size === 1;
  const [titles = [], ...rows] = tableRows({
    columns: [
      { title: 'QUEUED', least: 11 },
      { title: 'CLUSTER', spare: 2 },
      { title: 'SERVICE', least: 24, whole: true },
      { title: 'IMAGE', least: 12, spare: 1, cut: 'start' },
      { title: 'DIGEST', least: 27, spare: 4 },
      { title: 'STATE', least: 13 },
      { title: 'TOOK', least: 4, spare: 3 },
      { title: 'BY', least: 4, spare: 5 },
      { title: 'WHY', least: 10, spare: 6 },
      ...(width === null || withIds ? [{ title: 'ID', least: 2, whole: true } as const] : []),
    ],
    rows: deployments.map((deployment): Cell[] => [
      width === null ? deployment.queuedAt : printShortTime(deployment.queuedAt, deps.now()),
      isOfOne ? '' : deployment.cluster,
      deployment.service.name,
      familiarImage(deployment.image),
      digestChange(deployment),
      stateCell(colours, deployment.state),
      took(deployment, deps.now()),
      [...new Set(deployment.triggers.map(printTrigger))].join(', '),
      remark(context, deployment),
      deployment.id,
    ]),
    width,
    paintTitle: colours.dim,
  });
  const below = (index: number): readonly string[] => {
    const deployment = deployments[index];
    return withLogs && deployment !== undefined ? logLines(context, deployment) : [];
  };
  return [...titles, ...rows.flatMap((lines, index) => [...lines, ...below(index)])];
};
