import { Badge } from '../parts/badge.tsx';
import { Digest } from '../images/digest.tsx';
import { type Column, rowsOf, Table } from '../parts/table.tsx';
import type { Look } from '../words/look.ts';
import { visibleText } from '../words/visible-text.ts';
import type { ToldTask } from '../../../src/core/story/task-news.ts';

const FAILED = new Set(['failed', 'rejected', 'orphaned']);
const OVER = new Set(['shutdown', 'remove', 'complete', 'replaced']);

const lookOf = (state: string): Look => {
  if (state === 'running') return { tone: 'good', icon: 'check' };
  if (FAILED.has(state)) return { tone: 'bad', icon: 'cross' };
  return OVER.has(state) ? { tone: 'mute', icon: 'minus' } : { tone: 'info', icon: 'cycle' };
};

const COLUMNS: readonly Column<ToldTask>[] = [
  {
    key: 'node',
    title: 'Node',
    cell: ({ node, slot }) => (
      <>
        <strong>{visibleText(node ?? 'no node yet')}</strong>
        {slot !== null && <span class="faint"> slot {slot}</span>}
      </>
    ),
  },
  {
    key: 'state',
    title: 'State',
    bare: true,
    cell: ({ state }) => <Badge look={lookOf(state)} word={visibleText(state)} />,
  },
  { key: 'digest', title: 'Runs', cell: ({ digest }) => <Digest value={digest} /> },
  {
    key: 'error',
    title: 'Error',
    cell: ({ error }) =>
      error === null ? <span class="faint">none</span> : <>{visibleText(error)}</>,
  },
  { key: 'task', title: 'Task', cell: ({ id }) => <code>{visibleText(id)}</code> },
];

export const TaskTable = ({ tasks }: { readonly tasks: readonly ToldTask[] }) => (
  <Table label="Tasks" layout="tasks" columns={COLUMNS} lines={rowsOf(tasks, ({ id }) => id)} />
);
