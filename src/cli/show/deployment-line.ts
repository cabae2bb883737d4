import type { DeploymentView } from '../../core/contract/views.ts';
import { printable, textWidth } from '../output/cell-text.ts';
import type { Context } from '../client/context.ts';
import { isFinal } from '../../core/contract/final-state.ts';
import { digestChange, remark, took } from './deployment-words.ts';
import { printTime } from '../output/print-time.ts';
import { stateCell } from '../output/verdict-cell.ts';

/** Longer names exceed their column. */
const WIDEST_NAME = 40;

/** The width of the name column for these deployments. */
export const nameWidthOf = (deployments: readonly DeploymentView[]): number =>
  Math.min(
    WIDEST_NAME,
    Math.max(0, ...deployments.map(({ service }) => textWidth(printable(service.name)))),
  );

/** One line for one change of one deployment, as it happens. `nameWidth` is the width of the name column. */
export const deploymentLine = (
  context: Context,
  deployment: DeploymentView,
  nameWidth = 0,
): string => {
  const { colours, deps } = context;
  const state = stateCell(colours, deployment.state);
  const text = state.paint(state.text.padEnd(13));
  const name = printable(deployment.service.name);
  const padding = ' '.repeat(Math.max(0, nameWidth - textWidth(name)));
  const at = deployment.endedAt ?? deployment.startedAt ?? deployment.queuedAt;
  const parts = [
    printTime(at, deps.now()),
    text,
    `${name}${padding}`,
    digestChange(deployment),
    isFinal(deployment) ? took(deployment, deps.now()) : '',
    printable(remark(context, deployment)),
  ];
  return parts.filter((part) => part !== '').join('  ');
};
