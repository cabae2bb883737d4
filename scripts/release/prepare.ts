/**
 * Makes a version from main: see USAGE. Publishing is a separate step, `scripts/release/publish.ts`, which CI runs for
 * the tag.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gt, inc, valid } from 'semver';
import { addSection, type Change, largestBump, readChanges, renderSection } from './changelog.ts';
import { ask, createStep, type Problem, refuseIf, stateProblems } from './step.ts';
import { reportedVersions, writtenVersions, writeVersion } from './versions.ts';

const USAGE = `usage: ./dev release --version=1.0.0 --image=ghcr.io/acme/cd-helper [--dry-run]

Writes the version to package.json, the stack files and the instructions, moves the texts of .changeset to CHANGELOG.md,
commits that and tags it. Pushes nothing.

  --version=1.0.0   the new version (default: the next one, by the changesets)
  --image=IMAGE     the repository where the image will be published; the stack files name it
  --dry-run         check, show the changelog and the commands, change nothing. Fails only for what a commit must mend`;

const ROOT = join(import.meta.dirname, '../..');
const CHANGESETS = join(ROOT, '.changeset');

const versionProblems = async (): Promise<readonly Problem[]> => {
  const places = [...writtenVersions(ROOT), ...(await reportedVersions(ROOT))];
  const [{ version }] = places as [(typeof places)[0], ...typeof places];
  for (const { where, version: found } of places) console.log(`${where}: ${found}`);
  return places
    .filter((place) => place.version !== version)
    .map((place) => ({
      text: `${place.where} says ${place.version}, package.json ${version}`,
      inCommit: true,
    }));
};

const changesetProblems = (): { changes: readonly Change[]; problems: readonly Problem[] } => {
  try {
    const changes = readChanges(CHANGESETS);
    const none = { text: 'there are no changesets: nothing to release', inCommit: false };
    return { changes, problems: changes.length === 0 ? [none] : [] };
  } catch (error) {
    return { changes: [], problems: [{ text: (error as Error).message, inCommit: true }] };
  }
};

const readOptions = () => {
  try {
    return parseArgs({
      options: {
        version: { type: 'string' },
        image: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${USAGE}\n\nrelease: ${(error as Error).message}`);
    return process.exit(2);
  }
};

const options = readOptions();
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
const dryRun = options['dry-run'];
process.chdir(ROOT);
const { version: current } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  version: string;
};
const { changes, problems: ofChanges } = changesetProblems();
const version = options.version ?? inc(current, largestBump(changes)) ?? '';
const image = options.image ?? (dryRun ? 'registry.example/cd-helper' : '');
const usage = [
  valid(version) === version && gt(version, current)
    ? null
    : `--version=${version}: expected a version above ${current}, such as 1.0.0`,
  // publish-image.sh checks the rest.
  /^[a-z0-9][^\s@]*$/.test(image) && !/:[^/]*$/.test(image)
    ? null
    : `--image=${image}: expected a repository without a tag, such as ghcr.io/acme/cd-helper`,
].filter((text) => text !== null);
if (usage.length > 0) {
  for (const text of usage) console.error(`release: ${text}`);
  process.exit(2);
}

const tag = `v${version}`;
const branch = ask('git', 'branch', '--show-current');
refuseIf(
  [
    ...ofChanges,
    ...stateProblems(),
    ...(branch === 'main'
      ? []
      : [{ text: `the branch is "${branch ?? ''}", not main`, inCommit: false }]),
    ...(ask('git', 'tag', '--list', tag)
      ? [{ text: `the tag ${tag} exists`, inCommit: false }]
      : []),
    ...(await versionProblems()),
  ],
  dryRun,
);

const section = renderSection(version, new Date().toISOString().slice(0, 10), changes);
if (dryRun) {
  console.log(`\nCHANGELOG.md would get this section:\n\n${section}`);
} else {
  writeVersion(ROOT, version, image);
  writeFileSync('CHANGELOG.md', addSection(readFileSync('CHANGELOG.md', 'utf8'), section));
  for (const { file } of changes) rmSync(join(CHANGESETS, file));
}
const step = createStep(dryRun);
step('git', 'add', '--all');
step('git', 'commit', '--quiet', '--message', `chore(release): ${tag}`);
step('git', 'tag', '--annotate', tag, '--message', tag);
console.log(
  `\n${dryRun ? 'Dry run: nothing was changed. After a release' : `Made ${tag}`}, publish it with:`,
);
console.log(`git push --atomic origin main ${tag}`);
