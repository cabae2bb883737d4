import type { ClusterOutcome, OutcomeView, ServiceOutcome } from '../../core/outcome/outcome.ts';
import { printable } from '../output/cell-text.ts';
import type { Colours } from '../output/colours.ts';
import type { Context } from '../client/context.ts';
import { digestChange } from './deployment-words.ts';
import { printTime } from '../output/print-time.ts';
import type { Paint } from '../output/table.ts';

type State = ServiceOutcome['state'] | OutcomeView['state'] | ClusterOutcome['state'];

const SIGNS: Readonly<Record<State, string>> = {
  pending: '…',
  succeeded: '✓',
  failed: '✗',
  unknown: '?',
  waiting: '‖',
  left: '·',
  'no-service': '·',
  checked: '✓',
};

const paintOf = (colours: Colours, state: State): Paint =>
  ({
    pending: colours.cyan,
    succeeded: colours.green,
    failed: colours.red,
    unknown: colours.red,
    waiting: colours.magenta,
    left: colours.dim,
    'no-service': colours.dim,
    checked: colours.green,
  })[state] ?? String;

const STATE_WIDTH = '✓ succeeded'.length;

/** A newer helper may have more states than this program knows. */
const cell = ({ colours }: Context, state: State): string =>
  paintOf(colours, state)(`${SIGNS[state] ?? ' '} ${state}`.padEnd(STATE_WIDTH));

/** The reason for a state: `verifying`, `task-failed: task: non-zero exit (3)`. */
const why = ({ reason, detail }: Pick<ServiceOutcome, 'reason' | 'detail'>): string =>
  [reason, detail].filter((part) => part !== null && part !== undefined).join(': ');

const nameOf = ({ cluster, service }: ServiceOutcome, { clusters }: OutcomeView): string =>
  clusters.length > 1 ? `${cluster}/${service}` : service;

const serviceLine = (context: Context, service: ServiceOutcome, view: OutcomeView): string => {
  const deployment = view.deployments.find(({ id }) => id === service.deployment);
  const next = service.nextTryAt;
  const told = [
    nameOf(service, view),
    deployment === undefined ? '' : digestChange(deployment),
    why(service),
    next === undefined ? '' : `next attempt at ${printTime(next, context.deps.now())}`,
  ]
    .filter((part) => part !== '')
    .map(printable)
    .join('  ');
  return `${cell(context, service.state)}  ${told}`;
};

/** `printable` removes colours, so the coloured state is added separately. */
const clusterLine = (context: Context, cluster: ClusterOutcome): string =>
  `${cell(context, cluster.state)}  ${printable(`cluster ${cluster.cluster}  ${why(cluster)}`)}`;

/** The lines of an outcome. A line that was already printed has the same key and text. */
export const outcomeLines = (
  context: Context,
  view: OutcomeView,
): readonly { readonly key: string; readonly text: string }[] => [
  ...view.clusters
    .filter(({ state, detail }) => state !== 'checked' || detail !== undefined)
    .map((cluster) => ({ key: `cluster ${cluster.cluster}`, text: clusterLine(context, cluster) })),
  ...view.services.map((service) => ({
    key: `${service.cluster} ${service.service}`,
    text: serviceLine(context, service, view),
  })),
];

/** The last log lines of the failed containers. */
export const failureLines = ({ colours }: Context, view: OutcomeView): readonly string[] =>
  view.deployments
    .filter(({ id }) =>
      view.services.some((one) => one.state === 'failed' && one.deployment === id),
    )
    .flatMap(({ failure }) => failure?.log ?? [])
    .map((line) => colours.dim(`    │ ${printable(line)}`));

/** `2 succeeded, 1 failed` */
export const countOutcomes = ({ services }: OutcomeView): string =>
  [...Map.groupBy(services, ({ state }) => state)]
    .map(([state, those]) => `${those.length} ${state}`)
    .join(', ');
