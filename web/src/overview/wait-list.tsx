import type { OverviewView, RolloutView } from '../../../src/core/contract/overview.ts';
import { scopeWords } from '../acts/freeze-words.ts';
import { deploymentAddress } from '../deployments/deployment-columns.tsx';
import { JoinedName } from '../images/joined-name.tsx';
import { Age } from '../parts/age.tsx';
import { Icon } from '../parts/icon.tsx';
import { ServiceLink } from '../services/service-cells.tsx';
import { GATE_NAMES } from '../waiting/gate-list.tsx';
import { visibleText } from '../words/visible-text.ts';

/** What waits for a gate, for its next try, or for the end of a freeze, and until when. */
export const WaitList = ({
  waiting,
  freezes,
  retries,
}: Pick<OverviewView, 'waiting' | 'freezes'> & { readonly retries: readonly RolloutView[] }) => (
  <ul class="glance">
    {waiting.items.map(({ cluster, id, name, target, gates }) => (
      <li key={`${cluster}/${id}`}>
        <p>
          <ServiceLink cluster={cluster} name={name} />{' '}
          <span class="faint">to {visibleText(target.tag)}</span>
        </p>
        {gates.map(({ gate, source, until, votes, detail }) => (
          <span key={`${gate} ${source}`} class="reason" title={visibleText(detail)}>
            <Icon name={votes === null ? 'clock' : 'user'} /> {GATE_NAMES[gate]}
            {votes !== null && `: ${votes.given} of ${votes.needed} votes`}
            {until !== null && (
              <>
                , {votes === null ? 'opens' : 'ends'} <Age at={until} />
              </>
            )}
          </span>
        ))}
      </li>
    ))}
    {retries.map(({ id, service, toTag, dueAt }) => (
      <li key={id}>
        <p>
          <a class="name" href={deploymentAddress(id)}>
            <JoinedName name={service.name} />
          </a>{' '}
          <span class="faint">to {visibleText(toTag)}</span>
        </p>
        <span class="reason">
          <Icon name="cycle" /> next try <Age at={dueAt} />
        </span>
      </li>
    ))}
    {freezes.items.map((freeze) => (
      <li key={freeze.id}>
        <p>
          <a class="name" href="#/health">
            {visibleText(scopeWords(freeze))}
          </a>
        </p>
        <span class="reason">
          <Icon name="pause" /> frozen
          {freeze.until === null ? (
            ' until somebody lifts it'
          ) : (
            <>
              , ends <Age at={freeze.until} />
            </>
          )}
          : {visibleText(freeze.reason)}
        </span>
      </li>
    ))}
  </ul>
);
