import type { DeliveryView, HookSecretView, Page, SenderView } from '../../../src/core/views.ts';
import { currentAddress, setFilters } from '../address/current-address.ts';
import { ask } from '../api/ask.ts';
import { DeliveryTable } from '../hooks/delivery-table.tsx';
import { SecretTable } from '../hooks/secret-table.tsx';
import { SenderList } from '../hooks/sender-list.tsx';
import { useShown } from '../live/use-shown.ts';
import { SelectField } from '../parts/fields.tsx';
import { NewestList } from '../parts/newest-list.tsx';
import { Empty, ShownAs } from '../parts/notice.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Section } from '../parts/section.tsx';

const choices = (every: string, names: readonly string[]) => [
  { value: '', label: every },
  ...names.map((name) => ({ value: name, label: name })),
];

const Deliveries = ({
  secrets,
  senders,
}: {
  readonly secrets: readonly string[];
  readonly senders: readonly string[];
}) => {
  const { sender = '', secret = '' } = currentAddress.value.filters;
  const isFiltered = sender !== '' || secret !== '';
  return (
    <Section title="Deliveries">
      <search class="filters">
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
        filters={{ sender, secret }}
        step={50}
        what="deliveries"
        concerns={({ type }) => type === 'delivery' || type === 'push' || type === 'deployment'}
        empty={
          isFiltered ? (
            <>
              <p>No delivery matches.</p>
              <button type="button" onClick={() => setFilters({ sender: null, secret: null })}>
                Show all
              </button>
            </>
          ) : (
            <p>No hook was delivered yet: paste one of the addresses below.</p>
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
