import { globSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readChanges } from '../../../scripts/release/changelog.ts';
import {
  createReleaseCheckout,
  type ReleaseCheckout,
} from '../../support/project/release-checkout.ts';

const DIGEST = `sha256:${'d'.repeat(64)}`;
const BASE = `sha256:${'b'.repeat(64)}`;
const IMAGE = '--image=ghcr.io/acme/cd-helper';
const STACKS = globSync('stack*.yml', { cwd: 'deploy' });

describe('a release', () => {
  let checkout: ReleaseCheckout;
  beforeAll(() => {
    checkout = createReleaseCheckout();
    // Whatever this machine has, nothing of this is to be published.
    for (const command of ['docker', 'cosign']) checkout.fake(command, 'exit 1');
  });
  afterAll(() => checkout.remove());

  it.each([
    [['--version=0.0.0', IMAGE], '--version=0.0.0: expected a version above 0.0.0, such as 1.0.0'],
    [['--version=v1.0.0', IMAGE], 'expected a version above 0.0.0'],
    [['--version=1.0', IMAGE], 'expected a version above 0.0.0'],
    [['--version=1.0.0'], '--image=: expected a repository without a tag'],
    [['--version=1.0.0', `${IMAGE}:v1`], 'expected a repository without a tag'],
    [['--vesrion=1.0.0'], "Unknown option '--vesrion'"],
  ])('with %j is a usage error', (args, said) => {
    const { status, stderr } = checkout.release('prepare', ...args);
    expect(stderr).toContain(said);
    expect(status).toBe(2);
  });

  it('is refused with every reason at once, and a dry run shows them', () => {
    checkout.git('switch', '--quiet', '--create', 'other');
    checkout.git('tag', 'v1.0.0');
    checkout.write('new-file', '');
    const args = ['--version=1.0.0', IMAGE];
    const refused = checkout.release('prepare', ...args);
    expect(refused.status).toBe(1);
    const reasons = [
      'the checkout has uncommitted changes:\n?? new-file',
      'the branch is "other", not main',
      'the tag v1.0.0 exists',
    ];
    for (const reason of reasons) expect(refused.stderr).toContain(`release: refused: ${reason}`);
    const dry = checkout.release('prepare', ...args, '--dry-run');
    expect(dry.status).toBe(0);
    for (const reason of reasons) {
      expect(dry.stderr).toContain(`release: would be refused here: ${reason}`);
    }
    expect(checkout.git('status', '--porcelain')).toBe('?? new-file');
    checkout.git('clean', '--force', '--quiet');
    checkout.git('tag', '--delete', 'v1.0.0');
    checkout.git('switch', '--quiet', 'main');
  });

  it('is refused, by a dry run too, where a version or a changeset is wrong', () => {
    const stack = checkout.read('deploy/stack.yml');
    const changeset = checkout.read('.changeset/gates.md');
    checkout.write('deploy/stack.yml', stack.replace('cd-helper:0.0.0', 'cd-helper:v0.9.0'));
    checkout.write('.changeset/gates.md', changeset.replace('[new: ', '[old: '));
    const { status, stderr } = checkout.release('prepare', '--dry-run');
    expect(stderr).toContain('refused: deploy/stack.yml says 0.9.0, package.json 0.0.0');
    expect(stderr).toContain('refused: gates.md: unknown "[old: gates]"');
    expect(status).toBe(1);
    checkout.git('restore', '.');
  });

  it('has a dry run that shows the changelog and the commands, and changes nothing', () => {
    const { status, stdout } = checkout.release('prepare', '--dry-run');
    expect(status).toBe(0);
    // At least one change is minor.
    expect(stdout).toMatch(/\n## 0\.1\.0 \(\d{4}-\d\d-\d\d\)\n\n### New\n/);
    expect(stdout).toContain(
      "$ git commit --quiet --message 'chore(release): v0.1.0'\n$ git tag --annotate v0.1.0 --message v0.1.0\n",
    );
    for (const where of ['package.json', '--version', '/version.txt', '/openapi.json']) {
      expect(stdout).toContain(`${where}: 0.0.0\n`);
    }
    expect(stdout).toContain('dashboard (/api/v1/session): 0.0.0\n');
    expect(checkout.git('status', '--porcelain')).toBe('');
    expect(checkout.git('tag')).toBe('');
  });

  it('writes version, image and changelog, commits and tags', () => {
    const changes = readChanges('.changeset');
    const made = checkout.release('prepare', '--version=1.0.0', IMAGE);
    expect([made.status, made.stderr]).toEqual([0, '']);
    expect(made.stdout).toMatch(/\ngit push --atomic origin main v1\.0\.0\n$/);
    expect(checkout.git('status', '--porcelain')).toBe('');
    expect(checkout.git('log', '-1', '--format=%s')).toBe('chore(release): v1.0.0');
    expect(checkout.git('cat-file', '-t', 'v1.0.0')).toBe('tag');
    expect(checkout.git('rev-parse', 'v1.0.0^{commit}')).toBe(checkout.git('rev-parse', 'HEAD'));
    const left = checkout.git('ls-files', '.changeset').split('\n');
    expect(left).toEqual(['.changeset/README.md', '.changeset/config.json']);
    const changelog = checkout.read('CHANGELOG.md');
    expect(changelog).toMatch(/^# Changelog\n[^]*\n## 1\.0\.0 /);
    for (const { text } of changes) expect(changelog).toContain(text.split('\n')[0]);
    expect(STACKS).toContain('stack.yml');
    for (const stack of STACKS) {
      expect(checkout.read(`deploy/${stack}`)).toContain(
        // oxlint-disable-next-line no-template-curly-in-string -- the variable is of the stack file
        'image: ${CD_HELPER_IMAGE:-ghcr.io/acme/cd-helper:v1.0.0}\n',
      );
    }
    expect(checkout.read('README.md')).toContain('export CD_HELPER_IMAGE=cd-helper:1.0.0\n');
    const { packages } = JSON.parse(checkout.read('package-lock.json')) as {
      packages: Readonly<Record<string, { version: string }>>;
    };
    expect(packages['']?.version).toBe('1.0.0');
    expect(packages['node_modules/semver']?.version).toBe(
      (JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: typeof packages })
        .packages['node_modules/semver']?.version,
    );
    // Everything agrees on the new version, and there is nothing left to release.
    const again = checkout.release('prepare', '--dry-run');
    expect(again.stdout).toContain('/openapi.json: 1.0.0\n');
    expect(again.stderr).toContain('would be refused here: there are no changesets');
    expect(again.status).toBe(0);
  });

  it('gets past publishing only as what was tagged', () => {
    const refused = checkout.release('publish');
    expect(refused.stderr).toContain('"docker buildx version" does not work here');
    expect(refused.stderr).not.toContain('does not have the tag');
    expect(refused.status).toBe(1);
    checkout.git('commit', '--quiet', '--allow-empty', '--message', 'fix: later');
    expect(checkout.release('publish').stderr).toContain(
      'this commit does not have the tag v1.0.0 of package.json',
    );
    checkout.git('switch', '--quiet', '--detach', 'v1.0.0');
  });
});

describe('publishing', () => {
  let checkout: ReleaseCheckout;
  let commit: string;
  beforeAll(() => {
    checkout = createReleaseCheckout();
    checkout.git('tag', 'v0.0.0');
    commit = checkout.git('rev-parse', 'HEAD');
    checkout.fake('cosign', '');
    fakeDocker('0.0.0', commit);
  });
  afterAll(() => checkout.remove());

  /** A docker command that builds, pushes and runs an image of this version and commit. */
  const fakeDocker = (version: string, revision: string): void => {
    const labels = JSON.stringify({
      'org.opencontainers.image.version': `v${version}`,
      'org.opencontainers.image.revision': revision,
    });
    checkout.fake(
      'docker',
      `case "$*" in
  *imagetools*) echo '${BASE}' ;;
  'buildx build'*)
    while [ "$1" != --metadata-file ]; do shift; done
    echo '{"containerimage.digest": "${DIGEST}"}' >"$2"
    ;;
  'run '*) echo '${version}' ;;
  'image inspect'*) echo '${labels}' ;;
esac`,
    );
  };

  /** But for those that only ask whether the commands are there. */
  const madeCalls = (): readonly string[] =>
    checkout.calls().filter((call) => !/^(?:docker --|docker buildx |cosign )version$/.test(call));

  const commands = (digest: string, base: string, image = 'cd-helper') => [
    'docker buildx imagetools inspect node:24-slim --format {{.Manifest.Digest}}',
    `sh scripts/publish-image.sh --image=${image} --commit=${commit} --version=v0.0.0 --digest-file=.cache/release-digest --platforms=linux/amd64,linux/arm64 -- --build-arg VERSION=v0.0.0 --build-arg REVISION=${commit} --build-arg VERIFY=no --build-arg NODE_IMAGE=node:24-slim@${base} --sbom=true --provenance=mode=max`,
    `docker pull --quiet ${image}@${digest}`,
    `cosign sign --yes --recursive ${image}@${digest}`,
  ];
  const shown = (stdout: string): readonly string[] =>
    stdout
      .split('\n')
      .filter((line) => line.startsWith('$ '))
      .map((line) => line.slice(2).replaceAll("'", ''));

  it('shows its exact commands in a dry run', () => {
    const { status, stdout } = checkout.release('publish', '--dry-run', IMAGE);
    expect(shown(stdout)).toEqual(commands('DIGEST', 'DIGEST', 'ghcr.io/acme/cd-helper'));
    expect(status).toBe(0);
    expect(madeCalls()).toEqual([]);
  });

  it('takes platforms and arguments of the build', () => {
    const { stdout } = checkout.release(
      'publish',
      '--dry-run',
      '--platforms=linux/arm64',
      '--',
      '--pull',
    );
    expect(shown(stdout)[1]).toContain(' --image=cd-helper ');
    expect(shown(stdout)[1]).toContain(' --platforms=linux/arm64 ');
    expect(shown(stdout)[1]).toMatch(/ --provenance=mode=max --pull$/);
  });

  it('of a trial needs neither buildx nor cosign, and says that it is no release', () => {
    const { stdout, stderr } = checkout.release('publish', '--trial', '--dry-run', IMAGE);
    expect(stdout).toContain('Not a release.');
    expect(shown(stdout).join('\n')).not.toMatch(/buildx|cosign|sbom|provenance|platforms/);
    expect(stderr).toBe('');
  });

  it.each([
    ['--image=ghcr.io/acme/cd-helper:v1', 'expected a repository without a tag'],
    ['--image=', 'expected a repository without a tag'],
    ['--platfroms=linux/arm64', "Unknown option '--platfroms'"],
  ])('with %s is a usage error', (arg, said) => {
    const { status, stderr } = checkout.release('publish', '--dry-run', arg);
    expect(stderr).toContain(said);
    expect(status).toBe(2);
  });

  it('builds on the digest of the base image, checks what it pushed, and signs that digest', () => {
    const { status, stdout, stderr } = checkout.release('publish');
    expect([status, stderr]).toEqual([0, '']);
    expect(shown(stdout)).toEqual(commands(DIGEST, BASE).slice(1));
    const calls = madeCalls();
    expect(calls.map((call) => call.split(' ').slice(0, 3).join(' '))).toEqual([
      'docker buildx imagetools',
      'docker buildx build',
      'docker pull --quiet',
      'docker run --rm',
      'docker image inspect',
      'cosign sign --yes',
    ]);
    const build = calls[1] ?? '';
    expect(build).toContain(`--build-arg NODE_IMAGE=node:24-slim@${BASE}`);
    for (const tag of ['v0', 'v0.0', 'v0.0.0', `v0.0.0_${commit.slice(0, 7)}`]) {
      expect(build).toContain(`--tag cd-helper:${tag} `);
    }
    expect(stdout).toContain(`Published cd-helper:v0.0.0 ${DIGEST}\n`);
  });

  it.each([
    ['another version', '0.0.1', null, '--version says 0.0.1, not 0.0.0'],
    ['another commit', '0.0.0', 'f'.repeat(40), `revision says ${'f'.repeat(40)}, not `],
  ])('signs nothing that says %s', (_what, version, revision, said) => {
    fakeDocker(version, revision ?? commit);
    const before = checkout.calls().length;
    const { status, stderr } = checkout.release('publish');
    expect(stderr).toContain(said);
    expect(status).toBe(1);
    expect(
      checkout
        .calls()
        .slice(before)
        .some((call) => call.startsWith('cosign sign')),
    ).toBe(false);
    fakeDocker('0.0.0', commit);
  });

  it('builds nothing where the digest of the base image cannot be determined', () => {
    checkout.fake('docker', 'case "$*" in *imagetools*) exit 1 ;; esac');
    const before = checkout.calls().length;
    const { status, stderr } = checkout.release('publish');
    expect(stderr).toContain('the digest of node:24-slim could not be determined');
    expect(status).toBe(1);
    expect(checkout.calls().slice(before).join('\n')).not.toContain('buildx build');
  });
});

describe('the pipelines', () => {
  it('the workflow for releases only calls the scripts', () => {
    const workflow = parse(readFileSync('.github/workflows/release.yml', 'utf8')) as {
      readonly jobs: { readonly publish: { readonly steps: readonly { readonly run?: string }[] } };
    };
    const runs = workflow.jobs.publish.steps.flatMap(({ run }) => run ?? []);
    expect(runs).toEqual([
      'sh ./verify-w-docker.sh',
      'sh scripts/check-supply-chain.sh',
      './dev release:publish',
    ]);
  });

  it('.ci/run makes the dry run', () => {
    expect(readFileSync('.ci/run', 'utf8')).toContain('./dev release --dry-run ');
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Readonly<Record<string, string>>;
    };
    expect(scripts['release']).toBe('node scripts/release/prepare.ts');
    expect(scripts['release:publish']).toBe('node scripts/release/publish.ts');
  });
});
