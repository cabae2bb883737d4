import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { type AttachedSandbox, attachSandbox } from '../../../sandbox/sandbox.ts';
import type { Engine } from '../../../sandbox/swarm/engine.ts';
import { dockerFor, run } from '../../support/stage/docker.ts';
import { BUILD_IMAGE, importNodeImages, NODE_IMAGE } from '../../support/stage/node-images.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { readPage, ROOT } from '../../support/project/read-docs.ts';
import { sandboxStack } from '../../support/stage/sandbox-stack.ts';

/** Building an image takes minutes on a busy machine. */
const PATIENCE_MS = 600_000;
/** As the README names it. */
const SELF = 'cd-helper_cd-helper';
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  version: string;
};

/** A block of the README's commands, by a part of it. */
const commands = (part: string): string => {
  const blocks = readPage('README.md').blocks.filter(({ text }) => text.includes(part));
  const [block] = blocks;
  if (block === undefined || blocks.length > 1) throw new Error(`${blocks.length} with ${part}`);
  return block.text;
};

/** The last line only shows what else the function can do. */
const FUNCTION = commands('cd-helper() {').split('\n')[0] ?? '';

/** What the README leaves to the reader, and what no image can be pulled for here. */
const BUILD_HERE = `--network=none --build-arg NODE_IMAGE=${NODE_IMAGE} --build-arg BUILD_IMAGE=${BUILD_IMAGE} --build-arg VERIFY=no`;

describe('the commands of the README', () => {
  const folder = mkdtempSync(join(tmpdir(), 'install-'));
  let sandbox: AttachedSandbox;
  let engine: Engine;
  let docker: ReturnType<typeof dockerFor>;
  let url: string;

  /** Runs commands one after another, as a person at this machine does. */
  const type = (script: string, env: Readonly<Record<string, string>> = {}): Promise<string> => {
    const here = script
      .replace(/^sh \.\/verify-w-docker\.sh.*$/m, `sh ./verify-w-docker.sh ${BUILD_HERE}`)
      .replaceAll(/\bNODE\b(?=\s)/g, 'engine-1')
      .replaceAll('https://HOST', url)
      .replaceAll('/var/run/docker.sock', engine.socket)
      .replaceAll('deploy/stack.yml', join(folder, 'stack.yml'));
    return run('bash', ['-euo', 'pipefail', '-c', here], {
      folder: ROOT,
      env: {
        PATH: `${engine.path}${delimiter}${process.env['PATH'] ?? ''}`,
        HOME: folder,
        DOCKER_HOST: engine.url,
        DOCKER_CONFIG: `${engine.folder}/docker-config`,
        DOCKER_BUILDKIT: '0',
        DOCKER_SOCKET: engine.socket,
        CD_HELPER_REGISTRY_INSECURE: sandbox.registry.host,
        CD_HELPER_MONITOR: '2s',
        ...env,
      },
    });
  };

  /** What is typed after the image is there, up to a helper that runs. */
  const install = async (before: string): Promise<void> => {
    const prepare = commands('docker secret create cd-helper-hook');
    const deploy = commands('deploy/stack.yml cd-helper');
    await type([before, prepare, deploy].join('\n'));
    await engine.services.converged(SELF);
  };

  const cdHelper = (line: string): Promise<string> => type(`${FUNCTION}\ncd-helper ${line}`);

  /** Pushes a first and a second version of an image, and tells the helper as a registry would. */
  const firstPush = async (name: string): Promise<void> => {
    const image = (digest?: string) => sandbox.image(`install/${name}`, 'v1', digest);
    const one = await sandbox.pushImage(`install/${name}`, 'v1', good('one'));
    await engine.services.deploy({ name: `install-${name}`, image: image(one.digest) });
    // 3 where the helper's own image is in no registry, and so `unknown`.
    const found = await cdHelper('smart-redeploy --dry-run || [ $? = 3 ]');
    expect(found).toMatch(new RegExp(` install-${name} .* current`));
    const [address = ''] =
      /http:\/\/\S+\/hooks\/[0-9a-f]{48}/.exec(await cdHelper('hook url')) ?? [];
    expect(address).toContain(url);
    const two = await sandbox.pushImage(`install/${name}`, 'v1', good('two'));
    const answer = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ image: image() }),
    });
    expect(answer.status).toBe(202);
    const waited = await cdHelper(`wait --image ${image()} --digest ${two.digest} --json`);
    expect(JSON.parse(waited)).toMatchObject({ state: 'succeeded' });
    expect(await engine.services.runningDigests(`install-${name}`)).toEqual([two.digest]);
  };

  beforeAll(async () => {
    sandbox = attachSandbox(ownSandbox());
    engine = sandbox.engines[0];
    docker = dockerFor(engine);
    url = `http://${engine.engineAddress}:8080`;
    await importNodeImages(docker, join(folder, 'images'));
    // The one without the filter: no image of a filter can be pulled here.
    writeFileSync(join(folder, 'stack.yml'), sandboxStack(join(ROOT, 'deploy/stack.plain.yml')));
  }, PATIENCE_MS);

  afterEach(async () => {
    await docker(['stack', 'rm', 'cd-helper']);
    await waitUntil(
      async () => (await docker(['volume', 'rm', '--force', 'cd-helper_data'])) && true,
      { what: 'the volume is free', withinMs: 60_000, everyMs: 200 },
    );
    await docker(['secret', 'rm', 'cd-helper-hook', 'cd-helper-api']);
    await docker(['node', 'update', '--label-rm', 'cd-helper', 'engine-1']);
  });

  afterAll(async () => {
    await engine.services.remove('install-built', 'install-published');
    await sandbox.close();
    rmSync(folder, { recursive: true });
  });

  test(
    'lead to a verified push with an image that was built here',
    async () => {
      await install(commands('sh ./verify-w-docker.sh'));
      await firstPush('built');
      expect(await cdHelper('--version')).toBe(`${version}\n`);
    },
    PATIENCE_MS,
  );

  test(
    'lead to a verified push with what the release script published',
    async () => {
      const repository = `${sandbox.registry.host}/cd-helper`;
      const published = await run(
        process.execPath,
        [
          join(ROOT, 'scripts/release/publish.ts'),
          '--trial',
          `--image=${repository}`,
          '--',
          ...BUILD_HERE.split(' '),
        ],
        {
          env: {
            PATH: `${engine.path}${delimiter}${process.env['PATH'] ?? ''}`,
            DOCKER_HOST: engine.url,
            DOCKER_CONFIG: `${engine.folder}/docker-config`,
            DOCKER_BUILDKIT: '0',
          },
        },
      );
      expect(published).toMatch(/\nPublished \S+\/cd-helper:v\d+\.\d+\.\d+ sha256:[0-9a-f]{64}\n$/);
      // As the release writes it to the stack files.
      const stack = readFileSync(join(folder, 'stack.yml'), 'utf8');
      const named = stack.replace(
        /\{CD_HELPER_IMAGE:-[^}]+\}/,
        `{CD_HELPER_IMAGE:-${repository}:v${version}}`,
      );
      expect(named).not.toBe(stack);
      writeFileSync(join(folder, 'stack.yml'), named);
      await install('');
      await firstPush('published');
      expect(await (await fetch(`${url}/version.txt`)).text()).toMatch(
        new RegExp(`^${version} [0-9a-f]{40}\\n$`),
      );
    },
    PATIENCE_MS,
  );
});
