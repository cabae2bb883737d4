import type { RunSummary } from '../../../src/core/contract/run-views.ts';
import { NewestList } from '../parts/newest-list.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Section } from '../parts/section.tsx';
import { RunForm } from '../runs/run-form.tsx';
import { RunTable } from '../runs/run-table.tsx';

export const SmartRedeployPage = () => (
  <>
    <PageHead title="SmartRedeploy" />
    <p class="lead">
      Checks every selected service, asks each image’s registry once, and deploys what is obsolete.
      A dry run changes nothing: it says what would be deployed, and lets you choose.
    </p>
    <RunForm />
    <Section title="Runs">
      <NewestList<RunSummary>
        path="/api/v1/runs"
        step={20}
        what="runs"
        concerns={({ type }) => type === 'run'}
        empty={<p>No runs yet.</p>}
      >
        {(runs) => <RunTable runs={runs} />}
      </NewestList>
    </Section>
  </>
);
