/** Publishes the image of a version that `scripts/release/prepare.ts` made and tagged: see USAGE. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultImage } from './versions.ts';
import { ask, createStep, type Problem, refuseIf, stateProblems } from './step.ts';

const USAGE = `usage: ./dev release:publish [options] [-- ARGUMENTS]

Builds the image of the tag that is checked out, for each platform, on a base image that is named by its digest, with an
SBOM and provenance; pushes it as v1, v1.0, v1.0.0 and v1.0.0_COMMIT; checks what was pushed; and signs it with cosign.

  --image=IMAGE      the repository, without a tag (default: the one that deploy/stack.yml names)
  --platforms=LIST   default: linux/amd64,linux/arm64
  --trial            for a registry of your own: this machine's platform alone, without buildx, SBOM, provenance, pinned base
                     image and signature, from any commit
  --dry-run          check, show the commands, change nothing. Fails only for what a commit must mend
  -- ARGUMENTS       everything after it goes to docker build`;

const ROOT = join(import.meta.dirname, '../..');
/** Written by publish-image.sh. */
const DIGEST_FILE = '.cache/release-digest';

const fail = (text: string, status: 1 | 2): never => {
  console.error(`release: ${text}`);
  return process.exit(status);
};

const readOptions = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        image: { type: 'string' },
        platforms: { type: 'string', default: 'linux/amd64,linux/arm64' },
        trial: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    console.error(USAGE);
    return fail((error as Error).message, 2);
  }
};

const { values: options, positionals: buildArguments } = readOptions();
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
const { trial, 'dry-run': dryRun } = options;
process.chdir(ROOT);
const image = options.image ?? defaultImage(ROOT);
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const tag = `v${version}`;
const commit = ask('git', 'rev-parse', 'HEAD') ?? '';
const ref = `${image}:${tag}`;

/** What a release needs in addition to this checkout. */
const toolProblems = (): readonly Problem[] =>
  [
    ['docker', '--version'],
    ['docker', 'buildx', 'version'],
    ['cosign', 'version'],
  ]
    .filter(([command = '', ...args]) => ask(command, ...args) === null)
    .map((words) => ({ text: `"${words.join(' ')}" does not work here`, inCommit: false }));

const tagProblems = (): readonly Problem[] => {
  const tagged = ask('git', 'rev-parse', '--quiet', '--verify', `${tag}^{commit}`);
  const onMain = ['main', 'origin/main'].some(
    (main) => ask('git', 'merge-base', '--is-ancestor', 'HEAD', main) !== null,
  );
  return [
    ...(tagged === commit ? [] : [`this commit does not have the tag ${tag} of package.json`]),
    ...(onMain ? [] : ['this commit is not on main']),
  ].map((text) => ({ text, inCommit: false }));
};

/** The base image with the current digest of its tag, so that the attestation names exactly what was used. */
const pinnedBase = (): string => {
  const [, base = ''] = /^ARG NODE_IMAGE=(\S+)$/m.exec(readFileSync('Dockerfile', 'utf8')) ?? [];
  const command = ['buildx', 'imagetools', 'inspect', base, '--format', '{{.Manifest.Digest}}'];
  if (dryRun) {
    createStep(true)('docker', ...command);
    return `${base}@DIGEST`;
  }
  const digest = ask('docker', ...command) ?? '';
  return /^sha256:[0-9a-f]{64}$/.test(digest)
    ? `${base}@${digest}`
    : fail(`the digest of ${base} could not be determined`, 1);
};

/** Compares the version and labels of the pushed digest with the expected ones. */
const checkPushed = (pushed: string): void => {
  const said = ask('docker', 'run', '--rm', pushed, '--version');
  if (said !== version) fail(`${pushed} --version says ${said ?? 'nothing'}, not ${version}`, 1);
  const format = '{{json .Config.Labels}}';
  const labels = ask('docker', 'image', 'inspect', '--format', format, pushed) ?? '{}';
  const found = JSON.parse(labels) as Readonly<Record<string, string>>;
  for (const [name, expected] of [
    ['version', tag],
    ['revision', commit],
  ]) {
    const label = `org.opencontainers.image.${name}`;
    if (found[label] !== expected) {
      fail(`${pushed}: the label ${label} says ${found[label] ?? 'nothing'}, not ${expected}`, 1);
    }
  }
};

// publish-image.sh checks the name of the image.
if (
  ask(
    'sh',
    'scripts/publish-image.sh',
    `--image=${image}`,
    '--commit=0000000',
    '--name=x',
    '--dry-run',
  ) === null
) {
  console.error(USAGE);
  fail(`--image=${image}: expected a repository without a tag, such as ghcr.io/acme/cd-helper`, 2);
}
refuseIf(trial ? [] : [...stateProblems(), ...tagProblems(), ...toolProblems()], dryRun);

const step = createStep(dryRun);
mkdirSync(dirname(DIGEST_FILE), { recursive: true });
if (trial) {
  console.log('A trial: no SBOM, provenance, pinned base image or signature. Not a release.');
}
const toPublish = [
  `--image=${image}`,
  `--commit=${commit}`,
  `--version=${tag}`,
  `--digest-file=${DIGEST_FILE}`,
];
if (!trial) toPublish.push(`--platforms=${options.platforms}`);
// verify-w-docker.sh ran all checks for this commit.
const toBuild = [`VERSION=${tag}`, `REVISION=${commit}`, 'VERIFY=no'];
if (!trial) toBuild.push(`NODE_IMAGE=${pinnedBase()}`);
const buildArgs = toBuild.flatMap((argument) => ['--build-arg', argument]);
if (!trial) buildArgs.push('--sbom=true', '--provenance=mode=max');
step('sh', 'scripts/publish-image.sh', ...toPublish, '--', ...buildArgs, ...buildArguments);
const digest = dryRun ? 'DIGEST' : readFileSync(DIGEST_FILE, 'utf8').trim();
const pushed = `${image}@${digest}`;
if (!dryRun) rmSync(DIGEST_FILE);
step('docker', 'pull', '--quiet', pushed);
if (!dryRun) checkPushed(pushed);
if (!trial) step('cosign', 'sign', '--yes', '--recursive', pushed);
console.log(
  `${dryRun ? 'Dry run: nothing was published. It would be' : 'Published'} ${ref} ${digest}`,
);
