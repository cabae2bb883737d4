import type { DeploymentView } from '../../../src/core/views.ts';
import { ServiceActs } from '../acts/service-acts.tsx';
import { ask } from '../api/ask.ts';
import { Took } from '../deployments/deployment-columns.tsx';
import { FailureBox } from '../deployments/failure-box.tsx';
import { SpecDiff } from '../deployments/spec-diff.tsx';
import { StoryList } from '../deployments/story-list.tsx';
import { TaskTable } from '../deployments/task-table.tsx';
import { toldTasks } from '../deployments/told-tasks.ts';
import { serviceShown } from '../live/service-shown.ts';
import { useShown } from '../live/use-shown.ts';
import { Age } from '../parts/age.tsx';
import { StateBadge } from '../parts/badge.tsx';
import { Build } from '../parts/build-facts.tsx';
import { DigestChange } from '../parts/digest.tsx';
import { Facts } from '../parts/facts.tsx';
import { ImageName } from '../parts/image-name.tsx';
import { Loading, ProblemNotice, ShownAs } from '../parts/notice.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Section } from '../parts/section.tsx';
import { ServiceLink, Verdict } from '../services/service-cells.tsx';

const NOT_FOUND = 404;

/** How the service stands now, and what may be done about it. */
const Now = ({ deployment: { cluster, service } }: { readonly deployment: DeploymentView }) => {
  const shown = useShown(serviceShown(cluster, service.id));
  if (shown.value !== null) {
    return (
      <>
        <p>
          <ServiceLink cluster={cluster} name={service.name} /> <Verdict service={shown.value} />
        </p>
        <ServiceActs service={shown.value} onDone={shown.readSoon} />
      </>
    );
  }
  if (shown.problem === null) return <Loading what="the service" />;
  return shown.problem.status === NOT_FOUND ? (
    <p class="faint">The service is no longer there.</p>
  ) : (
    <ProblemNotice problem={shown.problem} what="Could not read the service:" />
  );
};

const Deployment = ({ deployment }: { readonly deployment: DeploymentView }) => {
  const tasks = toldTasks(deployment.steps);
  const { failure } = deployment;
  const { changes } = deployment;
  return (
    <>
      {failure !== null && <FailureBox failure={failure} reason={deployment.reason} />}
      <div class="columns">
        <Section title="What happened">
          <StoryList deployment={deployment} />
        </Section>
        <div>
          <Section title="What was deployed">
            <Facts
              facts={[
                ['State', <StateBadge key="state" state={deployment.state} />],
                ['Cluster', deployment.cluster],
                ['Image', <ImageName key="image" image={deployment.image} />],
                ['Digest', <DigestChange key="digest" from={deployment.from} to={deployment.to} />],
                ['Version', <Build key="build" build={deployment.build} />],
                ['Queued', <Age key="queued" at={deployment.queuedAt} />],
                ['Took', <Took key="took" deployment={deployment} />],
              ]}
            />
          </Section>
          <Section title="The service now">
            <Now deployment={deployment} />
          </Section>
        </div>
      </div>
      {tasks.length > 0 && (
        <Section title="Tasks">
          <TaskTable tasks={tasks} />
        </Section>
      )}
      {changes !== null && changes.length > 0 && (
        <Section title="What it changed in the service">
          <SpecDiff changes={changes} />
        </Section>
      )}
    </>
  );
};

export const DeploymentPage = ({ id }: { readonly id: string }) => {
  const shown = useShown<DeploymentView>({
    of: `deployment ${id}`,
    read: (signal) => ask(`/api/v1/deployments/${encodeURIComponent(id)}`, { signal }),
    concerns: (happening) =>
      (happening.type === 'deployment' && happening.id === id) ||
      (happening.type === 'step' && happening.deployment === id),
  });
  const name = shown.value?.service.name;
  return (
    <>
      <PageHead title={name === undefined ? 'Deployment' : `Deployment of ${name}`}>
        {shown.value !== null && <StateBadge state={shown.value.state} />}
      </PageHead>
      <ShownAs shown={shown} what="the deployment">
        {(deployment) => <Deployment deployment={deployment} />}
      </ShownAs>
    </>
  );
};
