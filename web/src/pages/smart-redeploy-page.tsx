import { useState } from 'preact/hooks';
import type { RunSummary } from '../../../src/core/views.ts';
import { type Newest, readNewest } from '../api/read-newest.ts';
import { useShown } from '../live/use-shown.ts';
import { Empty, ShownAs } from '../parts/notice.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Section } from '../parts/section.tsx';
import { ShowOlder } from '../parts/show-older.tsx';
import { RunForm } from '../runs/run-form.tsx';
import { RunTable } from '../runs/run-table.tsx';

const STEP = 20;

export const SmartRedeployPage = () => {
  const [count, setCount] = useState(STEP);
  const shown = useShown<Newest<RunSummary>>({
    of: 'runs',
    variant: String(count),
    read: (signal) => readNewest('/api/v1/runs', {}, count, signal),
    concerns: ({ type }) => type === 'run',
  });
  return (
    <>
      <PageHead title="SmartRedeploy" />
      <p class="lead">
        Looks at every service that is selected, asks each image’s registry once, and deploys what
        is obsolete. A dry run changes nothing: it says what would be deployed, and lets you choose.
      </p>
      <RunForm />
      <Section title="Runs">
        <ShownAs shown={shown} what="runs">
          {({ items, hasMore }) =>
            items.length === 0 ? (
              <Empty>
                <p>There was no run yet.</p>
              </Empty>
            ) : (
              <>
                <RunTable runs={items} />
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
    </>
  );
};
