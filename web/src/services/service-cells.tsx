import type { ServiceView } from '../../../src/core/contract/views.ts';
import { moveReason } from '../../../src/core/policy/tracking.ts';
import { printAddress } from '../address/address.ts';
import { healthWords } from '../../../src/core/health/health-words.ts';
import { Age } from '../parts/age.tsx';
import { HealthBadge, VerdictBadge } from '../parts/badge.tsx';
import { JoinedName } from '../images/joined-name.tsx';
import { explainHealth, isNoteworthy } from '../words/health-words.ts';
import { briefReason, reasonWords } from '../words/verdict-words.ts';
import { visibleText } from '../words/visible-text.ts';
import { isShort } from './urgency.ts';

const serviceAddress = ({ cluster, name }: Pick<ServiceView, 'cluster' | 'name'>): string =>
  printAddress(['services', cluster, name]);

export const ServiceLink = ({
  cluster,
  name,
}: {
  readonly cluster: string;
  readonly name: string;
}) => (
  <a class="name" href={serviceAddress({ cluster, name })}>
    <JoinedName name={name} />
  </a>
);

export const Replicas = ({ service }: { readonly service: ServiceView }) => {
  const { replicas } = service;
  if (replicas === null) return <span class="faint">unknown</span>;
  return (
    <span class={isShort(service) ? 'short' : ''}>
      {replicas.running} of {replicas.desired}
    </span>
  );
};

/** Why it would move to another tag. */
const Move = ({ service: { tracking } }: { readonly service: ServiceView }) => {
  if (tracking === undefined || tracking.next === null) return null;
  return <span class="reason">{visibleText(moveReason(tracking))}</span>;
};

/** The health if it is not well, then the verdict. */
export const Verdict = ({ service }: { readonly service: ServiceView }) => (
  <span class="verdict">
    {isNoteworthy(service) && (
      <span class="health" title={visibleText(explainHealth(service))}>
        <HealthBadge health={service.health} />
        <span class="reason">
          {visibleText(healthWords(service.healthReason))}
          {service.healthSince !== null && service.health !== 'stopped' && (
            <>
              , since <Age at={service.healthSince} />
            </>
          )}
        </span>
      </span>
    )}
    <VerdictBadge verdict={service.verdict} />
    {service.reason !== null && (
      <span class="reason" title={visibleText(reasonWords(service))}>
        {visibleText(briefReason(service))}
      </span>
    )}
    {service.reason === null && <Move service={service} />}
  </span>
);
