import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { crashing, good, type Sample } from '../../../sandbox/image/sample.ts';
import { run } from '../../support/stage/docker.ts';
import { deploySettled } from '../../support/stage/settled-service.ts';
import { HOOK_SECRET } from '../../support/program/start-helper.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const ROOT = join(import.meta.dirname, '../../..');
const COMMIT = '982c38812345678901234567890123456789abcd';
type Env = Readonly<Record<string, string>>;

const read = (file: string): string => readFileSync(join(ROOT, 'examples/pipelines', file), 'utf8');

/** A pipeline's own commands, and what its system fills in for a tag, a branch and a pull request. */
type System = {
  readonly name: string;
  readonly commands: () => string;
  readonly env: (what: { version?: string; branch?: string; request?: number }) => Env;
};

const github: System = {
  name: 'GitHub Actions',
  commands: () => {
    const { jobs } = parse(read('github-actions.yml'));
    return jobs.deploy.steps.at(-1).run;
  },
  // What the expressions under `env` of the step give.
  env: ({ version = '', branch, request }) => ({
    VERSION: version,
    NAME: request === undefined ? (branch ?? version) : `pr-${request}`,
    COMMIT,
  }),
};

const gitlab: System = {
  name: 'GitLab CI',
  commands: () => parse(read('gitlab-ci.yml')).deploy.script.join('\n'),
  env: ({ version, branch, request }) => ({
    CI_COMMIT_SHA: COMMIT,
    CI_COMMIT_REF_NAME: branch ?? version ?? 'feature/x',
    ...(version === undefined ? {} : { CI_COMMIT_TAG: version }),
    ...(request === undefined ? {} : { CI_MERGE_REQUEST_IID: String(request) }),
  }),
};

const jenkins: System = {
  name: 'Jenkins',
  commands: () =>
    /^\s*sh '(?<last>sh ci[^']+)'$/m.exec(read('Jenkinsfile'))?.groups?.['last'] ?? '',
  env: ({ version = '', branch, request }) => ({
    COMMIT,
    VERSION: version,
    NAME: request === undefined ? (branch ?? version) : `pr-${request}`,
  }),
};

describe.each([github, gitlab, jenkins])('the pipeline for $name', ({ name, commands, env }) => {
  const stage = useStage();
  const project = name.toLowerCase().replace(' ', '-');
  let folder: string;

  beforeAll(() => {
    folder = join(stage.folder, project);
    mkdirSync(join(folder, 'ci'), { recursive: true });
    const scripts = ['examples/pipelines/publish-and-wait.sh', 'scripts/publish-image.sh'];
    for (const script of [...scripts, 'examples/ci/wait.sh'])
      copyFileSync(join(ROOT, script), join(folder, 'ci', script.split('/').at(-1) ?? ''));
  });

  const repository = `pipelines/${project}`;
  const image = (tag: string): string => stage.sandbox.image(repository, tag);

  /** Builds a version of the project in its repository's folder and runs the pipeline, as its system would. */
  const build = async (source: Sample, what: Parameters<System['env']>[0]): Promise<string> => {
    const [engine] = stage.sandbox.engines;
    const base = await stage.sandbox.pushImage(`${repository}-base`, 'v1', source);
    const from = stage.sandbox.image(`${repository}-base`, 'v1', base.digest);
    writeFileSync(join(folder, 'Dockerfile'), `FROM ${from}\nLABEL built=${source.version}\n`);
    const named = image('').replace(/:$/, '');
    return run('sh', ['-e', '-c', commands()], {
      folder,
      env: {
        PATH: engine.path,
        DOCKER_HOST: engine.url,
        DOCKER_CONFIG: `${engine.folder}/docker-config`,
        DOCKER_BUILDKIT: '0',
        CD_HELPER_URL: stage.helper.url,
        CD_HELPER_HOOK_SECRET: HOOK_SECRET,
        ANNOUNCE: 'yes',
        TIMEOUT: '120s',
        IMAGE: named,
        CI_REGISTRY_IMAGE: named,
        ...env(what),
      },
    });
  };

  test('is green when a release runs, and red with the reason when it crashes', async () => {
    const first = await stage.sandbox.pushImage(repository, 'v1', good(`${project} zero`));
    const service = `${project}-web`;
    await deploySettled(stage.services, {
      name: service,
      image: stage.sandbox.image(repository, 'v1', first.digest),
      monitorMs: 1_500,
    });

    const output = await build(good('one'), { version: 'v1.3.0' });
    for (const tag of ['v1', 'v1.3', 'v1.3.0', 'v1.3.0_982c388'])
      expect(output).toContain(`published ${image(tag)}`);
    expect(output).toContain(`cd-helper: ${image('v1')}: succeeded`);
    const digest = /^digest (sha256:[0-9a-f]{64})$/m.exec(output)?.[1] ?? output;
    expect(await stage.services.runningDigests(service)).toEqual([digest]);

    // The script is the same for all; once is enough for what takes its time.
    if (name !== github.name) return;
    const failing = build(crashing('two', { afterMs: 200, code: 7 }), { version: 'v1.3.1' });
    await expect(failing).rejects.toThrow(/: 1\n[^]*task: non-zero exit \(7\)/);
    // An image that ran only for a few seconds is not known to be good yet: the one before it is.
    expect(await stage.services.runningDigests(service)).toEqual([first.digest]);
  });

  test('publishes a pull request and waits for nothing', async () => {
    const output = await build(good('request'), { request: 177 });
    expect(output).toContain(`published ${image('pr-177-982c388')}`);
    expect(output).toContain('not waiting');
  });
});
