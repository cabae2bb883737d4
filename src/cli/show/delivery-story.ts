import type { DeliveryDetail, PushView } from '../../core/contract/delivery-views.ts';
import { printable } from '../output/cell-text.ts';
import type { Context } from '../client/context.ts';
import { type Labelled, labelledLines } from '../output/labelled-lines.ts';
import { printTime } from '../output/print-time.ts';

const LABEL_WIDTH = 'duplicate of '.length;
/** Only this much of a longer body is shown. */
const BODY_SHOWN = 2_000;

const shownBody = (body: string): string =>
  body.length <= BODY_SHOWN
    ? body
    : `${body.slice(0, BODY_SHOWN)}… (${body.length} characters; --json gives all)`;

const pushTexts = ({ image, digest, results }: PushView): readonly string[] => [
  digest === undefined ? image : `${image} with ${digest}`,
  ...results.map(({ cluster, state, outcome, detail }) => {
    const why = detail === null ? '' : `: ${detail}`;
    return `  ${cluster}  ${outcome ?? state}${why}`;
  }),
];

/** One delivery: what arrived, from whom, and what became of it. */
export const deliveryStory = (context: Context, delivery: DeliveryDetail): readonly string[] => {
  const { colours, deps } = context;
  const ignored = delivery.ignored.map(({ reason, about }) =>
    about === undefined ? reason : `${reason} (${about})`,
  );
  const facts: readonly Labelled[] = [
    ['received', printTime(delivery.receivedAt, deps.now())],
    ['from', delivery.address],
    ['secret', delivery.secret],
    ['duplicate of', delivery.duplicateOf ?? ''],
    ...delivery.pushes.map((push): Labelled => ['push', ...pushTexts(push)]),
    ['ignored', ...ignored],
    ['story', ...delivery.deployments.map((id) => `cd-helper deployments ${id}`)],
    ['header', ...Object.entries(delivery.headers).map(([name, value]) => `${name}: ${value}`)],
    ['body', shownBody(delivery.body ?? '')],
  ];
  return [
    `${colours.bold(printable(delivery.sender))}  answered ${delivery.status}  ${colours.dim(printable(`delivery ${delivery.id}`))}`,
    ...labelledLines(colours, LABEL_WIDTH, facts),
  ];
};
