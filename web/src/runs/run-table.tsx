import type { RunSummary } from '../../../src/core/contract/run-views.ts';
import { printAddress } from '../address/address.ts';
import { Age } from '../parts/age.tsx';
import { RunBadge } from '../parts/badge.tsx';
import { type Column, rowsOf, Table } from '../parts/table.tsx';
import { visibleText } from '../words/visible-text.ts';

const VERDICTS_FIRST = ['obsolete', 'diverged', 'unknown', 'held', 'waiting'];

/** `7 obsolete, 2 unknown, 51 current` */
export const countWords = (counts: RunSummary['counts']): string => {
  const rank = (verdict: string): number => VERDICTS_FIRST.indexOf(verdict) >>> 0;
  return Object.entries(counts)
    .toSorted(([a], [b]) => rank(a) - rank(b))
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(', ');
};

/** Who or what started a run. */
export const originWords = ({ origin, by }: Pick<RunSummary, 'origin' | 'by'>): string =>
  by ?? (origin === 'person' ? 'a person' : origin);

const COLUMNS: readonly Column<RunSummary>[] = [
  {
    key: 'service',
    title: 'Run',
    bare: true,
    cell: ({ id, dryRun, startedAt }) => (
      <a class="name" href={printAddress(['smart-redeploy', id])}>
        {dryRun ? 'Dry run' : 'SmartRedeploy'} <Age at={startedAt} />
      </a>
    ),
  },
  { key: 'state', title: 'State', bare: true, cell: ({ state }) => <RunBadge state={state} /> },
  {
    key: 'counts',
    title: 'Found',
    cell: ({ counts }) => countWords(counts) || <span class="faint">nothing</span>,
  },
  { key: 'by', title: 'By', cell: (run) => visibleText(originWords(run)) },
  {
    key: 'why',
    title: 'Left out',
    cell: ({ reason }) =>
      reason === null ? <span class="faint">nothing</span> : visibleText(reason),
  },
];

export const RunTable = ({ runs }: { readonly runs: readonly RunSummary[] }) => (
  <Table label="Runs" layout="runs" columns={COLUMNS} lines={rowsOf(runs, ({ id }) => id)} />
);
