import type { DeliveryView } from '../../../src/core/contract/views.ts';
import { Consequences } from '../acts/consequences.tsx';
import { replayDelivery } from '../api/acts.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { Age } from '../parts/age.tsx';
import { Facts } from '../parts/facts.tsx';
import { ImageName } from '../parts/image-name.tsx';
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
    result={() => <p>Its pushes are looked at once more; what comes of it is shown behind this.</p>}
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
        'Each push is treated as if it had come now: its services are looked at, and its registry is asked.',
        'Services whose digest differs from what the registry has now are deployed, and their tasks restart.',
        'Where nothing differs, nothing restarts; what is held or frozen stays so.',
      ]}
    />
  </ActDialog>
);
