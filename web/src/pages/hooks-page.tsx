import { useState } from 'preact/hooks';
import type { DeliveryView, HookSecretView, Page, SenderView } from '../../../src/core/views.ts';
import { currentAddress, setFilters } from '../address/current-address.ts';
import { ask } from '../api/ask.ts';
import { type Newest, readNewest } from '../api/read-newest.ts';
import { DeliveryTable } from '../hooks/delivery-table.tsx';
import { SecretTable } from '../hooks/secret-table.tsx';
import { SenderList } from '../hooks/sender-list.tsx';
import { useShown } from '../live/use-shown.ts';
import { SelectField } from '../parts/fields.tsx';
import { Empty, ShownAs } from '../parts/notice.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Section } from '../parts/section.tsx';
import { ShowOlder } from '../parts/show-older.tsx';

const STEP = 50;

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
  const [count, setCount] = useState(STEP);
  const { sender = '', secret = '' } = currentAddress.value.filters;
  const shown = useShown<Newest<DeliveryView>>({
    of: 'deliveries',
    variant: JSON.stringify([sender, secret, count]),
    read: (signal) => readNewest('/api/v1/deliveries', { sender, secret }, count, signal),
    concerns: ({ type }) => type === 'delivery' || type === 'push' || type === 'deployment',
  });
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
      <ShownAs shown={shown} what="deliveries">
        {({ items, hasMore }) =>
          items.length === 0 ? (
            <Empty>
              <p>
                {sender === '' && secret === ''
                  ? 'No hook was delivered yet: paste one of the addresses below.'
                  : 'No delivery matches.'}
              </p>
              {(sender !== '' || secret !== '') && (
                <button type="button" onClick={() => setFilters({ sender: null, secret: null })}>
                  Show all
                </button>
              )}
            </Empty>
          ) : (
            <>
              <DeliveryTable deliveries={items} />
              <ShowOlder
                hasMore={hasMore}
                isReading={!shown.isWhole}
                onMore={() => setCount(count + STEP)}
              />
            </>
          )
        }
      </ShownAs>
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
