import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

const publish = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(
    'sh',
    [join(ROOT, 'scripts/publish-image.sh'), ...args, '--dry-run'],
    // No docker command is on this path: a dry run must not need one.
    { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', DOCKER_HOST: 'unix:///nowhere' } },
  );
  return { status, references: stdout.split('\n').filter(Boolean), said: stderr };
};

describe('the tags of an image', () => {
  const SHA = '982c38812345678901234567890123456789abcd';

  test.each([
    ['--version=v1.3.0', ['v1', 'v1.3', 'v1.3.0', 'v1.3.0_982c388']],
    ['--version=1.3.0', ['1', '1.3', '1.3.0', '1.3.0_982c388']],
    ['--version=v0.10.2', ['v0', 'v0.10', 'v0.10.2', 'v0.10.2_982c388']],
    ['--version=v1.4.0-rc.1', ['v1.4.0-rc.1', 'v1.4.0-rc.1_982c388']],
    ['--name=main', ['main', 'main-982c388']],
    ['--name=INT', ['INT', 'INT-982c388']],
    ['--name=pr-177', ['pr-177', 'pr-177-982c388']],
  ])('%s', (what, tags) => {
    for (const commit of [SHA, SHA.slice(0, 7)]) {
      expect(publish('--image=acme/web', `--commit=${commit}`, what)).toEqual({
        status: 0,
        references: tags.map((tag) => `acme/web:${tag}`),
        said: '',
      });
    }
  });

  test.each(['ghcr.io/acme/web', 'registry.local:5000/acme/team/web', 'localhost:5000/web', 'web'])(
    'at %s',
    (image) => {
      const { references } = publish(`--image=${image}`, '--commit=982c388', '--name=main');
      expect(references).toEqual([`${image}:main`, `${image}:main-982c388`]);
    },
  );

  test.each([
    [['--commit=982c388', '--name=main'], 'missing --image'],
    [['--image=acme/web', '--name=main'], 'missing --commit'],
    [['--image=acme/web', '--commit=982c388'], 'missing --version or --name'],
    [['--image=acme/web', '--commit=982c388', '--name=a', '--version=v1.0.0'], 'not both'],
    [['--image=acme/web:v1', '--commit=982c388', '--name=main'], 'without tag or digest'],
    [['--image=Acme/web', '--commit=982c388', '--name=main'], 'lower case'],
    [['--image=acme/web', '--commit=main', '--name=main'], '7 to 40 hexadecimal digits'],
    [['--image=acme/web', '--commit=982c388', '--version=v1.3'], 'a version such as v1.3.0'],
    [['--image=acme/web', '--commit=982c388', '--version=v1.3.0+x'], 'without build metadata'],
    [['--image=acme/web', '--commit=982c388', '--version=v01.3.0'], 'a version such as v1.3.0'],
    [['--image=acme/web', '--commit=982c388', '--name=feature/x'], 'feature-x'],
    [['--image=acme/web', '--commit=982c388', '--name=v1.3'], 'use --version'],
    [['--image=acme/web', '--commit=982c388', '--name=main\nINT'], 'one line'],
    [['--image=acme/web', '--commit=982c388', '--nmae=main'], 'unknown argument: --nmae=main'],
  ])('%j is refused', (args, said) => {
    const result = publish(...args);
    expect(result).toMatchObject({ status: 2, references: [] });
    expect(result.said).toContain(said);
  });
});

describe('the pipeline', () => {
  const inDockerfile = [...read('Dockerfile').matchAll(/^FROM \S+ AS (\S+)$/gm)].map(
    ([, stage = '']) => stage,
  );
  const checks = inDockerfile.slice(
    inDockerfile.indexOf('source') + 1,
    inDockerfile.indexOf('build'),
  );

  test('is the same for Jenkins, Docker and the script, in the same order', () => {
    expect(checks).toEqual([
      'commit-messages',
      'format',
      'shell-scripts',
      'lint',
      'types',
      'unit-tests',
    ]);
    expect(read('verify-w-docker.sh')).toContain(`stages='${checks.join(' ')}'`);
    const jenkins = read('Jenkinsfile');
    expect([...jenkins.matchAll(/STAGE=(\S+) /g)].map(([, stage]) => stage)).toEqual(checks);
    const shown = [...jenkins.matchAll(/stage\('([^']+)'\)/g)].map(([, name = '']) => name);
    expect(
      shown.slice(0, checks.length).map((name) => name.toLowerCase().replace(' ', '-')),
    ).toEqual(checks);
  });

  test('stands on the stage before, so that an image comes only from what passed', () => {
    for (const [index, stage] of [...checks, 'build'].entries()) {
      const before = ['source', ...checks][index];
      expect(read('Dockerfile')).toContain(`FROM ${before} AS ${stage}\n`);
    }
  });

  test('.doppler-ci is the Jenkinsfile', () => {
    expect(readlinkSync(join(ROOT, '.doppler-ci'))).toBe('Jenkinsfile');
  });

  test.each([
    ['feat(store): a store may be moved\nfix: x\n\nMerge branch main\nrefactor(work)!: y', 0, ''],
    ['added stuff', 1, 'found: added stuff'],
    ['feat: good\nFix: bad', 1, 'found: Fix: bad'],
    [`fix: ${'x'.repeat(120)}`, 1, 'has 125 characters'],
  ])('commit messages %j', (subjects, status, said) => {
    const result = spawnSync(process.execPath, [join(ROOT, 'scripts/check-commit-messages.ts')], {
      input: `${subjects}\n`,
      encoding: 'utf8',
    });
    expect(result.status).toBe(status);
    expect(result.stderr).toContain(said);
  });
});
