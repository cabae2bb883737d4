import type { QueueView } from '../../../src/core/contract/views.ts';
import { type Column, rowsOf, Table } from '../parts/table.tsx';
import { printDuration } from '../words/age.ts';

const waiting = (count: number, oldestSeconds: number | null) =>
  count === 0 || oldestSeconds === null ? (
    String(count)
  ) : (
    <>
      {count} <span class="faint">the oldest for {printDuration(oldestSeconds * 1000)}</span>
    </>
  );

const COLUMNS: readonly Column<QueueView>[] = [
  {
    key: 'service',
    title: 'Cluster',
    bare: true,
    cell: ({ cluster }) => <strong>{cluster}</strong>,
  },
  {
    key: 'checks',
    title: 'Lookups waiting',
    cell: ({ checksWaiting, oldestCheckAgeSeconds }) =>
      waiting(checksWaiting, oldestCheckAgeSeconds),
  },
  {
    key: 'pushes',
    title: 'Pushes waiting',
    cell: ({ pushesWaiting, oldestPushAgeSeconds }) => waiting(pushesWaiting, oldestPushAgeSeconds),
  },
  {
    key: 'deployments',
    title: 'Deployments',
    cell: ({ deployments: { queued, updating, verifying } }) =>
      `${queued} queued, ${updating} updating, ${verifying} verifying`,
  },
];

export const QueueTable = ({ queue }: { readonly queue: readonly QueueView[] }) => (
  <Table
    label="Queue"
    layout="queue"
    columns={COLUMNS}
    lines={rowsOf(queue, ({ cluster }) => cluster)}
  />
);
