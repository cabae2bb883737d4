/**
 * The fake engine and the fake registry in a separate process, so that their cost does not count for anyone else. The
 * argument is a {@link FakesOptions} as JSON. Each request is a line of JSON on standard input, answered with a line on
 * standard output.
 */
import { createInterface } from 'node:readline';
import { digestOrText } from '../../test/support/fake-engine/spec.ts';
import { startFakeEngine } from '../../test/support/fake-engine/fake-engine.ts';
import { startFakeRegistry } from '../../test/support/fake-registry/fake-registry.ts';

export type FakesOptions = {
  readonly services: number;
  readonly images: number;
  /** The registry waits this long before each answer. */
  readonly latencyMs: number;
  /** The labels of every service; default: none. */
  readonly labels?: Readonly<Record<string, string>>;
};

export type FakesQuestion =
  /** Publishes a new version of the first `images` images. */
  | { readonly do: 'publish'; readonly images: number; readonly version: string }
  /** Requests and updates since the last call. */
  | { readonly do: 'count' };

const {
  services,
  images,
  latencyMs,
  labels = {},
} = JSON.parse(process.argv[2] ?? '') as FakesOptions;
const registry = await startFakeRegistry({ latencyMs, forgetful: true });
const engine = await startFakeEngine();
const repositoryOf = (image: number): string => `bench/app-${image % images}`;
const say = (line: Readonly<Record<string, unknown>>): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const published = new Map<number, string>();
for (let image = 0; image < images; image += 1) {
  published.set(image, registry.setTag(repositoryOf(image), 'v1', `app ${image} first`));
}
for (let service = 0; service < services; service += 1) {
  const digest = published.get(service % images);
  const image = `${registry.host}/${repositoryOf(service)}:v1@${digest}`;
  engine.addService({ name: `app-${service}`, image, replicas: 0, labels });
}

let updatesBefore = 0;
let listsBefore = 0;
/** Full lists of services. Each probe of the cluster asks for a service that does not exist, by name and by id. */
const countLists = (): number => {
  const of = (path: string) => engine.requests.get(`GET ${path}`) ?? 0;
  return of('/services') - of('/services/none');
};
const answer = (asked: FakesQuestion): Readonly<Record<string, unknown>> => {
  if (asked.do === 'publish') {
    const digests = Array.from({ length: asked.images }, (_, image) => {
      const digest = registry.setTag(repositoryOf(image), 'v1', `app ${image} ${asked.version}`);
      published.set(image, digest);
      return digest;
    });
    return { answer: 'publish', digests };
  }
  const outdated = Array.from({ length: services }, (_, service) => service).filter((service) => {
    const { Image } = engine.service(`app-${service}`).Spec.TaskTemplate.ContainerSpec;
    return digestOrText(Image) !== published.get(service % images);
  });
  const since = updatesBefore;
  updatesBefore = engine.updates.length;
  const lists = countLists();
  const listsSince = lists - listsBefore;
  listsBefore = lists;
  const counts = {
    answer: 'count',
    heads: registry.count({ method: 'HEAD', kind: 'manifest' }),
    gets: registry.count({ method: 'GET' }),
    mostAtOnce: registry.mostAtOnce(),
    updates: engine.updates.length - since,
    outdated: outdated.length,
    lists: listsSince,
  };
  registry.forgetRequests();
  return counts;
};

createInterface({ input: process.stdin }).on('line', (line) => {
  say(answer(JSON.parse(line) as FakesQuestion));
});
process.once('SIGTERM', () => process.exit(0));
say({ msg: 'ready', engineUrl: engine.url, registry: registry.host });
