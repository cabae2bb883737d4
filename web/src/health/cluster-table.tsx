import type { ClusterView } from '../../../src/core/contract/views.ts';
import { Age } from '../parts/age.tsx';
import { Badge } from '../parts/badge.tsx';
import { type Column, rowsOf, Table } from '../parts/table.tsx';
import type { Look } from '../words/look.ts';
import { visibleText } from '../words/visible-text.ts';

const LOOKS: Readonly<Record<ClusterView['state'], Look>> = {
  up: { tone: 'good', icon: 'check' },
  down: { tone: 'bad', icon: 'cross' },
  unknown: { tone: 'mute', icon: 'question' },
};

const ABILITIES: readonly (readonly [
  name: Exclude<keyof ClusterView['capabilities'], 'goesBackTo'>,
  can: string,
  cannot: string,
])[] = [
  [
    'setsDigest',
    'deploys an exact digest, and can roll back to any',
    'cannot deploy a chosen digest: can only roll back to the previous spec',
  ],
  ['deploysOci', 'deploys images of every form', 'does not deploy OCI images'],
  ['tellsTasks', 'shows its tasks', 'does not show its tasks'],
  ['tellsContainers', 'knows its own service', 'does not know its own service'],
  ['givesLogs', 'gives log lines', 'gives no log lines'],
];

const COLUMNS: readonly Column<ClusterView>[] = [
  {
    key: 'service',
    title: 'Cluster',
    bare: true,
    cell: ({ name, type }) => (
      <>
        <strong>{name}</strong> <span class="faint">{type}</span>
      </>
    ),
  },
  {
    key: 'state',
    title: 'State',
    bare: true,
    cell: ({ state, problem }) => (
      <span class="verdict">
        <Badge look={LOOKS[state]} word={state} />
        {problem !== null && <span class="reason">{visibleText(problem)}</span>}
      </span>
    ),
  },
  {
    key: 'can',
    title: 'Can do',
    cell: ({ capabilities }) => (
      <ul class="abilities">
        {ABILITIES.map(([name, can, cannot]) => (
          <li key={name} class={capabilities[name] ? '' : 'faint'}>
            <span aria-hidden="true">{capabilities[name] ? '✓ ' : '– '}</span>
            {capabilities[name] ? can : cannot}
          </li>
        ))}
      </ul>
    ),
  },
  {
    key: 'what',
    title: 'Speaks',
    cell: ({ description }) =>
      description === null ? <span class="faint">unknown</span> : visibleText(description),
  },
  { key: 'asked', title: 'Asked', cell: ({ checkedAt }) => <Age at={checkedAt} /> },
];

export const ClusterTable = ({ clusters }: { readonly clusters: readonly ClusterView[] }) => (
  <Table
    label="Clusters"
    layout="clusters"
    columns={COLUMNS}
    lines={rowsOf(clusters, ({ name }) => name)}
  />
);
