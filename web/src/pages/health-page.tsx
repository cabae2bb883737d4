import type { Page, QueueView, RegistryView } from '../../../src/core/contract/views.ts';
import { ask } from '../api/ask.ts';
import { ActionSection } from '../health/action-section.tsx';
import { ClusterTable } from '../health/cluster-table.tsx';
import { FreezeSection } from '../health/freeze-section.tsx';
import { InstanceSection } from '../health/instance-section.tsx';
import { QueueTable } from '../health/queue-table.tsx';
import { RegistryTable } from '../health/registry-table.tsx';
import { CLUSTERS } from '../live/clusters-shown.ts';
import { type Source, useShown } from '../live/use-shown.ts';
import { Empty, ShownAs } from '../parts/notice.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Section } from '../parts/section.tsx';

const QUEUE: Source<readonly QueueView[]> = {
  of: 'queue',
  read: async (signal) => (await ask<Page<QueueView>>('/api/v1/queue', { signal })).items,
  concerns: ({ type }) => type === 'push' || type === 'check' || type === 'deployment',
};

const REGISTRIES: Source<readonly RegistryView[]> = {
  of: 'registries',
  read: async (signal) => (await ask<Page<RegistryView>>('/api/v1/registries', { signal })).items,
  concerns: ({ type }) => type === 'check' || type === 'published',
};

export const HealthPage = () => {
  const clusters = useShown(CLUSTERS);
  const queue = useShown(QUEUE);
  const registries = useShown(REGISTRIES);
  return (
    <>
      <PageHead title="Health" />
      <Section title="Clusters">
        <ShownAs shown={clusters} what="clusters">
          {(items) => <ClusterTable clusters={items} />}
        </ShownAs>
      </Section>
      <InstanceSection />
      <FreezeSection clusters={clusters.value ?? []} />
      <Section title="Queue">
        <ShownAs shown={queue} what="the queue">
          {(items) => <QueueTable queue={items} />}
        </ShownAs>
      </Section>
      <Section title="Registries">
        <ShownAs shown={registries} what="registries">
          {(items) =>
            items.length === 0 ? (
              <Empty>
                <p>No registry has reported a limit yet.</p>
              </Empty>
            ) : (
              <RegistryTable registries={items} />
            )
          }
        </ShownAs>
      </Section>
      <ActionSection />
    </>
  );
};
