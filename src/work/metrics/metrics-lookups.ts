import { Counter, type Registry } from 'prom-client';
import type { Registries } from '../../core/contract/registries.ts';

/**
 * Counts the registries' answers to lookups, by host and outcome. A lookup that its caller gave up is not counted.
 */
export const countLookups = <T extends Pick<Registries, 'findDigest'>>(
  registries: T,
  registry: Registry,
  limit: (host: string) => string,
): T => {
  const counter = new Counter({
    name: 'cd_helper_lookups_total',
    help: 'Lookups of tags, by registry and result.',
    labelNames: ['registry', 'status'],
    registers: [registry],
  });
  return {
    ...registries,
    findDigest: async (image, signal) => {
      const answer = await registries.findDigest(image, signal);
      const status = answer.kind === 'published' ? answer.kind : answer.reason;
      counter.inc({ registry: limit(image.registry), status });
      return answer;
    },
  };
};
