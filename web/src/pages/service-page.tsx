import type { DeploymentView, ServiceView } from '../../../src/core/contract/views.ts';
import { isFrozenBy } from '../acts/freeze-words.ts';
import { ServiceActs } from '../acts/service-acts.tsx';
import { type Newest, readNewest } from '../api/read-newest.ts';
import { DeploymentTable } from '../deployments/deployment-table.tsx';
import { FREEZES } from '../live/freezes-shown.ts';
import type { Shown } from '../live/keep-shown.ts';
import { serviceShown } from '../live/service-shown.ts';
import { useShown } from '../live/use-shown.ts';
import { LastWeek } from '../overview/timeline.tsx';
import { Age } from '../parts/age.tsx';
import { HealthBadge, VerdictBadge } from '../parts/badge.tsx';
import { Build } from '../images/build-facts.tsx';
import { Digest } from '../images/digest.tsx';
import { Facts } from '../parts/facts.tsx';
import { Icon } from '../parts/icon.tsx';
import { ImageName } from '../images/image-name.tsx';
import { Empty, ShownAs } from '../parts/notice.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Section } from '../parts/section.tsx';
import { Replicas } from '../services/service-cells.tsx';
import { ServiceTrouble, storyFacts, useStanding } from '../services/service-trouble.tsx';
import { TrackingSection } from '../services/tracking-section.tsx';
import { ServiceGates } from '../waiting/service-gates.tsx';
import { isObserved } from '../words/health-words.ts';
import { explainVerdict, verdictAdvice } from '../words/verdict-words.ts';
import { visibleText } from '../words/visible-text.ts';

const HISTORY = 50;

const Freezes = ({ service }: { readonly service: ServiceView }) => {
  const { value } = useShown(FREEZES);
  return (
    <>
      {(value ?? [])
        .filter((freeze) => isFrozenBy(freeze, service))
        .map(({ id, reason, by, until }) => (
          <div key={id} class="notice hold">
            <Icon name="pause" />
            <p>
              <strong>Frozen by token {visibleText(by)}:</strong> {visibleText(reason)}
              {until === null ? (
                ' (until somebody lifts it)'
              ) : (
                <>
                  {' '}
                  (ends <Age at={until} />)
                </>
              )}
            </p>
          </div>
        ))}
    </>
  );
};

type Deployments = Newest<DeploymentView>;

const History = ({ shown }: { readonly shown: Shown<Deployments> }) => (
  <ShownAs shown={shown} what="its deployments">
    {({ items }) =>
      items.length === 0 ? (
        <Empty>
          <p>The helper has not deployed this service yet.</p>
        </Empty>
      ) : (
        <DeploymentTable label="History" deployments={items} />
      )
    }
  </ShownAs>
);

const Service = ({
  service,
  onDone,
}: {
  readonly service: ServiceView;
  readonly onDone: () => void;
}) => {
  const { cluster, id } = service;
  const history = useShown<Deployments>({
    of: `history ${cluster}/${id}`,
    read: (signal) => readNewest('/api/v1/deployments', { cluster, service: id }, HISTORY, signal),
    concerns: ({ type }) => type === 'deployment' || type === 'step',
  });
  const standing = useStanding(service, history.value?.items ?? null);
  return (
    <>
      <ServiceTrouble service={service} standing={standing} />
      <p class="lead">
        {visibleText([explainVerdict(service), verdictAdvice(service)].join(' ').trim())}
      </p>
      <ServiceActs service={service} onDone={onDone} />
      <ServiceGates service={service} onDone={onDone} />
      <Freezes service={service} />
      <Facts
        facts={[
          ['Cluster', service.cluster],
          ['Stack', service.stack ?? <span class="faint">none</span>],
          ['Image', <ImageName key="image" image={service.image} />],
          ['Version', <Build key="build" build={service.build} />],
          ['Running', <Digest key="running" value={service.running} />],
          ...(standing.story === null ? [] : storyFacts(standing.story)),
          [
            'Published',
            <span key="published" class="change">
              <Digest value={service.published} />
              <span class="faint">
                asked <Age at={service.checkedAt} />
              </span>
            </span>,
          ],
          ['Tasks', <Replicas key="tasks" service={service} />],
          ['Failed tasks', `${service.restarts} in the last hour`],
          ['Mode', service.mode],
          ['Changed', <Age key="changed" at={service.updatedAt} />],
          [
            'Id',
            <code key="id" class="id">
              {service.id}
            </code>,
          ],
        ]}
      />
      <TrackingSection service={service} />
      <LastWeek cluster={cluster} id={id} />
      <Section title="History">
        <History shown={history} />
      </Section>
    </>
  );
};

export const ServicePage = ({
  cluster,
  name,
}: {
  readonly cluster: string;
  readonly name: string;
}) => {
  const shown = useShown(serviceShown(cluster, name));
  return (
    <>
      <PageHead title={visibleText(name)}>
        {shown.value !== null && isObserved(shown.value) && (
          <HealthBadge health={shown.value.health} />
        )}
        {shown.value !== null && <VerdictBadge verdict={shown.value.verdict} />}
      </PageHead>
      <ShownAs shown={shown} what="the service">
        {(service) => <Service service={service} onDone={shown.readSoon} />}
      </ShownAs>
    </>
  );
};
