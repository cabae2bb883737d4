import type { DeliveryView } from '../../core/views.ts';
import { printShortTime } from '../deployment-lines.ts';
import { EXIT } from '../exit-status.ts';
import { familiarImage } from '../familiar-image.ts';
import { wholeNumber } from '../option-values.ts';
import type { AddCommand } from '../program.ts';
import { readList } from '../read-list.ts';
import { type Cell, tableLines } from '../table.ts';
import { withHelp } from '../with-help.ts';

const USUAL_LIMIT = 20;

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

export const addDeliveries: AddCommand = (program, act) => {
  const command = program
    .command('deliveries')
    .description('show what senders delivered, the newest first')
    .option('--sender <name>', 'only from this sender, such as docker-hub')
    .option('--secret <name>', 'only let in by the secret of this name')
    .option('--limit <number>', 'at most so many', wholeNumber, USUAL_LIMIT);
  withHelp(command, {
    more: 'OUTCOME says what became of it: docs/guide/concepts.md, "What becomes of a push".',
    json: '{"items": [Delivery]}',
    examples: ['cd-helper deliveries', 'cd-helper deliveries --sender docker-hub --limit 5'],
  }).action(
    act(
      async (
        context,
        { limit, ...filter }: { limit: number; sender?: string; secret?: string },
      ) => {
        const { colours, deps, json, note, print, printJson, width } = context;
        const items = await readList<DeliveryView>(
          context.api(),
          '/api/v1/deliveries',
          filter,
          limit,
        );
        if (json) printJson({ items });
        else if (items.length === 0) note('no deliveries');
        else {
          print(
            ...tableLines({
              columns: [
                { title: 'RECEIVED', least: 11 },
                { title: 'SENDER', least: 10, spare: 3 },
                { title: 'SECRET', spare: 2 },
                { title: 'FROM', least: 15, spare: 1 },
                { title: 'PUSHES', least: 12, cut: 'start' },
                { title: 'OUTCOME', least: 9 },
                { title: 'ID', whole: true },
              ],
              rows: items.map((delivery): Cell[] => [
                width === null
                  ? delivery.receivedAt
                  : printShortTime(delivery.receivedAt, deps.now()),
                delivery.sender,
                delivery.secret,
                delivery.address,
                delivery.pushes
                  .map(({ image }) => (width === null ? image : familiarImage(image)))
                  .join(', '),
                outcome(delivery, width !== null),
                delivery.id,
              ]),
              width,
              paintTitle: colours.dim,
            }),
          );
        }
        return EXIT.well;
      },
    ),
  );
};
