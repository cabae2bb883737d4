import { hash } from 'node:crypto';
import { policyChecks } from './policy-checks.ts';
import { type ConfigProblem, printOrigin } from '../source/problem.ts';
import { originOf, type Path, pathKey, printPath, type Source, valueAt } from '../source/source.ts';
import { CLUSTER, listAt, problemAt, textsAt, unknownAt } from './source-checks.ts';

/** The place of the earlier, equal value, for a person. */
const place = (source: Source, path: Path): string => {
  const origin = originOf(source, path);
  return origin === null ? printPath(path) : `${printPath(path)} (${printOrigin(origin)})`;
};

type Located = { readonly path: Path; readonly text: string };

/** All but the first of the equal values. */
const repeated = (all: readonly Located[]): readonly { again: Located; first: Located }[] => {
  const seen = new Map<string, Located>();
  return all.flatMap((one) => {
    const first = seen.get(one.text);
    if (first === undefined) seen.set(one.text, one);
    return first === undefined ? [] : [{ again: one, first }];
  });
};

const NAMED_LISTS: readonly Path[] = [
  ['clusters'],
  ['hooks', 'secrets'],
  ['api', 'tokens'],
  ['notifications'],
  ['policies'],
];

const sameNames = (source: Source): readonly ConfigProblem[] =>
  NAMED_LISTS.flatMap((list) =>
    repeated(textsAt(source, list, ['name'])).map(({ again, first }) =>
      problemAt(source, again.path, {
        found: `the name that ${place(source, first.path)} has too`,
        expected: 'another name for each',
      }),
    ),
  );

/** A normalised address. Swarmpit's is the same with and without `/api`. */
const asAddress = (source: Source, { path, text }: Located): Located => {
  if (!URL.canParse(text) || text.startsWith('unix:')) return { path, text };
  const { protocol, host, pathname } = new URL(text);
  const isSwarmpit = valueAt(source.tree, [...path.slice(0, -1), 'type']) === 'swarmpit';
  const folder = pathname.replace(/\/+$/, '');
  const base = isSwarmpit ? folder.replace(/\/+api$/, '') : folder;
  // For schemes other than http, a parsed address keeps the case of its host.
  return { path, text: `${protocol}//${host.toLowerCase()}${base}` };
};

const sameClusters = (source: Source): readonly ConfigProblem[] =>
  repeated(textsAt(source, ['clusters'], ['url']).map((one) => asAddress(source, one))).map(
    ({ again, first }) =>
      problemAt(source, again.path, {
        found: `the address that ${place(source, first.path)} has too`,
        expected: 'another Swarm for each cluster',
      }),
  );

const asHash = ({ path, text }: Located): Located => ({
  path,
  text: `sha256:${hash('sha256', text)}`,
});

/** The secret alone must identify the sender or person and their rights. */
const sameSecrets = (source: Source): readonly ConfigProblem[] =>
  repeated([
    ...textsAt(source, ['hooks', 'secrets'], ['value']).map(asHash),
    ...textsAt(source, ['api', 'tokens'], ['value']).map(asHash),
    ...textsAt(source, ['api', 'tokens'], ['valueHash']).map(({ path, text }) => ({
      path,
      text: text.toLowerCase(),
    })),
  ]).map(({ again, first }) =>
    problemAt(source, again.path, {
      found: `the same value as ${place(source, first.path)}`,
      expected: 'a value of its own',
    }),
  );

const unknownNames = (
  source: Source,
  [list, key]: readonly [Path, string],
  what: typeof CLUSTER,
  known: readonly string[],
): readonly ConfigProblem[] =>
  listAt(source, list).flatMap((_, index) => unknownAt(source, [...list, index, key], what, known));

const registryConflicts = (source: Source): readonly ConfigProblem[] =>
  ['username', 'tls'].flatMap((key) => {
    const having = textsAt(source, ['registries'], ['host']).filter(
      ({ path }) => valueAt(source.tree, [...path.slice(0, -1), key]) !== undefined,
    );
    return repeated(having).map(({ again, first }) =>
      problemAt(source, [...again.path.slice(0, -1), key], {
        found: `a second ${key} for the same host; the first is at ${place(source, first.path)}`,
        expected: 'one for each host',
      }),
    );
  });

/** Settings of scheduled runs without a schedule. A schedule with an empty value is switched off on purpose. */
const idleSchedule = (source: Source): readonly ConfigProblem[] => {
  const at = (key: string): unknown => valueAt(source.tree, ['smartRedeploy', key]);
  if (source.origins.has(pathKey(['smartRedeploy', 'schedule']))) return [];
  const isIdle = {
    timeZone: at('timeZone') !== 'UTC',
    // `onStart` has its own mode. If both are the same, nothing is misunderstood.
    mode: at('mode') !== 'report' && at('mode') !== at('onStart'),
    jitter: true,
  };
  return Object.entries(isIdle).flatMap(([key, idle]) => {
    const path = ['smartRedeploy', key];
    const value = at(key);
    if (!idle || typeof value !== 'string') return [];
    // Another problem of this key is already reported.
    if (source.problems.some((problem) => problem.key === printPath(path))) return [];
    const found = `${JSON.stringify(value)}, which does nothing without a schedule`;
    const hint = key === 'mode' ? 'onStart already says what a run at the start does' : null;
    return [problemAt(source, path, { found, expected: 'a schedule beside it', hint })];
  });
};

/** A one-time link needs an address to lead to. */
const linksToNowhere = (source: Source): readonly ConfigProblem[] => {
  if (typeof valueAt(source.tree, ['publicUrl']) === 'string') return [];
  return listAt(source, ['notifications']).flatMap((_, index) => {
    const path = ['notifications', index, 'approve'];
    const value = valueAt(source.tree, path);
    if (value !== true && typeof value !== 'string') return [];
    if (value === 'false') return [];
    const found = 'links to vote by, without an address that they could lead to';
    return [
      problemAt(source, path, { found, expected: 'publicUrl at the top of the file beside it' }),
    ];
  });
};

/** Mistakes that only the whole configuration shows. */
export const crossChecks = (
  source: Source,
  senders: readonly string[] | null,
): readonly ConfigProblem[] => {
  const clusters = [...new Set(textsAt(source, ['clusters'], ['name']).map(({ text }) => text))];
  return [
    ...sameNames(source),
    ...sameClusters(source),
    ...sameSecrets(source),
    ...registryConflicts(source),
    ...idleSchedule(source),
    ...linksToNowhere(source),
    ...unknownNames(source, [['hooks', 'secrets'], 'clusters'], CLUSTER, clusters),
    ...unknownNames(source, [['notifications'], 'clusters'], CLUSTER, clusters),
    ...unknownNames(source, [['api', 'tokens'], 'clusters'], CLUSTER, clusters),
    ...policyChecks(source, clusters),
    ...(senders === null
      ? []
      : unknownNames(
          source,
          [['hooks', 'secrets'], 'senders'],
          { what: 'known sender', expected: `one of ${senders.join(', ')}` },
          senders,
        )),
  ];
};
