import { Counter, type Registry } from 'prom-client';
import type { Registries } from '../../core/contract/registries.ts';

/**
 * Counts what registries answer when they are asked for a tag, by host and by what came of it. A
 * look-up that its caller gave up is not counted.
 */
export const countLookUps = <T extends Pick<Registries, 'findDigest'>>(
  registries: T,
  registry: Registry,
  limit: (host: string) => string,
): T => {
  const counter = new Counter({
    name: 'cd_helper_look_ups_total',
    help: 'Tags that registries were asked for, by registry and by what came of it.',
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
