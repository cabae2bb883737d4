import type { InstanceView } from '../../core/contract/instance-view.ts';
import { printable } from '../output/cell-text.ts';
import { readList } from '../client/read-list.ts';
import { tableLines } from '../output/table.ts';
import type { AddCommand } from './add-command.ts';
import { EXIT } from '../terminal/exit-status.ts';
import { withHelp } from '../terminal/with-help.ts';

const PATH = '/api/v1/instances';
const COLUMNS = [
  { title: 'INSTANCE' },
  { title: 'HOST' },
  { title: 'VERSION' },
  { title: 'STARTED' },
  { title: 'SEEN' },
  { title: 'WORKS ON' },
] as const;

const worksOn = ({ state, leases }: InstanceView): string => {
  if (state === 'gone') return 'gone';
  return leases.map(({ name, since }) => `${printable(name)} since ${since}`).join(', ');
};

export const addInstances: AddCommand = (program, act) => {
  const command = program
    .command('instances')
    .description('show the processes of the helper that share the store, and what each works on');
  withHelp(command, {
    more: 'With SQLite there is one, and it works on everything. With PostgreSQL each lease is held by one instance; another takes it over within 20 seconds when that one dies.',
    json: '{"items": [Instance]}',
    examples: ['cd-helper instances', 'cd-helper instances --json'],
  }).action(
    act(async (context) => {
      const items = await readList<InstanceView>(context.api(), PATH, {});
      if (context.json) context.printJson({ items });
      else {
        const lines = tableLines({
          columns: COLUMNS,
          rows: items.map((one) => [
            one.id,
            printable(one.host),
            one.version,
            one.startedAt,
            one.seenAt,
            worksOn(one),
          ]),
          width: context.width,
          paintTitle: context.colours.dim,
        });
        context.print(...lines);
      }
      return EXIT.well;
    }),
  );
};
