import type { SenderView } from '../../../src/core/contract/delivery-views.ts';
import { CopyButton } from '../parts/copy-button.tsx';

/** For each sender, where to enter the address, and the address itself. The person fills in the secret. */
export const SenderList = ({ senders }: { readonly senders: readonly SenderView[] }) => (
  <>
    <p class="lead">
      Put one of the secrets in place of <code>{'{secret}'}</code>. Secrets are never shown here:{' '}
      <code>cd-helper hook url</code> prints whole addresses.
    </p>
    <ul class="senders">
      {senders.map(({ sender, place, signs, address }) => (
        <li key={sender}>
          <h3>{sender}</h3>
          <p class="faint">
            {place}
            {signs && '. It signs: the secret proves it without standing in the address.'}
          </p>
          <p class="address">
            <code>{address}</code>
            <CopyButton text={address} what={`address for ${sender}`} />
          </p>
        </li>
      ))}
    </ul>
  </>
);
