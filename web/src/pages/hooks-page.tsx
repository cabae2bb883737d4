import { DELIVERY_OUTCOMES } from '../../../src/core/contract/list-filters.ts';
import type {
  DeliveryView,
  HookSecretView,
  SenderView,
} from '../../../src/core/contract/delivery-views.ts';
import type { Page } from '../../../src/core/contract/views.ts';
import { printAddress } from '../address/address.ts';
import { currentAddress, setFilters } from '../address/current-address.ts';
import { ask } from '../api/ask.ts';
import { DeliveryTable } from '../hooks/delivery-table.tsx';
import { SecretTable } from '../hooks/secret-table.tsx';
import { SenderList } from '../hooks/sender-list.tsx';
import { useShown } from '../live/use-shown.ts';
import { SelectField, TextField } from '../parts/fields.tsx';
import { NewestList } from '../parts/newest-list.tsx';
import { Empty, ShownAs } from '../parts/notice.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Section } from '../parts/section.tsx';
import { useSettled } from '../parts/use-settled.ts';
import { deliveryWords } from '../words/deployment-words.ts';

const choices = (every: string, names: readonly string[]) => [
  { value: '', label: every },
  ...names.map((name) => ({ value: name, label: name })),
];

const OUTCOMES = [
  { value: '', label: 'Any' },
  ...DELIVERY_OUTCOMES.map((outcome) => ({ value: outcome, label: deliveryWords(outcome) })),
];

/** After this pause, a person has finished typing the image. */
const TYPING_MS = 400;
const LONGEST_IMAGE = 255;

const NO_FILTERS = { sender: null, secret: null, image: null, outcome: null };

const Deliveries = ({
  secrets,
  senders,
}: {
  readonly secrets: readonly string[];
  readonly senders: readonly string[];
}) => {
  const { sender = '', secret = '', image = '', outcome = '' } = currentAddress.value.filters;
  const askedImage = useSettled(image.trim(), TYPING_MS).slice(0, LONGEST_IMAGE);
  const isFiltered = sender !== '' || secret !== '' || askedImage !== '' || outcome !== '';
  return (
    <Section title="Deliveries">
      <search class="filters">
        <TextField
          label="Image"
          isSearch
          value={image}
          placeholder="acme/web or acme/web:v1"
          onChange={(value) => setFilters({ image: value })}
        />
        <SelectField
          label="Outcome"
          value={outcome}
          choices={OUTCOMES}
          onChange={(value) => setFilters({ outcome: value })}
        />
        <SelectField
          label="Sender"
          value={sender}
          choices={choices('All senders', senders)}
          onChange={(value) => setFilters({ sender: value })}
        />
        <SelectField
          label="Secret"
          value={secret}
          choices={choices('All secrets', secrets)}
          onChange={(value) => setFilters({ secret: value })}
        />
      </search>
      <NewestList<DeliveryView>
        path="/api/v1/deliveries"
        filters={{ sender, secret, image: askedImage, outcome }}
        step={50}
        what="deliveries"
        concerns={({ type }) => type === 'delivery' || type === 'push' || type === 'deployment'}
        leftOut={(count) => (
          <p class="faint">
            {count === 1 ? '1 delivery' : `${count} deliveries`} without a push{' '}
            {count === 1 ? 'is' : 'are'} not shown.{' '}
            <a href={printAddress(['hooks'], { sender, secret, outcome: 'ignored' })}>
              Show ignored
            </a>
          </p>
        )}
        empty={
          isFiltered ? (
            <>
              <p>No delivery matches.</p>
              <button type="button" onClick={() => setFilters(NO_FILTERS)}>
                Show all
              </button>
            </>
          ) : (
            <p>No push has arrived yet. Paste one of the addresses below.</p>
          )
        }
      >
        {(deliveries) => <DeliveryTable deliveries={deliveries} />}
      </NewestList>
    </Section>
  );
};

export const HooksPage = () => {
  const secrets = useShown<readonly HookSecretView[]>({
    of: 'hook secrets',
    read: async (signal) =>
      (await ask<Page<HookSecretView>>('/api/v1/hook-secrets', { signal })).items,
    concerns: ({ type }) => type === 'delivery',
  });
  const senders = useShown<readonly SenderView[]>({
    of: 'senders',
    read: async (signal) => (await ask<Page<SenderView>>('/api/v1/senders', { signal })).items,
    concerns: () => false,
  });
  return (
    <>
      <PageHead title="Hooks" />
      <Deliveries
        secrets={(secrets.value ?? []).map(({ name }) => name)}
        senders={(senders.value ?? []).map(({ sender }) => sender)}
      />
      <Section title="Secrets">
        <ShownAs shown={secrets} what="secrets">
          {(items) =>
            items.length === 0 ? (
              <Empty>
                <p>
                  No hook secret is configured, so every hook is refused. Set{' '}
                  <code>CD_HELPER_HOOK_SECRET</code>.
                </p>
              </Empty>
            ) : (
              <SecretTable secrets={items} />
            )
          }
        </ShownAs>
      </Section>
      <Section title="Addresses to paste">
        <ShownAs shown={senders} what="addresses">
          {(items) => <SenderList senders={items} />}
        </ShownAs>
      </Section>
    </>
  );
};
