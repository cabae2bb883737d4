import { type Digest, shortDigest } from '../core/digest.ts';
import type { DeploymentView, TriggerView } from '../core/views.ts';
import { printDuration } from './age.ts';
import { printable, textWidth } from './cell-text.ts';
import type { Context } from './context.ts';
import { isFailure, isFinal } from './deployment-states.ts';
import { familiarImage } from './familiar-image.ts';
import { type Cell, tableLines } from './table.ts';
import { stateCell } from './verdict-cell.ts';

/** As much of a digest as tells it from others; `?` for none. */
export const short = (digest: string | null): string =>
  digest === null ? '?' : shortDigest(digest as Digest);

/** `abc → def` */
export const digestChange = ({ from, to }: DeploymentView): string =>
  `${short(from)} → ${short(to)}`;

/** Local time of day, with the date where it is not today's. */
export const printTime = (time: string, now: number): string => {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return '';
  const pad = (part: number): string => String(part).padStart(2, '0');
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map(pad).join(':');
  const today = new Date(now);
  return at.toDateString() === today.toDateString()
    ? clock
    : `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${clock}`;
};

/** The same in no more columns than a table has for it: 11. */
export const printShortTime = (time: string, now: number): string => {
  const text = printTime(time, now);
  const [date = '', clock] = text.split(' ');
  if (clock === undefined) return text;
  const isOfThisYear = date.startsWith(`${new Date(now).getFullYear()}-`);
  return isOfThisYear ? `${date.slice(5)} ${clock.slice(0, 5)}` : date;
};

/** What led to a deployment, in a few words. */
export const printTrigger = (trigger: TriggerView): string => {
  switch (trigger.kind) {
    case 'hook':
      return 'hook';
    case 'smart-redeploy':
      return 'smart-redeploy';
    case 'schedule':
      return 'schedule';
    case 'person':
      // A token's name alone may read as anything: the one that a variable gives is named `default`.
      return `token ${trigger.actor}`;
    default:
      return trigger satisfies never;
  }
};

const took = ({ startedAt, endedAt }: DeploymentView, now: number): string => {
  if (startedAt === null) return '';
  const end = endedAt === null ? now : Date.parse(endedAt);
  return printDuration(Math.max(0, end - Date.parse(startedAt)));
};

/** What went wrong, on one line; empty where nothing did. */
export const whyNot = ({ reason, failure }: DeploymentView): string =>
  [reason, failure?.message].filter((part) => part !== null && part !== undefined).join(': ');

/** The failing container's last words. */
export const logLines = ({ colours }: Context, { failure }: DeploymentView): readonly string[] =>
  (failure?.log ?? []).map((line) => colours.dim(`    │ ${printable(line)}`));

/** Deployments as a table; on a terminal with their ids only where asked for, as these mostly take a line each. */
export const deploymentLines = (
  context: Context,
  deployments: readonly DeploymentView[],
  { withIds = false }: { readonly withIds?: boolean } = {},
): string[] => {
  const { colours, deps, width } = context;
  if (deployments.length === 0) return [];
  // A terminal has no room for what all have in common.
  const isOfOne = width !== null && new Set(deployments.map(({ cluster }) => cluster)).size === 1;
  return tableLines({
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
      whyNot(deployment),
      deployment.id,
    ]),
    width,
    paintTitle: colours.dim,
  });
};

/** Longer names stand out of their column. */
const WIDEST_NAME = 40;

/** Columns that the names of these deployments take beside each other. */
export const nameWidthOf = (deployments: readonly DeploymentView[]): number =>
  Math.min(
    WIDEST_NAME,
    Math.max(0, ...deployments.map(({ service }) => textWidth(printable(service.name)))),
  );

/** One line for one change of one deployment, as it happens; `nameWidth` is that of all that are told. */
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
  const why = isFailure(deployment) || deployment.state === 'skipped' ? whyNot(deployment) : '';
  const parts = [
    printTime(at, deps.now()),
    text,
    `${name}${padding}`,
    digestChange(deployment),
    isFinal(deployment) ? took(deployment, deps.now()) : '',
    printable(why),
  ];
  return parts.filter((part) => part !== '').join('  ');
};
