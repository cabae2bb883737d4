import type { DeliveryView } from '../../../src/core/contract/delivery-views.ts';
import { Consequences } from '../acts/consequences.tsx';
import { replayDelivery } from '../api/acts.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { Age } from '../parts/age.tsx';
import { Facts } from '../parts/facts.tsx';
import { ImageName } from '../images/image-name.tsx';
import { visibleText } from '../words/visible-text.ts';

export const ReplayDialog = ({
  delivery,
  onDone,
  onClose,
}: {
  readonly delivery: DeliveryView;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) => (
  <ActDialog
    title="Replay the delivery"
    confirm="Replay"
    blocked={delivery.pushes.length === 0 ? 'It holds no push.' : null}
    act={(key) => replayDelivery(delivery.id, key)}
    onDone={onDone}
    onClose={onClose}
    result={() => <p>Its pushes are checked again. The result appears behind this dialog.</p>}
  >
    <Facts
      facts={[
        ['From', visibleText(delivery.sender)],
        ['Received', <Age key="received" at={delivery.receivedAt} />],
        [
          'Pushes',
          <ul key="pushes">
            {delivery.pushes.map(({ image }) => (
              <li key={image}>
                <ImageName image={image} />
              </li>
            ))}
          </ul>,
        ],
      ]}
    />
    <Consequences
      items={[
        'Each push is handled as if it had arrived now: the helper checks its services and asks its registry.',
        'Services whose digest differs from what the registry has now are deployed, and their tasks restart.',
        'If nothing differs, nothing restarts. Held and frozen services stay as they are.',
      ]}
    />
  </ActDialog>
);
