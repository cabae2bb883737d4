import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';

type StackFile = { readonly services: { readonly 'cd-helper': Record<string, unknown> } };

/**
 * A stack file as it is, but for what the sandbox's engine lacks and a real one has: a bridge and
 * IPVS. Its containers use its own network, where nothing has to be published and a service has no
 * virtual address. The shorter interval is for the clock alone.
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
