import type { ComponentChildren } from 'preact';
import type { OverviewView } from '../../../src/core/contract/overview.ts';
import { ask } from '../api/ask.ts';
import type { Happening } from '../live/happening.ts';
import { type Source, useShown } from '../live/use-shown.ts';
import { Month } from '../overview/month.tsx';
import { RolloutList } from '../overview/rollout-list.tsx';
import { LastDay } from '../overview/timeline.tsx';
import { WaitList } from '../overview/wait-list.tsx';
import { ShownAs } from '../parts/notice.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Section } from '../parts/section.tsx';
import { ServiceLink, Verdict } from '../services/service-cells.tsx';
import { DownClusters } from '../services/standing-notices.tsx';

const CHANGES = new Set<Happening['type']>([
  'deployment',
  'step',
  'health',
  'waiting',
  'vote',
  'freeze',
  'cluster',
  'action',
]);

const OVERVIEW: Source<OverviewView> = {
  of: 'overview',
  read: (signal) => ask('/api/v1/overview', { signal }),
  concerns: ({ type }) => CHANGES.has(type),
};

/** One of the lists at the top: what is in it, or a line that nothing is. */
const Glance = ({
  title,
  count,
  none,
  more,
  children,
}: {
  readonly title: string;
  readonly count: number;
  readonly none: string;
  /** Where the rest is; null if this is everything. */
  readonly more: string | null;
  readonly children: ComponentChildren;
}) => (
  <Section
    title={title}
    aside={
      count > 0 && (
        <span class="count">
          {count}
          {more !== null && '+'}
        </span>
      )
    }
  >
    {count === 0 ? <p class="faint">{none}</p> : children}
    {more !== null && <a href={more}>See all</a>}
  </Section>
);

const Now = ({ overview }: { readonly overview: OverviewView }) => {
  const { services, troubles, rollouts, waiting, freezes } = overview;
  const retries = rollouts.items.filter(({ dueAt }) => dueAt !== null);
  const underWay = rollouts.items.filter(({ dueAt }) => dueAt === null);
  return (
    <div class="glances">
      <Glance
        title="Needs attention"
        count={troubles.items.length}
        none={
          services === 0
            ? 'No service is known yet.'
            : `Nothing. ${services === 1 ? 'The service works.' : `All ${services} services work.`}`
        }
        more={troubles.isWhole ? null : '#/services'}
      >
        <ul class="glance">
          {troubles.items.map((service) => (
            <li key={`${service.cluster}/${service.id}`}>
              <p>
                <ServiceLink cluster={service.cluster} name={service.name} />
              </p>
              <Verdict service={service} />
            </li>
          ))}
        </ul>
      </Glance>
      <Glance
        title="Deploying"
        count={underWay.length}
        none="Nothing is being deployed."
        more={rollouts.isWhole ? null : '#/deployments'}
      >
        <RolloutList rollouts={underWay} />
      </Glance>
      <Glance
        title="Waiting"
        count={waiting.items.length + retries.length + freezes.items.length}
        none="Nothing waits: every gate is open."
        more={waiting.isWhole ? (freezes.isWhole ? null : '#/health') : '#/waiting'}
      >
        <WaitList waiting={waiting} freezes={freezes} retries={retries} />
      </Glance>
    </div>
  );
};

/** A page to look at rather than to read: now, the last day, and the last month. */
export const OverviewPage = () => {
  const shown = useShown(OVERVIEW);
  return (
    <>
      <PageHead title="Overview" />
      <DownClusters />
      <ShownAs shown={shown} what="the overview">
        {(overview) => <Now overview={overview} />}
      </ShownAs>
      <LastDay />
      {shown.value !== null && <Month days={shown.value.days} />}
    </>
  );
};
