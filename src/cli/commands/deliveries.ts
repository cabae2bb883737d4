import type { DeliveryDetail, DeliveryView } from '../../core/views.ts';
import type { Context } from '../context.ts';
import { deliveryStory } from '../delivery-story.ts';
import { printShortTime } from '../print-time.ts';
import { EXIT } from '../exit-status.ts';
import { familiarImage } from '../familiar-image.ts';
import { wholeNumber } from '../option-values.ts';
import type { AddCommand } from '../program.ts';
import { readList } from '../read-list.ts';
import { type Cell, tableLines } from '../table.ts';
import { withHelp } from '../with-help.ts';

type Options = { readonly limit: number; readonly sender?: string; readonly secret?: string };

const USUAL_LIMIT = 20;
const PATH = '/api/v1/deliveries';

const outcome = (
  { duplicateOf, pushes, ignored, deployments }: DeliveryView,
  isTerminal: boolean,
): string => {
  // Cut off, the other's id would be of no use.
  if (duplicateOf !== null) return isTerminal ? 'duplicate' : `duplicate of ${duplicateOf}`;
  if (pushes.length === 0)
    return `ignored: ${[...new Set(ignored.map(({ reason }) => reason))].join(', ')}`;
  if (deployments.length === 0) {
    const results = pushes.flatMap((push) => push.results ?? []);
    const said = results.map(({ state, outcome: found }) => found ?? state);
    return [...new Set(said)].join(', ') || 'waiting';
  }
  return `${deployments.length} ${deployments.length === 1 ? 'deployment' : 'deployments'}`;
};

const COLUMNS = [
  { title: 'RECEIVED', least: 11 },
  { title: 'SENDER', least: 10, spare: 3 },
  { title: 'SECRET', spare: 2 },
  { title: 'FROM', least: 15, spare: 1 },
  { title: 'PUSHES', least: 16, cut: 'start' },
  { title: 'OUTCOME', least: 12, spare: 4 },
  { title: 'ID', whole: true },
] as const;

const rowOf = (delivery: DeliveryView, now: number, isTerminal: boolean): Cell[] => {
  const images = delivery.pushes.map(({ image }) => (isTerminal ? familiarImage(image) : image));
  return [
    isTerminal ? printShortTime(delivery.receivedAt, now) : delivery.receivedAt,
    delivery.sender,
    delivery.secret,
    delivery.address,
    images.join(', '),
    outcome(delivery, isTerminal),
    delivery.id,
  ];
};

const showOne = async (context: Context, id: string): Promise<number> => {
  const delivery = await context.api().get<DeliveryDetail>(`${PATH}/${encodeURIComponent(id)}`);
  if (context.json) context.printJson(delivery);
  else context.print(...deliveryStory(context, delivery));
  return EXIT.well;
};

export const addDeliveries: AddCommand = (program, act) => {
  const command = program
    .command('deliveries')
    .description('show what senders delivered, the newest first, or one with what it said')
    .argument('[id]', 'one delivery: what came in, and what became of it')
    .option('--sender <name>', 'only from this sender, such as docker-hub')
    .option('--secret <name>', 'only let in by the secret of this name')
    .option('--limit <number>', 'at most so many', wholeNumber, USUAL_LIMIT);
  withHelp(command, {
    more: 'OUTCOME says what became of it: docs/guide/concepts.md, "What becomes of a push".',
    json: '{"items": [Delivery]}; with an id DeliveryDetail',
    examples: [
      'cd-helper deliveries',
      'cd-helper deliveries --sender docker-hub --limit 5',
      'cd-helper deliveries 01a20809-fff4-7000-afe5-6a1b2c3d4e5f',
    ],
  }).action(
    act(async (context, id: string | undefined, { limit, ...filter }: Options) => {
      if (id !== undefined) return showOne(context, id);
      const { colours, deps, json, note, print, printJson, width } = context;
      const items = await readList<DeliveryView>(context.api(), PATH, filter, limit);
      const rows = items.map((delivery) => rowOf(delivery, deps.now(), width !== null));
      if (json) printJson({ items });
      else if (items.length === 0) note('no deliveries');
      else print(...tableLines({ columns: COLUMNS, rows, width, paintTitle: colours.dim }));
      return EXIT.well;
    }),
  );
};
