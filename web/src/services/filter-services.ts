import { VERDICT_NAMES, type ServiceView, type VerdictName } from '../../../src/core/views.ts';

/** As the address has them; what is blank or absent filters nothing. */
export type ServiceFilters = {
  readonly q?: string;
  readonly cluster?: string;
  readonly stack?: string;
  readonly verdict?: string;
};

/** Stands for services that belong to no stack. No stack can have this name. */
export const NO_STACK = '-';

const words = (q: string): readonly string[] => q.toLowerCase().split(/\s+/).filter(Boolean);

const textOf = ({ name, stack, image, build, running, published }: ServiceView): string =>
  [name, stack, image, build?.version, build?.revision, running, published]
    .filter((part) => part !== null && part !== undefined)
    .join('\n')
    .toLowerCase();

/** Those that have every word of `q` in their name, stack, image, version, commit or digests. */
export const filterServices = (
  services: readonly ServiceView[],
  { q = '', cluster = '', stack = '', verdict = '' }: ServiceFilters,
): readonly ServiceView[] => {
  const wanted = words(q);
  return services.filter((service) => {
    if (cluster !== '' && service.cluster !== cluster) return false;
    if (stack !== '' && (service.stack ?? NO_STACK) !== stack) return false;
    if (verdict !== '' && service.verdict !== verdict) return false;
    if (wanted.length === 0) return true;
    const text = textOf(service);
    return wanted.every((word) => text.includes(word));
  });
};

/** How many services have each verdict that any has. */
export const countVerdicts = (
  services: readonly ServiceView[],
): readonly (readonly [VerdictName, number])[] =>
  VERDICT_NAMES.map((name) => {
    const { length } = services.filter(({ verdict }) => verdict === name);
    return [name, length] as const;
  }).filter(([, count]) => count > 0);
