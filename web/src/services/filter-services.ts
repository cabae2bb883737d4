import { HEALTH_NAMES, type HealthName } from '../../../src/core/health/health.ts';
import { healthWords } from '../../../src/core/health/health-words.ts';
import {
  VERDICT_NAMES,
  type ServiceView,
  type VerdictName,
} from '../../../src/core/contract/views.ts';

/** The filters in the address. Blank or missing ones match everything. */
export type ServiceFilters = {
  readonly q?: string;
  readonly cluster?: string;
  readonly stack?: string;
  readonly verdict?: string;
  readonly health?: string;
};

/** Stands for services that belong to no stack. No stack can have this name. */
export const NO_STACK = '-';

const words = (q: string): readonly string[] => q.toLowerCase().split(/\s+/).filter(Boolean);

/** Search texts for a person who knows only that something is wrong. */
const healthTexts = ({ health, healthReason, lastError }: ServiceView) =>
  health === 'ok' || health === 'unknown'
    ? []
    : [health, healthReason, healthWords(healthReason), lastError];

const textOf = (service: ServiceView): string =>
  [
    service.name,
    service.stack,
    service.image,
    service.build?.version,
    service.build?.revision,
    service.running,
    service.published,
    ...healthTexts(service),
  ]
    .filter((part) => part !== null && part !== undefined)
    .join('\n')
    .toLowerCase();

/** Services with every word of `q` in their name, stack, image, version, commit, digests or problem. */
export const filterServices = (
  services: readonly ServiceView[],
  { q = '', cluster = '', stack = '', verdict = '', health = '' }: ServiceFilters,
): readonly ServiceView[] => {
  const wanted = words(q);
  return services.filter((service) => {
    if (cluster !== '' && service.cluster !== cluster) return false;
    if (stack !== '' && (service.stack ?? NO_STACK) !== stack) return false;
    if (verdict !== '' && service.verdict !== verdict) return false;
    if (health !== '' && service.health !== health) return false;
    if (wanted.length === 0) return true;
    const text = textOf(service);
    return wanted.every((word) => text.includes(word));
  });
};

/** The number of services per verdict, without verdicts that no service has. */
export const countVerdicts = (
  services: readonly ServiceView[],
): readonly (readonly [VerdictName, number])[] =>
  VERDICT_NAMES.map((name) => {
    const { length } = services.filter(({ verdict }) => verdict === name);
    return [name, length] as const;
  }).filter(([, count]) => count > 0);

/** The number of services per health, without `ok` and those that no service has. */
export const countHealth = (
  services: readonly ServiceView[],
): readonly (readonly [HealthName, number])[] =>
  HEALTH_NAMES.map((name) => {
    const { length } = services.filter(
      ({ health, healthReason }) => health === name && healthReason !== 'not-observed',
    );
    return [name, length] as const;
  }).filter(([name, count]) => name !== 'ok' && count > 0);
