import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { createPusher, type Pusher } from '../../../sandbox/registry/push.ts';
import { type RunningRegistry, startRegistry } from '../../../sandbox/registry/start-registry.ts';
import { type ForwardProxy, startForwardProxy } from '../../support/proxies/forward-proxy.ts';
import { endedDeployments, openStage } from '../../support/stage/open-stage.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { createTestAuthority } from '../../support/http/test-authority.ts';

const USER = 'acme';
/** That of the hash below. */
const PASSWORD = 'hunter2';
const HTPASSWD = `${USER}:$2y$05$abcdefghijklmnopqrstuuoXuKqgZXLiJqzfmMXDDhSFPIvxV7t8.\n`;
const PROJECT = 'project';

type Told = {
  readonly config: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
};

describe('a private registry whose certificate nobody signed, and the engine takes', () => {
  const addresses = ownSandbox();
  const [{ hostAddress }] = addresses.engines;
  let folder: string;
  /** Lets anybody push what the guarded one gives. */
  let open: RunningRegistry;
  let guarded: RunningRegistry;
  let pusher: Pusher;
  let proxy: ForwardProxy;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'networks-'));
    open = await startRegistry({ folder: join(folder, 'open') });
    pusher = createPusher({ url: open.url });
    const { cert, key } = createTestAuthority().issue([hostAddress]);
    await Promise.all([
      writeFile(join(folder, 'server.pem'), cert),
      writeFile(join(folder, 'server.key'), key),
      writeFile(join(folder, 'htpasswd'), HTPASSWD),
      writeFile(join(folder, 'password'), PASSWORD, { mode: 0o600 }),
    ]);
    guarded = await startRegistry({
      folder: join(folder, 'guarded'),
      hostAddress,
      http: { tls: { certificate: join(folder, 'server.pem'), key: join(folder, 'server.key') } },
      config: {
        auth: { htpasswd: { realm: 'sandbox', path: join(folder, 'htpasswd') } },
        storage: { filesystem: { rootdirectory: join(open.folder, 'storage') } },
      },
    });
    proxy = await startForwardProxy();
  });
  afterAll(async () => {
    await proxy.close();
    await pusher.close();
    await guarded.stop();
    await open.stop();
    await rm(folder, { recursive: true });
  });

  const withRobot = (more: object = {}): Told['config'] => ({
    registries: [
      { host: guarded.host, insecure: true, ...more },
      {
        host: `${guarded.host}/${PROJECT}`,
        username: USER,
        passwordFile: join(folder, 'password'),
      },
    ],
  });

  const asDockerLoginWrites = async (): Promise<Told['config']> => {
    const encode = (text: string) => ({ auth: Buffer.from(text).toString('base64') });
    const hub = 'https://index.docker.io/v1/';
    const dockerConfig = join(folder, 'config.json');
    const auths = {
      [guarded.host]: encode(`${USER}:${PASSWORD}`),
      [hub]: encode('someone:else'),
      [`${hub}access-token`]: encode('someone:an-access-token'),
      [`${hub}refresh-token`]: encode('someone:a-refresh-token'),
      [`${guarded.host}/other`]: encode('other:wrong'),
    };
    await writeFile(dockerConfig, JSON.stringify({ auths, credsStore: null }));
    return { dockerConfig, registries: [{ host: guarded.host, tls: { skipVerify: true } }] };
  };

  const ways: readonly (readonly [string, () => Told | Promise<Told>])[] = [
    ['robot', () => ({ config: withRobot() })],
    ['login', async () => ({ config: await asDockerLoginWrites() })],
    [
      'proxy',
      () => ({ config: withRobot(), env: { HTTPS_PROXY: proxy.url, NO_PROXY: 'localhost' } }),
    ],
  ];

  test.each(ways)('by %s: a push is deployed, and pulled by the nodes', async (name, tell) => {
    const { config, env = {} } = await tell();
    const repository = `${PROJECT}/${name}`;
    const one = await pusher.pushImage(repository, 'v1', good(`${name} one`));
    const stage = await openStage(addresses, { config, env });
    onTestFinished(stage.close);
    const service = `networks-${name}`;
    const image = `${guarded.host}/${repository}:v1`;
    // Nobody gave the Swarm credentials, so its task cannot start until an update brings some.
    await stage.services.create({ name: service, image: `${image}@${one.digest}` });
    onTestFinished(() => stage.services.remove(service));
    const two = await pusher.pushImage(repository, 'v1', good(`${name} two`));
    await stage.helper.postHook({ image });
    const [deployment] = await endedDeployments(stage.helper, service);
    expect(deployment).toMatchObject({ state: 'succeeded', to: two.digest });
    expect(await stage.services.runningDigests(service)).toEqual([two.digest]);
    expect(stage.helper.output()).not.toContain(PASSWORD);
    const isProxied = proxy.asked.includes(`CONNECT ${guarded.host}`);
    expect(isProxied).toBe('HTTPS_PROXY' in env);
  });
});
