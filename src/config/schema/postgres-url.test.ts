import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { showAddress } from '../../core/store-setting.ts';
import { loadConfig } from '../load-config.ts';
import { formatProblems } from '../source/problem.ts';
import { parsePostgresUrl } from './postgres-url.ts';

const addressOf = (text: string) => {
  const parsed = parsePostgresUrl(text);
  if (!parsed.ok) throw new Error(parsed.expected);
  return parsed.url.address;
};
const expectedOf = (text: string): string => {
  const parsed = parsePostgresUrl(text);
  return parsed.ok ? 'nothing else' : parsed.expected;
};
const load = (store: string) => loadConfig({ env: { CD_HELPER_STORE: store }, readFile: () => '' });
const storeOf = (env: Record<string, string>, files: Record<string, string> = {}) => {
  const loaded = loadConfig({ env, readFile: (path) => files[path] ?? '' });
  if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
  return loaded.config.store;
};

describe('an address of PostgreSQL', () => {
  it('names user, password, hosts and database', () => {
    const address = addressOf('postgres://cd:p%40ss%3A@db1.example,db2.example:6543/store');
    expect(address).toMatchObject({
      user: 'cd',
      database: 'store',
      hosts: [
        { host: 'db1.example', port: 5432 },
        { host: 'db2.example', port: 6543 },
      ],
    });
    expect(address.password?.reveal()).toBe('p@ss:');
  });

  it.each([
    ['postgres://cd@db.example/d', 'verify-full'],
    ['postgres://cd@localhost/d', 'off'],
    ['postgres://cd@127.0.0.1:5433/d', 'off'],
    ['postgresql://cd@[::1]:5433/d', 'off'],
    ['postgres://cd@/d?host=/run/postgresql', 'off'],
    ['postgres://cd@%2Frun%2Fpostgresql/d', 'off'],
    ['postgres://cd@localhost,db.example/d', 'verify-full'],
    ['postgres://cd@localhost/d?sslmode=verify-ca', 'verify-ca'],
    ['postgres://cd@db.example/d?sslmode=require', 'encrypt'],
    ['postgres://cd@db.example/d?sslmode=disable', 'off'],
  ])('%s: TLS is %s', (text, mode) => {
    expect(addressOf(text).tls.mode).toBe(mode);
  });

  it.each([
    ['postgres://db/d', /a user/],
    ['postgres://cd@/d', /a host/],
    ['postgres://cd@db', /a database/],
    ['postgres://cd@db/d?sslmode=prefer', /sslmode=disable, require/],
    ['postgres://cd@db/d?ssl=true', /no parameter but sslmode/],
    ['postgres://cd@db:0/d', /a port/],
    ['postgres://cd@db:port/d', /a port/],
    ['postgres://cd:a/b@db/d', /%2F/],
    ['postgres://cd:100%@db/d', /%25/],
    ['postgres://cd@a,b,c,d,e,f,g,h,i/d', /at most 8 hosts/],
    ['postgres://cd@db/d?sslmode=disable&sslrootcert=/ca.pem', /certificates only/],
    ['postgres://cd@db/d?sslcert=/a.pem', /sslcert and sslkey/],
    ['postgres://cd@db/d?target_session_attrs=any', /read-write/],
  ])('%s is refused: %s', (text, expected) => {
    expect(expectedOf(text)).toMatch(expected);
  });
});

describe('the store of a configuration', () => {
  it('is PostgreSQL where a variable, its file or the file of an address says so', () => {
    const url = 'postgres://cd:pw@localhost/d?schema=own&poolSize=5';
    const expected = { kind: 'postgres', schema: 'own', poolSize: 5, listen: null, migrate: null };
    expect(storeOf({ CD_HELPER_STORE: url })).toMatchObject(expected);
    expect(storeOf({ CD_HELPER_STORE_FILE: '/s' }, { '/s': `${url}\n` })).toMatchObject(expected);
  });

  it('may be a mapping with further addresses', () => {
    const yaml = `store: { urlFile: /s, listenUrl: 'postgres://cd@db/d', migrateUrlFile: /m, poolSize: 4 }
clusters: [ { name: default, type: engine, url: unix:///var/run/docker.sock } ]`;
    const files = {
      '/c.yml': yaml,
      '/s': 'postgres://cd@pooler:6432/d',
      '/m': 'postgres://owner:pw@db/d',
    };
    expect(storeOf({ CD_HELPER_CONFIG: '/c.yml' }, files)).toMatchObject({
      address: { hosts: [{ host: 'pooler', port: 6432 }] },
      listen: { hosts: [{ host: 'db', port: 5432 }] },
      migrate: { user: 'owner' },
      poolSize: 4,
      schema: 'cd_helper',
    });
  });

  it.each([
    ['postgres://cd@localhost/d?poolSize=1', /poolSize=… in it: a whole number from 2/],
    ['postgres://cd@localhost/d?schema=pg_own', /schema=… in it: the name of a schema/],
    ['postgres://localhost/d', /a user/],
  ])('%s is refused: %s', (store, expected) => {
    const loaded = load(store);
    expect(loaded.ok ? '' : formatProblems(loaded.problems)).toMatch(expected);
  });
});

const PASSWORD = fc
  .array(fc.constantFrom(...'Xq7@:/?#%&=,[]! '.split('')), { minLength: 6, maxLength: 20 })
  .map((letters) => `Zw9${letters.join('')}`);
const REST = fc.constantFrom(
  '@db/d',
  '@localhost/d?sslmode=no',
  '@db:x/d',
  '',
  '@/d',
  '@db/',
  '/x',
);

it('a password is in nothing that is printed of an address, right or wrong', () => {
  fc.assert(
    fc.property(PASSWORD, REST, fc.boolean(), (password, rest, isEncoded) => {
      const written = isEncoded ? encodeURIComponent(password) : password;
      const url = `postgres://cd:${written}${rest}`;
      const loaded = load(url);
      const shown = loaded.ok
        ? [inspect(loaded.config, { depth: 9 }), JSON.stringify(loaded.config)]
        : [formatProblems(loaded.problems)];
      const parsed = parsePostgresUrl(url);
      if (parsed.ok && isEncoded) shown.push(showAddress(parsed.url.address));
      for (const text of shown) {
        expect(text).not.toContain(password);
        expect(text).not.toContain(written);
        expect(text).not.toContain('Zw9');
      }
    }),
    { numRuns: 300 },
  );
});
