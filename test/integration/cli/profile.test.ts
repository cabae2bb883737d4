import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiStage, openApiStage, OPERATOR } from '../../support/http/api-stage.ts';
import { createTestAuthority } from '../../support/http/test-authority.ts';
import { runProgram } from '../../support/program/run-program.ts';

let stage: ApiStage;
beforeAll(async () => {
  stage = await openApiStage();
  stage.engine.addService({ name: 'web', image: 'web:v1' });
}, 60_000);
afterAll(() => stage.close());

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cli-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const fileOf = (): string => join(home, '.config/cd-helper/profile.yaml');
const run = (args: readonly string[], input = '', env: Readonly<Record<string, string>> = {}) =>
  runProgram(args, { env: { HOME: home, ...env }, input });
const login = (token: string) => run(['login', '--url', stage.helper().url], token);

describe('login', () => {
  it('keeps address and token where nobody else may read them, and commands need no more', async () => {
    const { status, out, err } = await login(`${OPERATOR}\n`);
    expect([status, err]).toEqual([0, '']);
    expect(out).toContain('as oncall (operator)');
    expect(out).not.toContain(OPERATOR);
    expect(statSync(fileOf()).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, '.config/cd-helper')).mode & 0o777).toBe(0o700);
    expect((await run(['whoami'])).out).toContain(`oncall (operator) at ${stage.helper().url}`);
    expect((await run(['status', '--json'])).out).toContain('"web"');
    expect((await run(['logout'])).out).toContain('is removed');
    expect(existsSync(fileOf())).toBe(false);
    expect((await run(['logout'])).out).toBe('there was no profile\n');
  });

  it('keeps nothing that the helper refuses, and leaves a good profile as it is', async () => {
    await login(OPERATOR);
    const before = readFileSync(fileOf(), 'utf8');
    const { status, err } = await login('wrong');
    expect([status, err]).toEqual([1, expect.stringContaining('refused the token')]);
    expect(err).toContain('cd-helper login');
    expect(readFileSync(fileOf(), 'utf8')).toBe(before);
  });

  it('says at once where no folder for the profile can be made', async () => {
    const env = { CD_HELPER_PROFILE: '/proc/no/such/profile.yaml' };
    const ran = await run(['login', '--url', stage.helper().url], OPERATOR, env);
    expect(ran.err).toContain('/proc/no/such/profile.yaml cannot be written');
    expect(ran.status).toBe(1);
  });

  it('takes no token from the command line, which everybody can read', async () => {
    const { status, err } = await run(['login', '--token', OPERATOR, '--url', stage.helper().url]);
    expect([status, err]).toEqual([2, expect.stringContaining('does not accept --token')]);
    expect((await login('')).status).toBe(2);
    expect(existsSync(fileOf())).toBe(false);
  });

  it('mends a profile that others could read, which is refused until then', async () => {
    await login(OPERATOR);
    chmodSync(fileOf(), 0o644);
    const refused = await run(['status']);
    expect([refused.status, refused.err]).toEqual([2, expect.stringContaining(`chmod 600`)]);
    expect((await login(OPERATOR)).status).toBe(0);
    expect(statSync(fileOf()).mode & 0o777).toBe(0o600);
  });

  it('says where a variable wins over what it keeps', async () => {
    const url = stage.helper().url;
    const { err } = await run(['login', '--url', url], OPERATOR, { CD_HELPER_API_TOKEN: 'x' });
    expect(err).toContain('CD_HELPER_API_TOKEN is set and overrides the profile');
  });
});

describe('an address that is wrong', () => {
  const certificates = createTestAuthority().issue(['127.0.0.1']);
  const secure = createServer({ key: certificates.key, cert: certificates.cert }, (_, response) =>
    response.end('{}'),
  );
  beforeAll(async () => {
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    secure.closeAllConnections();
    await new Promise((resolve) => secure.close(resolve));
  });
  const securePort = (): number => (secure.address() as AddressInfo).port;

  it.each<[string, () => string, RegExp, RegExp]>([
    ['nobody', () => 'http://127.0.0.1:1', /nothing listens at/, /is the helper running/],
    ['no name', () => 'http://helper.invalid', /host helper\.invalid cannot be resolved/, /--url/],
    ['a base path too many', () => `${stage.helper().url}/nope`, /nope/, /base path/],
    [
      'TLS where there is none',
      () => stage.helper().url.replace('http', 'https'),
      /does not speak TLS/,
      /http:\/\//,
    ],
    [
      'an unknown authority',
      () => `https://127.0.0.1:${securePort()}`,
      /not trusted/,
      /NODE_EXTRA_CA_CERTS/,
    ],
  ])('leads to %s, and says what to do next', async (_name, url, problem, hint) => {
    const env = { CD_HELPER_URL: url(), CD_HELPER_API_TOKEN: OPERATOR };
    const { status, out, err } = await run(['status'], '', env);
    expect([status, out]).toEqual([1, '']);
    expect(err).toMatch(problem);
    expect(err).toMatch(hint);
    expect(err).not.toContain(OPERATOR);
    expect(err.trim().split('\n').length).toBe(2);
  });
});
