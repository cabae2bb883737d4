import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { formatProblems } from '../../../src/config/source/problem.ts';
import { unsupportedLabel } from '../../../src/core/policy/labels.ts';
import { loadShown } from '../../support/program/load-shown.ts';
import { makeService } from '../../support/work/make-service.ts';
import { readPages, ROOT } from '../../support/project/read-docs.ts';

type Labels = Readonly<Record<string, string>>;
type StackService = { readonly labels?: Labels; readonly deploy?: { readonly labels?: Labels } };
type Stack = { readonly services: Readonly<Record<string, StackService>> };

const LOOKS = [
  ['stack', /^services:/m],
  // What Prometheus itself reads; promtool checks that.
  ['prometheus', /^(?:scrape_configs|groups|rule_files):/m],
] as const;

/** What a block is for; without a word that says so, what it looks like. */
const kindOf = (kind: string | undefined, yaml: string): string =>
  kind ?? LOOKS.find(([, sign]) => sign.test(yaml))?.[0] ?? 'configuration';

const shown = [
  ...readPages('README.md', 'docs/**/*.md', 'examples/*.md')
    .flatMap(({ blocks }) => blocks)
    .filter(({ language }) => language === 'yaml')
    .map(({ at, kind, text }) => ({ at, text, kind: kindOf(kind[0], text) })),
  ...globSync(['examples/*.{yaml,yml}', 'deploy/*.yml'], { cwd: ROOT }).map((at) => {
    const text = readFileSync(join(ROOT, at), 'utf8');
    return { at, text, kind: kindOf(/\.(registry)\.yml$/.exec(at)?.[1], text) };
  }),
];
const of = (kind: string) => shown.filter((one) => one.kind === kind);

it.each(of('configuration'))('$at is a configuration', ({ text }) => {
  const loaded = loadShown(text);
  expect(loaded.ok ? '' : formatProblems(loaded.problems)).toBe('');
});

it('a configuration with a mistake would be told', () => {
  expect(loadShown('smartRedeploy: { mode: reprot }')).toMatchObject({ ok: false });
});

const forEditors = new Ajv2020({ allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(join(ROOT, 'docs/reference/configuration.schema.json'), 'utf8')),
);

it.each(of('configuration'))('$at has no error in an editor', ({ text }) => {
  forEditors(parse(text));
  expect(forEditors.errors ?? []).toEqual([]);
});

it.each([
  ['a misspelt key', 'smartRedeploy: { shedule: "0 3 * * *" }'],
  ['a misspelt choice', 'smartRedeploy: { mode: reprot }'],
  ['a number beyond its bounds', 'retention: { days: -1 }'],
  ['a text for a number', 'registries: [{ host: docker.io, concurrency: many }]'],
  [
    'a key that another type of cluster has',
    'clusters: [{ name: a, type: engine, url: b, token: c }]',
  ],
  ['a missing secret', 'clusters: [{ name: a, type: swarmpit, url: b }]'],
])('%s is an error in an editor', (_, text) => {
  expect(forEditors(parse(text))).toBe(false);
});

it.each([
  ['a file for a secret', 'clusters: [{ name: a, type: swarmpit, url: b, tokenFile: /c }]'],
  ['a variable for a number', 'registries: [{ host: docker.io, concurrency: "${MANY}" }]'],
  ['a port alone', 'listen: 8080'],
])('%s is no error in an editor', (_, text) => {
  forEditors(parse(text));
  expect(forEditors.errors ?? []).toEqual([]);
});

it.each(of('registry'))('$at notifies of pushes', ({ text }) => {
  const { endpoints } = parse(text).notifications;
  expect(endpoints[0].url).toMatch(/\/hooks$/);
  expect(endpoints[0].headers.Authorization[0]).toMatch(/^Bearer \S+$/);
});

it.each(of('stack'))('$at has labels that the helper knows', ({ text }) => {
  const { services } = parse(text) as Stack;
  for (const { deploy, labels: containerLabels = {} } of Object.values(services)) {
    const labels = deploy?.labels ?? {};
    expect(unsupportedLabel(makeService({ labels, containerLabels }))).toBeNull();
  }
});

it('all of it is of a kind that is checked', () => {
  const kinds = Map.groupBy(shown, ({ kind }) => kind);
  expect([...kinds.keys()].toSorted()).toEqual([
    'configuration',
    'prometheus',
    'registry',
    'stack',
  ]);
  expect(kinds.get('configuration')?.length).toBeGreaterThan(12);
  expect(kinds.get('stack')?.length).toBeGreaterThan(3);
});
