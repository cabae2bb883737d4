import { pullingWords } from '../../../src/core/swarm/pulling.ts';
import { nextTryOf, type Retry, retryOf, tryWords } from '../../../src/core/story/retry.ts';
import { toldTasks } from '../../../src/core/story/told-tasks.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { ServiceActs } from '../acts/service-acts.tsx';
import { ask } from '../api/ask.ts';
import { Took } from '../deployments/deployment-columns.tsx';
import { DeployedImage } from '../deployments/deployed-image.tsx';
import { FailureBox } from '../deployments/failure-box.tsx';
import { SpecDiff } from '../deployments/spec-diff.tsx';
import { StoryList } from '../deployments/story-list.tsx';
import { TaskTable } from '../deployments/task-table.tsx';
import { now } from '../live/now.ts';
import { serviceShown } from '../live/service-shown.ts';
import { useShown } from '../live/use-shown.ts';
import { Age } from '../parts/age.tsx';
import { StateBadge } from '../parts/badge.tsx';
import { Build } from '../images/build-facts.tsx';
import { DigestChange } from '../images/digest.tsx';
import { Facts } from '../parts/facts.tsx';
import { ForgeFact } from '../deployments/forge-fact.tsx';
import { Loading, ProblemNotice, ShownAs } from '../parts/notice.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Section } from '../parts/section.tsx';
import { ServiceLink, Verdict } from '../services/service-cells.tsx';
import { isOpen } from '../words/deployment-words.ts';

const NOT_FOUND = 404;

/** The service's present state, and what a person may do about it. */
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

const Try = ({ retry }: { readonly retry: Retry }) => (
  <>
    {tryWords(retry)}
    {retry.notBefore !== null && (
      <>
        , due <Age at={retry.notBefore} />
      </>
    )}
  </>
);

/** The number of the try and when it was due, for this deployment and for the next try. */
const triesOf = (deployment: DeploymentView) => {
  const retry = retryOf(deployment);
  const next = nextTryOf(deployment);
  return [
    ...(retry === null ? [] : [['Try', <Try key="try" retry={retry} />] as const]),
    ...(next === null ? [] : [['Next try', <Try key="next" retry={next} />] as const]),
  ];
};

const Deployment = ({ deployment }: { readonly deployment: DeploymentView }) => {
  const tasks = toldTasks(deployment);
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
                [
                  'State',
                  <span key="state">
                    <StateBadge state={deployment.state} /> {pullingWords(deployment, now.value)}
                  </span>,
                ],
                ['Cluster', deployment.cluster],
                ['Image', <DeployedImage key="image" deployment={deployment} />],
                ['Digest', <DigestChange key="digest" from={deployment.from} to={deployment.to} />],
                ['Version', <Build key="build" build={deployment.build} />],
                ...(deployment.forge === undefined
                  ? []
                  : [['Forge', <ForgeFact key="forge" forge={deployment.forge} />] as const]),
                ['Queued', <Age key="queued" at={deployment.queuedAt} />],
                ...triesOf(deployment),
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
        <Section title={isOpen(deployment) ? 'Tasks' : 'Tasks, as the deployment ended'}>
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
