import { closest } from './closest.ts';
import type { Origin } from './problem.ts';
import { type ReadFile, readSecretFile } from './secret-file.ts';
import { showText } from './show-value.ts';
import { appendAt, emptyMapping, pathKey, setAt, type Source } from './source.ts';
import * as known from './variables.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

type Said = { readonly value: string; readonly origin: Origin };

const variable = (name: string): Origin => ({ kind: 'variable', name });

/**
 * The value of each variable, given directly or in the file that `…_FILE` names. An empty value counts as not given.
 */
const readSaid = (source: Source, env: Environment, readFile: ReadFile): Map<string, Said> => {
  const said = new Map<string, Said>();
  for (const name of known.VALUE_VARIABLES) {
    const value = env[name] ?? '';
    const fileVariable = `${name}_FILE`;
    const file = env[fileVariable] ?? '';
    if (value !== '' && file !== '') {
      source.problems.push({
        key: null,
        origin: variable(name),
        found: `${name} and ${fileVariable}`,
        expected: 'only one of the two',
        hint: null,
      });
    } else if (file !== '') {
      const content = readSecretFile(
        source,
        { path: null, origin: variable(fileVariable), file },
        readFile,
      );
      if (content !== null) said.set(name, { value: content, origin: variable(fileVariable) });
    } else if (value !== '') {
      said.set(name, { value, origin: variable(name) });
    }
  }
  return said;
};

const refuseUnknown = (source: Source, env: Environment): void => {
  for (const name of Object.keys(env)) {
    if (!name.startsWith(known.PREFIX)) continue;
    if (known.KNOWN_VARIABLES.includes(name) || source.variablesUsed.has(name)) continue;
    if (known.STACK_VARIABLES.includes(name)) continue;
    const near = closest(name, known.KNOWN_VARIABLES);
    source.problems.push({
      key: null,
      origin: variable(name),
      found: 'an unknown variable',
      expected: `one that the helper knows, as all that begin with ${known.PREFIX} are its own`,
      hint: known.MEANT[name] ?? (near === null ? null : `did you mean ${near}?`),
    });
  }
};

/** The one cluster that variables describe. It cannot be combined with `clusters` in the file. */
const readCluster = (source: Source, said: ReadonlyMap<string, Said>): void => {
  const about = [...said].filter(([name]) => name in known.CLUSTER_VARIABLES);
  if (source.tree['clusters'] !== undefined) {
    for (const [name, { origin }] of about) {
      source.problems.push({
        key: 'clusters',
        origin,
        found: `${name} beside the clusters of the file`,
        expected: 'clusters either in the file or in variables',
        hint: `remove ${name}, or the clusters from the file`,
      });
    }
    return;
  }
  const swarmpit = about.filter(([name]) => name.startsWith('CD_HELPER_SWARMPIT_'));
  const engine = about.filter(([name]) => name.startsWith('CD_HELPER_ENGINE_'));
  if (swarmpit.length > 0) {
    for (const [name, { origin }] of engine) {
      source.problems.push({
        key: null,
        origin,
        found: `${name} beside ${swarmpit.map(([other]) => other).join(' and ')}`,
        expected: 'one cluster: use a configuration file for several',
        hint: null,
      });
    }
  }
  const type = swarmpit.length > 0 ? 'swarmpit' : 'engine';
  const cluster = Object.assign(emptyMapping(), { name: 'default', type });
  if (type === 'engine' && !said.has('CD_HELPER_ENGINE_URL')) {
    cluster['url'] = 'unix:///var/run/docker.sock';
  }
  source.tree['clusters'] = [cluster];
  for (const [name, { value, origin }] of about) {
    if (type === 'swarmpit' && name.startsWith('CD_HELPER_ENGINE_')) continue;
    const path = known.CLUSTER_VARIABLES[name] ?? [];
    const [first = '', second] = path;
    if (second === undefined) cluster[first] = value;
    else {
      cluster[first] = Object.assign(emptyMapping(), cluster[first], { [second]: value });
      // A mistake in the cluster as a whole is reported under the name of a variable that set a part.
      source.origins.set(pathKey(['clusters', 0, first]), origin);
    }
    source.origins.set(pathKey(['clusters', 0, ...path]), origin);
  }
  if (type === 'swarmpit') {
    for (const [key, name] of [
      ['url', 'CD_HELPER_SWARMPIT_URL'],
      ['token', 'CD_HELPER_SWARMPIT_TOKEN'],
    ] as const) {
      // A missing value is reported under the name of the variable that would set it.
      if (cluster[key] === undefined) {
        source.origins.set(pathKey(['clusters', 0, key]), variable(name));
      }
    }
  }
};

const addAll = (source: Source, said: ReadonlyMap<string, Said>): void => {
  const secrets = said.get(known.HOOK_SECRET);
  for (const [index, value] of known.splitList(secrets?.value ?? '').entries()) {
    const name = index === 0 ? 'default' : `default-${index + 1}`;
    add(source, ['hooks', 'secrets'], { name, value }, secrets);
  }
  const token = said.get(known.API_TOKEN);
  if (token !== undefined) {
    add(
      source,
      ['api', 'tokens'],
      { name: 'default', role: 'operator', value: token.value },
      token,
    );
  }
  const insecure = said.get(known.REGISTRY_INSECURE);
  for (const host of known.splitList(insecure?.value ?? '')) {
    add(source, ['registries'], { host, insecure: true }, insecure);
  }
  const signIns = said.get(known.REGISTRY_SIGN_IN_HOSTS);
  for (const pair of known.splitList(signIns?.value ?? '')) {
    const [host = '', realm, more] = pair.split('=').map((part) => part.trim());
    if (realm === undefined || more !== undefined) {
      source.problems.push({
        key: null,
        origin: signIns?.origin ?? null,
        found: showText(pair),
        expected:
          'a registry and the host that it signs in at, such as registry.example=auth.example',
        hint: null,
      });
    } else add(source, ['registries'], { host, signInHosts: [realm] }, signIns);
  }
};

const add = (
  source: Source,
  path: readonly string[],
  value: Record<string, unknown>,
  said: Said | undefined,
): void => {
  if (said === undefined) return;
  appendAt(source, path, Object.assign(emptyMapping(), value), said.origin);
};

/** Lets the variables override the values of the file. */
export const readVariables = (source: Source, env: Environment, readFile: ReadFile): void => {
  refuseUnknown(source, env);
  const said = readSaid(source, env, readFile);
  for (const [name, { path, list }] of Object.entries(known.PLAIN_VARIABLES)) {
    const one = said.get(name);
    if (one === undefined) continue;
    setAt(source, path, list === true ? [...known.splitList(one.value)] : one.value, one.origin);
  }
  readCluster(source, said);
  addAll(source, said);
};
