import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Digest } from '../../../src/core/image/digest.ts';
import { type ApiStage, openApiStage } from '../../support/http/api-stage.ts';
import { digestOfChar } from '../../support/work/make-service.ts';
import { HOOK_SECRET } from '../../support/program/start-helper.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SCRIPT = readFileSync(join(ROOT, 'examples/ci/wait.sh'), 'utf8');

let stage: ApiStage;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ci-steps-'));
  stage = await openApiStage({ engine: { pace: 'real', speed: 20 } });
}, 60_000);
afterAll(async () => {
  await stage.close();
  rmSync(folder, { recursive: true });
});

type Env = Readonly<Record<string, string>>;
type Ran = { readonly status: number | null; readonly out: string; readonly err: string };

/** Runs a command with nothing of this environment but programs: neither jq nor the helper's own are among them. */
const run = (command: string, args: readonly string[], env: Env): Promise<Ran> =>
  new Promise((resolve) => {
    const programs = join(folder, 'programs');
    const child = spawn(command, args, { cwd: folder, env: { PATH: programs, ...env } });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.on('close', (status) => resolve({ status, out, err }));
  });

/** What the scripts may use: a shell, curl, and what every system has. */
const PROGRAMS = ['sh', 'bash', 'curl', 'sed', 'date', 'tail', 'sleep', 'tee', 'cat'];
beforeAll(async () => {
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  for (const program of PROGRAMS) {
    const path = join(programs, program);
    writeFileSync(
      path,
      `#!/bin/sh\nexec /usr/bin/env -S PATH=${programs} ${await where(program)} "$@"\n`,
    );
    chmodSync(path, 0o755);
  }
});
const where = async (program: string): Promise<string> =>
  new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', `command -v ${program}`], {
      env: { PATH: '/usr/bin:/bin' },
    });
    child.stdout.on('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
  });

/** Pushes a version of a service of its own, which may crash. */
const push = async (name: string, crashes: boolean): Promise<Digest> => {
  const repository = `steps/${name}`;
  const first = stage.registry.setTag(repository, 'v1', `${name} one`);
  stage.engine.addService({ name, image: stage.image(repository, 'v1', first) });
  const digest = stage.registry.setTag(repository, 'v1', `${name} two`);
  if (crashes) stage.engine.setOutcome(digest, { kind: 'crash', exitCode: 3 });
  await stage.helper().postHook({ image: stage.image(repository), digest });
  return digest;
};

const given = (name: string, digest: Digest, more: Env = {}): Env => ({
  CD_HELPER_URL: stage.helper().url,
  CD_HELPER_HOOK_SECRET: HOOK_SECRET,
  IMAGE: stage.image(`steps/${name}`),
  DIGEST: digest,
  TIMEOUT: '60s',
  ...more,
});

/** The commands of each system, taken from its file as they stand there. */
const gitlab = (): string => {
  const text = readFileSync(join(ROOT, 'examples/ci/gitlab-ci.yml'), 'utf8');
  const { script } = (parse(text) as { '.cd-helper-wait': { script: readonly string[] } })[
    '.cd-helper-wait'
  ];
  return script.join('\n');
};
const jenkins = (): string => {
  const text = readFileSync(join(ROOT, 'examples/ci/Jenkinsfile'), 'utf8');
  const command = /^\s*sh '(?<command>[^']+)'$/m.exec(text)?.groups?.['command'];
  if (command === undefined) throw new Error('the Jenkinsfile has no step');
  // As its first lines say, the script is copied into the repository.
  mkdirSync(join(folder, 'ci'), { recursive: true });
  copyFileSync(join(ROOT, 'examples/ci/wait.sh'), join(folder, 'ci/wait.sh'));
  return command;
};

type Action = {
  readonly inputs: Readonly<
    Record<string, { readonly required?: boolean; readonly default?: string }>
  >;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly runs: { readonly steps: readonly [{ readonly env: Env; readonly run: string }] };
};
const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as Action;

/** Runs the action as GitHub does: inputs filled into its environment, and bash with these options. */
const runAction = async (inputs: Env) => {
  const [step] = action.runs.steps;
  const env = Object.fromEntries(
    Object.entries(step.env).map(([name, value]) => {
      const input = /^\$\{\{ inputs\.(\w+) \}\}$/.exec(value)?.[1] ?? '';
      expect(Object.keys(action.inputs)).toContain(input);
      return [name, inputs[input] ?? action.inputs[input]?.default ?? ''];
    }),
  );
  const files = {
    GITHUB_OUTPUT: join(folder, 'output'),
    GITHUB_STEP_SUMMARY: join(folder, 'summary'),
  };
  for (const file of Object.values(files)) writeFileSync(file, '');
  const argv = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run];
  const github = { ...files, GITHUB_ACTION_PATH: ROOT, RUNNER_TEMP: folder };
  const ran = await run('bash', argv, { ...env, ...github });
  const [output = '', summary = ''] = Object.values(files).map((file) =>
    readFileSync(file, 'utf8'),
  );
  const outputs = Object.fromEntries(
    output
      .trim()
      .split('\n')
      .map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]),
  );
  return { ...ran, outputs, summary };
};

describe.each([
  ['the script', () => SCRIPT],
  ['GitLab', gitlab],
  ['Jenkins', jenkins],
])('%s', (system, command) => {
  const name = (kind: string): string => `${system.replaceAll(' ', '-').toLowerCase()}-${kind}`;
  const shell = (env: Env): Promise<Ran> => run('sh', ['-c', command()], env);

  it('succeeds when what was pushed runs', async () => {
    const digest = await push(name('good'), false);
    const ran = await shell(given(name('good'), digest));
    expect(ran).toMatchObject({ status: 0, err: '' });
    expect(ran.out).toBe(
      `${name('good')} on default: succeeded\ncd-helper: ${stage.image(`steps/${name('good')}`)}: succeeded\n`,
    );
  });

  it('fails with the message of the task that crashed', async () => {
    const digest = await push(name('bad'), true);
    const ran = await shell(given(name('bad'), digest));
    expect(ran.status).toBe(1);
    expect(ran.out).toContain(
      `${name('bad')} on default: failed, task-failed: task: non-zero exit (3)`,
    );
  });
});

describe('the script', () => {
  it('tells a time-out, a refusal and a missing service apart', async () => {
    const asked = (more: Env): Promise<Ran> =>
      run('sh', ['-c', SCRIPT], given('nobody', digestOfChar('d'), { TIMEOUT: '1', ...more }));
    const late = await asked({});
    expect(late).toMatchObject({ status: 3, err: 'cd-helper: not ended within 1\n' });
    const refused = await asked({ CD_HELPER_HOOK_SECRET: 'a"wrong\\one' });
    expect(refused).toMatchObject({ status: 2, err: expect.stringContaining('(401)') });
    expect(refused.err).not.toContain('a"wrong');
    expect(await asked({ IMAGE: '' })).toMatchObject({ status: 2 });
    stage.registry.setTag('steps/nobody', 'v1', 'one');
    await stage.helper().postHook({ image: stage.image('steps/nobody') });
    expect(await asked({ DIGEST: '', TIMEOUT: '20s' })).toMatchObject({ status: 1 });
    expect(await asked({ CD_HELPER_URL: 'http://127.0.0.1:1' })).toMatchObject({ status: 3 });
  });

  it('stands in the GitLab template word for word', () => {
    expect(`${gitlab().trimEnd()}\n`).toBe(SCRIPT);
  });
});

describe('the GitHub action', () => {
  it('succeeds, with its outputs and a job summary', async () => {
    const digest = await push('action-good', false);
    const image = stage.image('steps/action-good');
    const inputs = { address: `${stage.helper().url}/`, secret: HOOK_SECRET, image, digest };
    const { status, outputs, summary } = await runAction(inputs);
    expect(status).toBe(0);
    expect(Object.keys(outputs).toSorted()).toEqual(Object.keys(action.outputs).toSorted());
    expect(outputs['state']).toBe('succeeded');
    expect(JSON.parse(outputs['deployments'] ?? '')).toMatchObject([
      { service: 'action-good', to: digest, state: 'succeeded' },
    ]);
    expect(summary).toContain(`### Deployment of \`${image}\`: succeeded`);
    expect(summary).toContain('action-good on default: succeeded');
  });

  it('fails with the message of the task that crashed', async () => {
    const digest = await push('action-bad', true);
    const image = stage.image('steps/action-bad');
    const address = stage.helper().url;
    const { status, outputs, summary } = await runAction({
      address,
      secret: HOOK_SECRET,
      image,
      digest,
    });
    expect([status, outputs['state']]).toEqual([1, 'failed']);
    expect(summary).toContain('task: non-zero exit (3)');
  });
});
