import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const KINDS = { new: 'New', changed: 'Changed', fixed: 'Fixed' } as const;
const AREAS = {
  deployments: 'Deployments',
  rollback: 'Rollback and held images',
  tags: 'Tags and SmartRedeploy',
  gates: 'Gates and approvals',
  health: 'Health',
  webhooks: 'Webhooks and senders',
  registries: 'Registries',
  swarmpit: 'Swarmpit',
  ci: 'CI and forges',
  cli: 'Command line',
  dashboard: 'Dashboard',
  api: 'API, metrics and log',
  store: 'Store and instances',
  install: 'Installation and configuration',
  security: 'Security',
  other: 'Other',
} as const;

type Kind = keyof typeof KINDS;
type Area = keyof typeof AREAS;
export type Bump = 'patch' | 'minor' | 'major';

/** One file of `.changeset`. */
export type Change = {
  readonly file: string;
  readonly bump: Bump;
  readonly kind: Kind;
  readonly area: Area;
  readonly text: string;
};

const FORM =
  /^---\n"doppler-cd-helper": (patch|minor|major)\n---\n\n(?:\[(\w+): (\w+)\]\n\n)?(\S[^]*)$/;

/**
 * Reads the text of a changeset: front matter, then a line such as `[fixed: gates]`, then Markdown. Without that line,
 * a patch is `[fixed: other]` and anything else `[new: other]`.
 * @throws Error with the file's name for any other text, and for an unknown kind or area.
 */
export const parseChange = (file: string, content: string): Change => {
  const [, bump, given, area = 'other', text = ''] = FORM.exec(content) ?? [];
  if (bump === undefined) throw new Error(`${file}: not a changeset`);
  const kind = given ?? (bump === 'patch' ? 'fixed' : 'new');
  if (!(kind in KINDS) || !(area in AREAS)) {
    const known = `[${Object.keys(KINDS).join('|')}: ${Object.keys(AREAS).join('|')}]`;
    throw new Error(`${file}: unknown "[${kind}: ${area}]"; expected ${known}`);
  }
  return {
    file,
    bump: bump as Bump,
    kind: kind as Kind,
    area: area as Area,
    text: text.trimEnd(),
  };
};

/** All changesets in a folder, by name. */
export const readChanges = (folder: string): readonly Change[] =>
  globSync('*.md', { cwd: folder })
    .filter((name) => basename(name) !== 'README.md')
    .toSorted()
    .map((name) => parseChange(name, readFileSync(join(folder, name), 'utf8')));

/** The largest bump: the next version needs at least this one. */
export const largestBump = (changes: readonly Change[]): Bump =>
  (['major', 'minor', 'patch'] as const).find((bump) =>
    changes.some((change) => change.bump === bump),
  ) ?? 'patch';

/** One bullet of a Markdown list that contains every line of the text. */
const bulletOf = ({ text }: Change): string =>
  // A text that is already a list needs no extra bullet.
  text.startsWith('- ') ? text : `- ${text.replaceAll('\n', '\n  ').replaceAll(/^ +$/gm, '')}`;

/** The section of CHANGELOG.md for one version: new, changed and fixed, each by area. */
export const renderSection = (
  version: string,
  date: string,
  changes: readonly Change[],
): string => {
  const parts = [`## ${version} (${date})`];
  for (const [kind, kindTitle] of Object.entries(KINDS)) {
    const ofKind = changes.filter((change) => change.kind === kind);
    if (ofKind.length > 0) parts.push(`### ${kindTitle}`);
    for (const [area, areaTitle] of Object.entries(AREAS)) {
      const ofArea = ofKind.filter((change) => change.area === area);
      if (ofArea.length === 0) continue;
      parts.push(`#### ${areaTitle}`, ofArea.map(bulletOf).join('\n'));
    }
  }
  return `${parts.join('\n\n')}\n`;
};

/** Inserts a section above the newest one in the changelog. */
export const addSection = (changelog: string, section: string): string => {
  const newest = changelog.search(/^## /m);
  const head = newest === -1 ? changelog.trimEnd() : changelog.slice(0, newest).trimEnd();
  const older = newest === -1 ? '' : `\n${changelog.slice(newest)}`;
  return `${head}\n\n${section}${older}`;
};
