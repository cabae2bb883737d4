import { Option } from 'commander';
import { DELIVERY_OUTCOMES, type DeliveryOutcome } from '../../core/contract/list-filters.ts';
import type {
  DeliveryDetail,
  DeliveryPage,
  DeliveryView,
  HookSecretView,
} from '../../core/contract/delivery-views.ts';
import type { Page } from '../../core/contract/views.ts';
import type { Context } from '../client/context.ts';
import { deliveryStory } from '../show/delivery-story.ts';
import { printShortTime } from '../output/print-time.ts';
import { EXIT } from '../terminal/exit-status.ts';
import { familiarImage } from '../output/familiar-image.ts';
import { noSuch } from '../find/names.ts';
import { wholeNumber } from '../terminal/option-values.ts';
import { requireKnownSender } from '../find/known-sender.ts';
import type { AddCommand } from './add-command.ts';
import { readList } from '../client/read-list.ts';
import { type Cell, tableLines } from '../output/table.ts';
import { withHelp } from '../terminal/with-help.ts';

type Filter = {
  readonly sender?: string;
  readonly secret?: string;
  readonly image?: string;
  readonly outcome?: DeliveryOutcome;
  readonly ignored?: true;
};
type Options = Filter & { readonly limit: number };

const USUAL_LIMIT = 20;
const PATH = '/api/v1/deliveries';

const outcome = (
  { duplicateOf, pushes, ignored, deployments }: DeliveryView,
  isTerminal: boolean,
): string => {
  // The id is useless if it is cut.
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

const queryOf = ({ ignored, ...filter }: Filter) => ({
  ...filter,
  ignored: ignored === true ? 'true' : undefined,
});

/** Throws for an unknown sender or secret, as far as the token may see the secrets. */
const requireSender = async (
  context: Context,
  { sender, secret }: Pick<Filter, 'sender' | 'secret'>,
): Promise<void> => {
  if (sender !== undefined) requireKnownSender(sender);
  if (secret === undefined) return;
  const found = await context
    .api()
    .get<Page<HookSecretView>>('/api/v1/hook-secrets')
    .catch(() => null);
  const names = found?.items.map(({ name }) => name) ?? [secret];
  // A secret that is no longer configured may still have deliveries.
  const query = { secret, ignored: 'true', limit: 1 };
  if (names.includes(secret)) return;
  const { items } = await context.api().get<DeliveryPage>(PATH, query);
  if (items.length === 0)
    throw noSuch('hook secret', secret, names, 'the configuration names them');
};

/** Says how many deliveries without a push are hidden, so that nobody misses them. */
const tellIgnored = async ({ api, note }: Context, filter: Filter): Promise<void> => {
  if (filter.ignored === true) return;
  const { ignored } = await api().get<DeliveryPage>(PATH, { ...queryOf(filter), limit: 1 });
  // An older helper shows them all.
  if ((ignored ?? 0) > 0) {
    const what = ignored === 1 ? '1 delivery' : `${ignored} deliveries`;
    note(`${what} without a push not shown: cd-helper deliveries --ignored`);
  }
};

export const addDeliveries: AddCommand = (program, act) => {
  const command = program
    .command('deliveries')
    .description('show deliveries with a push, the newest first, or one with its content')
    .argument('[id]', 'one delivery: its content and its outcome')
    .option('--sender <name>', 'only from this sender, such as docker-hub')
    .option('--secret <name>', 'only those that used the secret of this name')
    .option('--image <image>', 'only with a push of this image, such as acme/web or acme/web:v1')
    .addOption(
      new Option('--outcome <outcome>', 'only those with this outcome').choices(DELIVERY_OUTCOMES),
    )
    .option('--ignored', 'also those without a push, such as pulls and deletions')
    .option('--limit <number>', 'maximum number', wholeNumber, USUAL_LIMIT);
  withHelp(command, {
    more: 'OUTCOME is explained in docs/guide/concepts.md, "What becomes of a push".',
    json: '{"items": [Delivery]}; with an id DeliveryDetail',
    examples: [
      'cd-helper deliveries',
      'cd-helper deliveries --sender docker-hub --limit 5',
      'cd-helper deliveries --image acme/web --outcome no-service',
      'cd-helper deliveries --ignored',
      'cd-helper deliveries 01a20809-fff4-7000-afe5-6a1b2c3d4e5f',
    ],
  }).action(
    act(async (context, id: string | undefined, { limit, ...filter }: Options) => {
      if (id !== undefined) return showOne(context, id);
      const { colours, deps, json, note, print, printJson, width } = context;
      const api = context.api();
      await requireSender(context, filter);
      const items = await readList<DeliveryView>(api, PATH, queryOf(filter), limit);
      const rows = items.map((delivery) => rowOf(delivery, deps.now(), width !== null));
      if (json) printJson({ items });
      else if (items.length === 0) note('no deliveries');
      else print(...tableLines({ columns: COLUMNS, rows, width, paintTitle: colours.dim }));
      if (!json) await tellIgnored(context, filter);
      return EXIT.well;
    }),
  );
};
