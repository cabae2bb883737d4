import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';

type StackFile = { readonly services: { readonly 'cd-helper': Record<string, unknown> } };

/**
 * A stack file without what a real engine has and the sandbox's engine lacks: a bridge and IPVS. Its containers use the
 * engine's own network, where no port needs to be published and a service has no virtual address. The interval is
 * shorter only to save time.
 */
export const sandboxStack = (file: string): string => {
  const stack = parse(readFileSync(file, 'utf8')) as StackFile;
  const { ports: _, healthcheck, deploy, ...service } = stack.services['cd-helper'];
  return stringify({
    ...stack,
    services: {
      'cd-helper': {
        ...service,
        networks: ['machine'],
        healthcheck: { ...(healthcheck as object), interval: '1s' },
        deploy: { ...(deploy as object), endpoint_mode: 'dnsrr' },
      },
    },
    networks: { machine: { external: true, name: 'host' } },
  });
};
