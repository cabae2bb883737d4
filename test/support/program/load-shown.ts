import { createHash } from 'node:crypto';
import { type LoadedConfig, loadConfig } from '../../../src/config/load-config.ts';
import { SENDERS } from '../../../src/intake/senders.ts';

const PEM = '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n';

/** For parts of a configuration that refer to clusters defined elsewhere in it. */
const CLUSTERS = `clusters:
  - { name: production, type: engine, url: unix:///var/run/docker.sock }
  - { name: qa, type: engine, url: tcp://10.0.0.5:2375 }
`;

/**
 * Loads a configuration from the documentation, or a part of one, as the helper does. Provides every secret file and
 * variable that it refers to.
 */
export const loadShown = (part: string): LoadedConfig => {
  const yaml = /^clusters:/m.test(part) ? part : `${CLUSTERS}${part}`;
  const names = [...yaml.matchAll(/(?<!\$)\$\{(\w+)\}/g)].map(([, name = '']) => name);
  const secret = (name: string): string => createHash('sha256').update(name).digest('hex');
  return loadConfig({
    argvConfig: 'shown.yaml',
    env: Object.fromEntries(names.map((name) => [name, secret(name)])),
    readFile: (path) => {
      if (path === 'shown.yaml') return yaml;
      const before = yaml.slice(0, yaml.indexOf(path));
      const key = before.match(/(\w+)File:\s*$/)?.[1] ?? '';
      const section = before.match(/^\w+(?=:)/gm)?.at(-1);
      if (['ca', 'cert', 'key', 'privateKey'].includes(key)) return PEM;
      if (section === 'store') return `postgres://cd:${secret(path)}@db.example/cd_helper`;
      return key === 'url' ? `https://receiver.example.org/${secret(path)}` : secret(path);
    },
    senders: SENDERS.map(({ name }) => name),
  });
};
