import type { DeliveryDetail, PushView } from '../core/views.ts';
import { printable } from './cell-text.ts';
import type { Context } from './context.ts';
import { printTime } from './deployment-lines.ts';

/** Longer bodies are shown by their beginning. */
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

/** One delivery: what came in, from whom, and what became of it. */
export const deliveryStory = (context: Context, delivery: DeliveryDetail): readonly string[] => {
  const { colours, deps } = context;
  const ignored = delivery.ignored.map(({ reason, about }) =>
    about === undefined ? reason : `${reason} (${about})`,
  );
  const rows: readonly (readonly [label: string, values: readonly string[]])[] = [
    ['received', [printTime(delivery.receivedAt, deps.now())]],
    ['from', [delivery.address]],
    ['secret', [delivery.secret]],
    ['duplicate of', delivery.duplicateOf === null ? [] : [delivery.duplicateOf]],
    ...delivery.pushes.map((push) => ['push', pushTexts(push)] as const),
    ['ignored', ignored],
    ['story', delivery.deployments.map((id) => `cd-helper deployments ${id}`)],
    ['header', Object.entries(delivery.headers).map(([name, value]) => `${name}: ${value}`)],
    ['body', delivery.body === null ? [] : [shownBody(delivery.body)]],
  ];
  return [
    `${colours.bold(printable(delivery.sender))}  answered ${delivery.status}  ${colours.dim(printable(`delivery ${delivery.id}`))}`,
    ...rows.flatMap(([label, values]) =>
      values.map(
        (value, index) =>
          `  ${colours.dim((index === 0 ? label : '').padEnd(13))}${printable(value)}`,
      ),
    ),
  ];
};
