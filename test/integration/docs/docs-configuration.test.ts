import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EXIT } from '../../../src/cli/terminal/exit-status.ts';
import { configSchema } from '../../../src/config/schema/config-schema.ts';
import { FILE_KEYS } from '../../../src/config/source/secret-file.ts';
import * as known from '../../../src/config/source/variables.ts';
import { PUSH_OUTCOMES } from '../../../src/core/check/conclude-check.ts';
import {
  condemnsDigest,
  type FailureReason,
  mayPass,
} from '../../../src/core/rollout/failure-reason.ts';
import { unsupportedLabel } from '../../../src/core/policy/labels.ts';
import { CAUSES } from '../../../src/core/verdict/plan.ts';
import { DEPLOYMENT_STATES, VERDICT_NAMES } from '../../../src/core/contract/views.ts';
import { SENDERS } from '../../../src/intake/senders.ts';
import { loadShown } from '../../support/program/load-shown.ts';
import { codesIn, readPage, readPages, ROOT } from '../../support/project/read-docs.ts';
import { makeService } from '../../support/work/make-service.ts';
import { showStore } from '../../../src/core/store-setting.ts';

const pages = readPages('README.md', 'docs/**/*.md', 'examples/*.md');
const guide = (name: string) => readPage(`docs/guide/${name}.md`);
const configuration = readPage('docs/reference/configuration.md');
const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

type JsonSchema = {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
};

/** Every key of the schema, `clusters[].tls.ca`, and whether it must be there. */
const keysOf = (schema: JsonSchema, path = ''): readonly (readonly [string, boolean])[] => [
  ...Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    const at = path === '' ? key : `${path}.${key}`;
    return [[at, schema.required?.includes(key) === true] as const, ...keysOf(inner, at)];
  }),
  ...(schema.items === undefined ? [] : keysOf(schema.items, `${path}[]`)),
  ...[...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].flatMap((one) => keysOf(one, path)),
];

const schemaKeys = new Map(
  keysOf(
    z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as unknown as JsonSchema,
  ),
);

const keyRows = configuration.rows
  .filter(({ titles }) => titles[0] === 'key')
  .map(({ at, cells: [key = '', initial = '', variable = '', meaning = ''] }) => ({
    at,
    key: codesIn(key)[0] ?? '',
    initial,
    variables: codesIn(variable),
    meaning,
  }));

describe('keys', () => {
  it('are those of the schema, each told once', () => {
    expect(keyRows.map(({ key }) => key).toSorted()).toEqual([...schemaKeys.keys()].toSorted());
  });

  it('are called required where they are', () => {
    // `clusters` has a default that only loading gives.
    const told = keyRows.filter(({ initial }) => initial.startsWith('required'));
    const required = [...schemaKeys].flatMap(([key, must]) =>
      must && key !== 'clusters' ? [key] : [],
    );
    expect(told.map(({ key }) => key).toSorted()).toEqual(required.toSorted());
  });

  it('name their file where they may be given as one', () => {
    for (const { key, meaning, at } of keyRows) {
      const last = key.split('.').at(-1) ?? '';
      const isTold =
        meaning.includes(`${last}File`) ||
        key === 'clusters[].url' ||
        key === 'hooks.secrets[].value';
      if (FILE_KEYS.includes(last)) expect(isTold, at).toBe(true);
    }
    expect(guide('configuration').text).toContain('`urlFile` is possible too');
  });

  const least = loadShown(`
registries: [{ host: registry.local }]
hooks: { secrets: [{ name: a, oidc: { audience: a, email: a@example.org } }] }
api: { tokens: [{ name: a, role: viewer, value: "\${B}" }] }
notifications: [{ name: a, type: apprise, url: "https://example.org" }]
`);
  const config: Readonly<Record<string, unknown>> = least.ok
    ? {
        ...least.config,
        store: showStore(least.config.store),
        listen: `${least.config.listen.host}:${least.config.listen.port}`,
        retention: {
          days: least.config.retention.ageMs / 86_400_000,
          deployments: least.config.retention.deployments,
          megabytes: least.config.retention.bytes / 1_000_000,
        },
      }
    : {};
  const valueAt = (key: string): unknown =>
    key
      .replaceAll('[]', '.0')
      .split('.')
      .reduce<unknown>((value, part) => (value as Record<string, unknown>)[part], config);

  const defaults = keyRows.filter(({ initial }) => /^`[^`]+`$/.test(initial) && initial !== '`[]`');
  it.each(defaults)('$at: $key is $initial by default', ({ key, initial }) => {
    expect(String(valueAt(key))).toBe(codesIn(initial)[0]);
  });
  it('have many defaults that were compared', () => {
    expect(defaults.length).toBeGreaterThan(14);
  });
});

describe('variables', () => {
  const all = known.KNOWN_VARIABLES.filter(
    (name) => !name.endsWith('_FILE') || name === 'CD_HELPER_URL_FILE',
  );
  const inCode = (page: { codes: readonly { text: string }[] }) =>
    new Set(page.codes.flatMap((code) => code.text.match(/CD_HELPER_[A-Z_]+/g) ?? []));

  it.each([guide('configuration'), configuration])('all stand in $path', (page) => {
    const told = inCode(page);
    expect(all.filter((name) => !told.has(name))).toEqual([]);
  });

  const ofStacks = globSync('deploy/*.yml', { cwd: ROOT }).flatMap((path) =>
    [...text(path).matchAll(/\$\{(CD_HELPER_\w+)/g)].map(([, name = '']) => name),
  );

  it('that stack files take from the shell do not keep the helper from starting there', () => {
    const own = [...new Set(ofStacks)].filter((name) => !known.KNOWN_VARIABLES.includes(name));
    const allowed = [...known.STACK_VARIABLES, 'CD_HELPER_PORT'];
    expect(own.toSorted()).toEqual(allowed.toSorted());
  });

  it('that are told exist', () => {
    const exists = new Set([...known.KNOWN_VARIABLES, ...ofStacks]);
    for (const page of pages) {
      for (const name of page.text.match(/CD_HELPER_[A-Z_]*[A-Z]/g) ?? []) {
        expect(exists, `${page.path} names ${name}`).toContain(name);
      }
    }
  });

  it('stand beside the key that they set', () => {
    const told = keyRows.flatMap(({ key, variables }) => variables.map((name) => `${name} ${key}`));
    const plain = Object.entries(known.PLAIN_VARIABLES).map(
      ([name, { path }]) => `${name} ${path.join('.')}`,
    );
    const cluster = Object.entries(known.CLUSTER_VARIABLES).map(
      ([name, path]) => `${name} clusters[].${path.join('.')}`,
    );
    const rest = [
      `${known.HOOK_SECRET} hooks.secrets`,
      `${known.API_TOKEN} api.tokens`,
      `${known.REGISTRY_INSECURE} registries[].insecure`,
      `${known.REGISTRY_SIGN_IN_HOSTS} registries[].signInHosts`,
    ];
    expect(told.toSorted()).toEqual([...plain, ...cluster, ...rest].toSorted());
  });
});

/** First cells of the tables of a page that are titled so. */
const firstCells = (
  page: { rows: readonly { titles: readonly string[]; cells: readonly string[] }[] },
  title: string,
) =>
  page.rows
    .filter(({ titles }) => titles[0] === title)
    .flatMap(({ cells }) => codesIn(cells[0] ?? ''));

describe('words', () => {
  it('labels', () => {
    const policies = guide('policies');
    const rows = policies.rows.filter(({ titles }) => titles[0] === 'label');
    const supported = [
      ...text('src/core/policy/labels.ts').matchAll(/^ {2}'(cd-helper\.[\w-]+)':/gm),
    ].map(([, label = '']) => label);
    expect(firstCells(policies, 'label').toSorted()).toEqual(supported.toSorted());
    for (const { cells } of rows) {
      for (const value of codesIn(cells[1] ?? '')) {
        const labels = { [codesIn(cells[0] ?? '')[0] ?? '']: value };
        expect(unsupportedLabel(makeService({ labels }))).toBeNull();
      }
    }
  });

  it('senders', () => {
    const names = SENDERS.map(({ name }) => name).toSorted();
    expect(firstCells(guide('senders'), 'sender').toSorted()).toEqual(names);
  });

  it('verdicts, states, outcomes and causes', () => {
    const concepts = guide('concepts');
    const finals = DEPLOYMENT_STATES.filter(
      (state) => !['queued', 'updating', 'verifying'].includes(state),
    );
    expect(firstCells(concepts, 'verdict').toSorted()).toEqual([...VERDICT_NAMES].toSorted());
    expect(firstCells(concepts, 'state').toSorted()).toEqual(finals.toSorted());
    expect(firstCells(concepts, 'outcome').toSorted()).toEqual([...PUSH_OUTCOMES].toSorted());
    for (const cause of CAUSES) expect(guide('api').text).toContain(`\`${cause}\``);
  });

  it('what a failure leads to', () => {
    const rows = guide('concepts').rows.filter(({ titles }) => titles[1] === 'the image is held');
    expect(rows.length).toBeGreaterThan(3);
    for (const { cells, at } of rows) {
      for (const reason of codesIn(cells[0] ?? '') as FailureReason[]) {
        expect(condemnsDigest(reason), `${at} ${reason}`).toBe(cells[1] === 'yes');
        expect(mayPass(reason), `${at} ${reason}`).toBe(cells[2] !== 'no');
      }
    }
  });

  it('exit statuses', () => {
    expect(guide('operate').text.replaceAll('\n', ' ')).toContain(
      `**${EXIT.well}** success, **${EXIT.failed}** something failed, **${EXIT.wrongUse}** usage error, **${EXIT.unknown}** could not be determined, **${EXIT.waiting}** waiting at a gate or a freeze`,
    );
  });

  it('metrics', () => {
    const names = (texts: readonly string[]) =>
      [...new Set(texts.flatMap((one) => one.match(/\bcd_helper_[a-z_]+/g) ?? []))].toSorted();
    const source = globSync('src/**/*.ts', { cwd: ROOT, exclude: ['**/*.test.ts'] }).map(text);
    expect(names(pages.map((page) => page.text))).toEqual(names(source));
  });
});
