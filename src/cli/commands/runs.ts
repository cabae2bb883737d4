import type { RunSummary, RunView } from '../../core/contract/run-views.ts';
import { printDuration } from '../output/age.ts';
import { printShortTime } from '../output/print-time.ts';
import { EXIT, wrongUse } from '../terminal/exit-status.ts';
import { wholeNumber } from '../terminal/option-values.ts';
import type { AddCommand } from './add-command.ts';
import { readList } from '../client/read-list.ts';
import { countServices, serviceLines } from '../show/service-table.ts';
import { type Cell, tableLines } from '../output/table.ts';
import { waitForRun } from '../wait/wait-for-run.ts';
import { withHelp } from '../terminal/with-help.ts';

type Options = { readonly limit: number; readonly wait?: true };

const USUAL_LIMIT = 20;
const PATH = '/api/v1/runs';

const COLUMNS = [
  { title: 'STARTED', least: 11 },
  { title: 'STATE', least: 7 },
  { title: 'DOES', least: 7, spare: 3 },
  { title: 'BY', least: 8 },
  { title: 'TOOK', least: 4, spare: 2 },
  { title: 'SERVICES', least: 12, spare: 4 },
  { title: 'WHY', least: 10, spare: 1 },
  { title: 'ID', whole: true },
] as const;

const rowOf = (run: RunSummary, now: number, isTerminal: boolean): Cell[] => {
  const end = run.endedAt === null ? now : Date.parse(run.endedAt);
  const counts = Object.entries(run.counts).map(([verdict, count]) => `${count} ${verdict}`);
  return [
    isTerminal ? printShortTime(run.startedAt, now) : run.startedAt,
    run.state,
    run.dryRun ? 'dry run' : 'deploys',
    run.by ?? run.origin,
    printDuration(Math.max(0, end - Date.parse(run.startedAt))),
    counts.join(', '),
    run.reason ?? '',
    run.id,
  ];
};

export const addRuns: AddCommand = (program, act) => {
  const command = program
    .command('runs')
    .description('show runs of SmartRedeploy, the newest first, or one with its services')
    .argument('[id]', 'one run')
    .option('--wait', 'with an id: wait until all its deployments have ended')
    .option('--limit <number>', 'maximum number', wholeNumber, USUAL_LIMIT);
  withHelp(command, {
    json: '{"items": [RunSummary]}; with an id Run; with --wait Run and its "deployments"',
    examples: [
      'cd-helper runs',
      'cd-helper runs 01a20806-30fc-7000-9c3c-025bee06ae98 --wait    # a run that continues in the background',
    ],
  }).action(
    act(async (context, id: string | undefined, { limit, wait }: Options) => {
      const { colours, deps, json, note, print, printJson, width } = context;
      if (id === undefined) {
        if (wait === true) {
          throw wrongUse('--wait needs the id of a run');
        }
        const items = await readList<RunSummary>(context.api(), PATH, {}, limit);
        const rows = items.map((run) => rowOf(run, deps.now(), width !== null));
        if (json) printJson({ items });
        else if (items.length === 0) note('no runs');
        else print(...tableLines({ columns: COLUMNS, rows, width, paintTitle: colours.dim }));
        return EXIT.well;
      }
      const run = await context.api().get<RunView>(`${PATH}/${encodeURIComponent(id)}`);
      if (wait === true) return waitForRun(context, run);
      if (json) printJson(run);
      else {
        print(`run ${run.id}: ${run.state}${run.dryRun ? ', a dry run' : ''}`);
        print(...serviceLines(context, run.services), countServices(run.services));
        if (run.reason !== null) note(run.reason);
      }
      return run.state === 'failed' ? EXIT.failed : EXIT.well;
    }),
  );
};
