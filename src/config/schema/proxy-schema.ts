import { createSecret, type Secret } from '../../core/secret.ts';
import type { ProxiesConfig } from './config.ts';
import { matching } from './fields.ts';
import type { Environment } from '../source/read-variables.ts';
import type { Source } from '../source/source.ts';

const EXPECTED = 'the address of a proxy such as http://proxy.example:3128';

/** Many people write `proxy:3128`, which curl and Docker accept too. */
const withScheme = (text: string): string => (text.includes('://') ? text : `http://${text}`);

const isProxy = (text: string): boolean => {
  const address = withScheme(text);
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, pathname, search, hash } = new URL(address);
  const isKnown = ['http:', 'https:', 'socks5:'].includes(protocol);
  return isKnown && hostname !== '' && /^\/?$/.test(pathname) && `${search}${hash}` === '';
};

const toProxy = (text: string): Secret => createSecret(withScheme(text));

/** `proxy` of a registry: its address, which may contain a password, or `none`. */
export const proxy = matching(
  `${EXPECTED}, or none`,
  (value) => value === 'none' || isProxy(value),
).transform((value): 'none' | Secret => (value === 'none' ? 'none' : toProxy(value)));

/** The first of the names that is set. The lower-case name comes first, as in other programs. */
const saidBy = (env: Environment, name: string): { name: string; value: string } | null => {
  for (const spelt of [name.toLowerCase(), name]) {
    const value = env[spelt]?.trim() ?? '';
    if (value !== '') return { name: spelt, value };
  }
  return null;
};

/** Reads the usual proxy variables from the environment. */
export const readProxies = (source: Source, env: Environment): ProxiesConfig => {
  const read = (name: string): Secret | null => {
    const said = saidBy(env, name);
    if (said === null) return null;
    if (isProxy(said.value)) return toProxy(said.value);
    source.problems.push({
      key: null,
      origin: { kind: 'variable', name: said.name },
      found: 'something else',
      expected: EXPECTED,
      hint: null,
    });
    return null;
  };
  return {
    https: read('HTTPS_PROXY'),
    http: read('HTTP_PROXY'),
    bypass: saidBy(env, 'NO_PROXY')?.value ?? '',
  };
};
