import type { TimelineView } from '../../../src/core/contract/overview.ts';
import { currentAddress, setFilters } from '../address/current-address.ts';
import { ask } from '../api/ask.ts';
import { query } from '../api/query.ts';
import type { Happening } from '../live/happening.ts';
import { type Source, useShown } from '../live/use-shown.ts';
import { TextField } from '../parts/fields.tsx';
import { Empty, ShownAs } from '../parts/notice.tsx';
import { Section } from '../parts/section.tsx';
import { useSettled } from '../parts/use-settled.ts';
import { Lanes } from './lanes.tsx';

/** After this pause, a person has finished typing the search. */
const TYPING_MS = 250;
/** The API's limit. */
const LONGEST_SEARCH = 255;
const DAYS_OF_SERVICE = 7;

const CHANGES = new Set<Happening['type']>(['deployment', 'push', 'freeze', 'health', 'cluster']);

const timelineOf = (asked: Readonly<Record<string, string | number>>): Source<TimelineView> => ({
  of: 'timeline',
  variant: query(asked),
  read: (signal) => ask(`/api/v1/timeline${query(asked)}`, { signal }),
  concerns: ({ type }) => CHANGES.has(type),
});

const Nothing = ({ q }: { readonly q: string }) => (
  <Empty>
    {q === '' ? (
      <>
        <p>There is no service to deploy to, or its cluster is unreachable.</p>
        <a href="#/health">See the health of the clusters</a>
      </>
    ) : (
      <>
        <p>No service matches.</p>
        <button type="button" onClick={() => setFilters({ q: null })}>
          Show all
        </button>
      </>
    )}
  </Empty>
);

/** The last day of the most urgent services, with a search for any other. */
export const LastDay = () => {
  const { q = '' } = currentAddress.value.filters;
  const asked = useSettled(q.trim(), TYPING_MS).slice(0, LONGEST_SEARCH);
  const shown = useShown(timelineOf({ q: asked }));
  return (
    <Section
      title="Last 24 hours"
      aside={
        <search>
          <TextField
            label="Search"
            isSearch
            value={q}
            placeholder="service, stack, image"
            onChange={(value) => setFilters({ q: value })}
          />
        </search>
      }
    >
      <ShownAs shown={shown} what="the last day">
        {({ since, lanes, left }) =>
          lanes.length === 0 ? (
            <Nothing q={asked} />
          ) : (
            <>
              <Lanes label="Last 24 hours" since={since} lanes={lanes} />
              {lanes.every(({ deployments, pushes }) => deployments.length + pushes.length === 0) &&
                asked === '' && (
                  <p class="faint">
                    No push and no deployment yet. <a href="#/hooks">Add a webhook</a> to your
                    registry, or let <a href="#/smart-redeploy">SmartRedeploy</a> look for new
                    images.
                  </p>
                )}
              {left > 0 && (
                <p class="faint">
                  {left} more, with less to see: search for them, or{' '}
                  <a href="#/services">see all services</a>.
                </p>
              )}
            </>
          )
        }
      </ShownAs>
    </Section>
  );
};

/** The last week of one service. */
export const LastWeek = ({ cluster, id }: { readonly cluster: string; readonly id: string }) => {
  const shown = useShown(timelineOf({ cluster, service: id, days: DAYS_OF_SERVICE }));
  return (
    <Section title="Last 7 days">
      <ShownAs shown={shown} what="its last days">
        {({ since, lanes }) => <Lanes label="Last 7 days" since={since} lanes={lanes} />}
      </ShownAs>
    </Section>
  );
};
