import { isIPv6 } from 'node:net';
import { createSecret } from '../../core/secret.ts';
import type { PostgresAddress, PostgresHost, PostgresTls } from '../../core/store-setting.ts';

export const isPostgresUrl = (text: string): boolean => /^postgres(?:ql)?:\/\//i.test(text);

/** The settings in an address besides its destination. Both are also keys of `store`. */
export type PostgresUrl = {
  readonly address: PostgresAddress;
  readonly schema: string | null;
  readonly poolSize: string | null;
};

export type ParsedPostgresUrl =
  | { readonly ok: true; readonly url: PostgresUrl }
  | {
      readonly ok: false /** What is expected; nothing of the address. */;
      readonly expected: string;
    };

/** User, hosts, database and parameters. `URL` cannot parse several hosts with ports. */
const FORM = /^postgres(?:ql)?:\/\/(?:([^@/?#]*)@)?([^@/?#]*)(?:\/([^/?#]*))?(?:\?([^#]*))?$/i;

const MODES = {
  disable: 'off',
  require: 'encrypt',
  'verify-ca': 'verify-ca',
  'verify-full': 'verify-full',
} as const;
const PARAMETERS: readonly string[] = [
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'host',
  'schema',
  'poolSize',
  'target_session_attrs',
];
/** The helper always looks for the server that accepts writes. */
const SESSION_ATTRIBUTES: readonly string[] = ['read-write', 'primary'];
const USUAL_PORT = 5432;
const MOST_HOSTS = 8;

class Refused extends Error {}
const refuse = (expected: string): never => {
  throw new Refused(expected);
};

const decode = (text: string, what: string): string => {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    return refuse(`a ${what} in which "%" is written as %25`);
  }
  return /\p{Cc}/u.test(decoded) ? refuse(`a ${what} on one line`) : decoded;
};

const parsePort = (text: string | undefined): number => {
  if (text === undefined || text === '') return USUAL_PORT;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port === 0 || port > 65_535) refuse('a port from 1 to 65535');
  return port;
};

const parseHost = (text: string): PostgresHost => {
  const [, name, address, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(text) ?? [];
  const host = decode(name ?? address ?? '', 'host');
  if (name !== undefined && !isIPv6(name)) refuse('an IPv6 address between brackets');
  if (name === undefined && !/^(?:[a-zA-Z0-9._-]+|\/[^\s]+)$/.test(host)) {
    refuse('hosts such as db1.example,db2.example:5433; an IPv6 address in brackets');
  }
  return { host, port: parsePort(port) };
};

const parseHosts = (
  authority: string,
  parameter: string | undefined,
): [PostgresHost, ...PostgresHost[]] => {
  if (parameter !== undefined && authority !== '') refuse('hosts before the path or in "host"');
  const [first = '', ...more] = (parameter ?? authority).split(',');
  if (first === '') refuse('a host: postgres://user:password@host/database');
  if (more.length >= MOST_HOSTS) refuse(`at most ${MOST_HOSTS} hosts`);
  return [parseHost(first), ...more.map(parseHost)];
};

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;
/** Traffic to it does not leave the machine. */
const isLocal = ({ host }: PostgresHost): boolean => host.startsWith('/') || LOOPBACK.test(host);

const parseTls = (
  hosts: readonly PostgresHost[],
  said: ReadonlyMap<string, string>,
): PostgresTls => {
  const written = said.get('sslmode') ?? (hosts.every(isLocal) ? 'disable' : 'verify-full');
  const mode = Object.entries(MODES).find(([name]) => name === written)?.[1];
  if (mode === undefined) return refuse('sslmode=disable, require, verify-ca or verify-full');
  const files = {
    ca: said.get('sslrootcert') ?? null,
    cert: said.get('sslcert') ?? null,
    key: said.get('sslkey') ?? null,
  };
  if (mode === 'off') {
    const hasFile = Object.values(files).some((file) => file !== null);
    return hasFile ? refuse('certificates only with an sslmode other than disable') : { mode };
  }
  if ((files.cert === null) !== (files.key === null)) refuse('sslcert and sslkey together');
  return { mode, ...files };
};

const parseParameters = (text: string): ReadonlyMap<string, string> => {
  const said = new Map<string, string>();
  for (const pair of text.split('&').filter((one) => one !== '')) {
    const [name = '', value, ...more] = pair.split('=');
    if (!PARAMETERS.includes(name)) refuse(`no parameter but ${PARAMETERS.join(', ')}`);
    if (value === undefined || value === '' || more.length > 0) refuse(`one value for ${name}`);
    if (said.has(name)) refuse(`${name} once`);
    said.set(name, decode(value ?? '', 'parameter'));
  }
  return said;
};

const parse = (text: string): PostgresUrl => {
  const [, userInfo = '', authority = '', path = '', query = ''] = FORM.exec(text) ?? [];
  if (FORM.exec(text) === null) {
    refuse(
      'postgres://user:password@host/database, with "@", "/", "?", "#" and "%" of the password written as %40, %2F, %3F, %23 and %25',
    );
  }
  const said = parseParameters(query);
  const [user = '', ...password] = userInfo.split(':');
  if (user === '') refuse('a user: postgres://user:password@host/database');
  const attributes = said.get('target_session_attrs') ?? 'read-write';
  if (!SESSION_ATTRIBUTES.includes(attributes)) {
    refuse('target_session_attrs=read-write, which is always meant');
  }
  const hosts = parseHosts(authority, said.get('host'));
  const database = decode(path, 'database');
  if (database === '') refuse('a database: postgres://user:password@host/database');
  return {
    address: {
      hosts,
      user: decode(user, 'user'),
      password: password.length === 0 ? null : createSecret(decode(password.join(':'), 'password')),
      database,
      tls: parseTls(hosts, said),
      written: createSecret(text),
    },
    schema: said.get('schema') ?? null,
    poolSize: said.get('poolSize') ?? null,
  };
};

/**
 * Parses an address in libpq's syntax
 * (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS), with the parameters that the
 * helper knows. Without `sslmode`, the server must prove its name with a certificate, unless it is on this machine.
 */
export const parsePostgresUrl = (text: string): ParsedPostgresUrl => {
  try {
    return { ok: true, url: parse(text) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, expected: error.message };
  }
};
