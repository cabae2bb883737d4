import type { DeliveryView } from '../../../src/core/contract/delivery-views.ts';
import { printAddress } from '../address/address.ts';
import { Age } from '../parts/age.tsx';
import { ImageName } from '../images/image-name.tsx';
import { type Column, rowsOf, Table } from '../parts/table.tsx';
import { visibleText } from '../words/visible-text.ts';
import { DeliveryOutcome } from './delivery-outcome.tsx';

const MOST_NAMED = 3;

const COLUMNS: readonly Column<DeliveryView>[] = [
  {
    key: 'service',
    title: 'Received',
    bare: true,
    cell: ({ id, sender, receivedAt }) => (
      <>
        <a class="name" href={printAddress(['hooks', id])}>
          {visibleText(sender)}
        </a>{' '}
        <Age at={receivedAt} />
      </>
    ),
  },
  {
    key: 'state',
    title: 'What it did',
    bare: true,
    cell: (delivery) => <DeliveryOutcome delivery={delivery} />,
  },
  {
    key: 'image',
    title: 'Pushed',
    bare: true,
    cell: ({ pushes }) =>
      pushes.length === 0 ? (
        <span class="faint">nothing</span>
      ) : (
        <ul>
          {pushes.slice(0, MOST_NAMED).map(({ image }) => (
            <li key={image}>
              <ImageName image={image} />
            </li>
          ))}
          {pushes.length > MOST_NAMED && <li>and {pushes.length - MOST_NAMED} more</li>}
        </ul>
      ),
  },
  {
    key: 'deployments',
    title: 'Deployments',
    cell: ({ deployments }) =>
      deployments.length === 0 ? <span class="faint">none</span> : deployments.length,
  },
  { key: 'secret', title: 'Secret', cell: ({ secret }) => visibleText(secret) },
  { key: 'from', title: 'From', cell: ({ address }) => visibleText(address) },
];

export const DeliveryTable = ({ deliveries }: { readonly deliveries: readonly DeliveryView[] }) => (
  <Table
    label="Deliveries"
    layout="deliveries"
    columns={COLUMNS}
    lines={rowsOf(deliveries, ({ id }) => id)}
  />
);
