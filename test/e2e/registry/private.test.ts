import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { createPusher, type Pusher } from '../../../sandbox/registry/push.ts';
import { type RunningRegistry, startRegistry } from '../../../sandbox/registry/start-registry.ts';
import type { RunView } from '../../../src/core/contract/run-views.ts';
import { createTestAuthority } from '../../support/http/test-authority.ts';
import { startTokenServer } from '../../support/fake-registry/token-server.ts';
import { endedDeployments, openStage } from '../../support/stage/open-stage.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';

const WRONG = 'swordfish-of-a-test';
/** That of the hash below. */
const RIGHT = 'hunter2';
const USER = 'acme';
const HTPASSWD = `${USER}:$2y$05$abcdefghijklmnopqrstuuoXuKqgZXLiJqzfmMXDDhSFPIvxV7t8.\n`;

/** Who may pull, and who tells that. */
type Guard = { readonly auth: object; readonly signInHosts: string[]; readonly end: () => void };

describe('a private registry over TLS with an own authority', () => {
  const addresses = ownSandbox();
  const [{ hostAddress }] = addresses.engines;
  const authority = createTestAuthority();
  let folder: string;
  /** Lets anybody push what the guarded one gives. */
  let open: RunningRegistry;
  let pusher: Pusher;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'private-'));
    open = await startRegistry({ folder: join(folder, 'open') });
    pusher = createPusher({ url: open.url });
    const { cert, key } = authority.issue([hostAddress]);
    await Promise.all([
      writeFile(join(folder, 'server.pem'), cert),
      writeFile(join(folder, 'server.key'), key),
      writeFile(join(folder, 'ca.pem'), authority.ca),
      writeFile(join(folder, 'htpasswd'), HTPASSWD),
    ]);
  });
  afterAll(async () => {
    await pusher.close();
    await open.stop();
    await rm(folder, { recursive: true });
  });

  const byHtpasswd = async (): Promise<Guard> => ({
    auth: { htpasswd: { realm: 'sandbox', path: join(folder, 'htpasswd') } },
    signInHosts: [],
    end: () => {},
  });
  const byTokens = async (): Promise<Guard> => {
    const known = { issuer: 'issuer of a test', service: 'sandbox' };
    const server = await startTokenServer({
      ...known,
      hostAddress,
      tls: authority.issue([hostAddress]),
      signer: authority.issue(['tokens']),
      users: { [USER]: RIGHT },
    });
    const token = { realm: server.realm, ...known, rootcertbundle: join(folder, 'ca.pem') };
    return {
      auth: { token },
      signInHosts: [new URL(server.realm).host],
      end: () => void server.close(),
    };
  };

  test.each([
    ['htpasswd', byHtpasswd],
    ['tokens', byTokens],
  ] as const)('that signs in by %s: checked and deployed', async (name, makeGuard) => {
    const guard = await makeGuard();
    onTestFinished(guard.end);
    const registry = await startRegistry({
      folder: join(folder, `by-${name}`),
      hostAddress,
      http: {
        tls: { certificate: join(folder, 'server.pem'), key: join(folder, 'server.key') },
      },
      config: {
        auth: guard.auth,
        storage: { filesystem: { rootdirectory: join(open.folder, 'storage') } },
      },
    });
    onTestFinished(registry.stop);
    const repository = `private/${name}`;
    const one = await pusher.pushImage(repository, 'v1', good(`${name} one`));
    const passwordFile = join(folder, 'password');
    await writeFile(passwordFile, WRONG, { mode: 0o600 });
    const stage = await openStage(addresses, {
      config: {
        registries: [
          {
            host: registry.host,
            username: USER,
            passwordFile,
            tls: { caFile: join(folder, 'ca.pem') },
            signInHosts: guard.signInHosts,
          },
        ],
      },
    });
    onTestFinished(stage.close);
    const service = `private-${name}`;
    // Nobody gave the Swarm credentials, so its task cannot start.
    await stage.services.create({
      name: service,
      image: `${registry.host}/${repository}:v1@${one.digest}`,
    });
    onTestFinished(() => stage.services.remove(service));
    const two = await pusher.pushImage(repository, 'v1', good(`${name} two`));

    const dryRun = async (): Promise<RunView['services'][number] | undefined> => {
      const answer = await stage.helper.post('/smart-redeploy', {
        services: [service],
        dryRun: true,
      });
      return ((await answer.json()) as RunView).services[0];
    };
    const refused = { verdict: 'unknown', reason: 'sign-in-refused', published: null };
    expect(await dryRun()).toMatchObject(refused);
    expect(stage.helper.output()).not.toContain(WRONG);

    await writeFile(passwordFile, RIGHT);
    await stage.restart();
    expect(await dryRun()).toMatchObject({ verdict: 'obsolete', published: two.digest });
    await stage.helper.post('/smart-redeploy', { services: [service] });
    const [deployment] = await endedDeployments(stage.helper, service);
    expect(deployment).toMatchObject({ state: 'succeeded', to: two.digest });
    expect(await stage.services.runningDigests(service)).toEqual([two.digest]);
    expect(await dryRun()).toMatchObject({ verdict: 'current' });
  });
});
