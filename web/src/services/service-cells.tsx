import type { ServiceView } from '../../../src/core/views.ts';
import { printAddress } from '../address/address.ts';
import { VerdictBadge } from '../parts/badge.tsx';
import { JoinedName } from '../parts/joined-name.tsx';
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
  if (replicas === null) return <span class="faint">not told</span>;
  return (
    <span class={isShort(service) ? 'short' : ''}>
      {replicas.running} of {replicas.desired}
    </span>
  );
};

export const Verdict = ({ service }: { readonly service: ServiceView }) => (
  <span class="verdict">
    <VerdictBadge verdict={service.verdict} />
    {service.reason !== null && (
      <span class="reason" title={visibleText(reasonWords(service))}>
        {visibleText(briefReason(service))}
      </span>
    )}
  </span>
);
