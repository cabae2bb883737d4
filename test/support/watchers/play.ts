import { expect } from 'vitest';
import { good, type Sample } from '../../../sandbox/image/sample.ts';
import type { ServiceRequest } from '../../../sandbox/swarm/service-spec.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { endedDeployments } from '../stage/open-stage.ts';
import { deploySettled } from '../stage/settled-service.ts';
import type { StageInUse } from '../stage/use-stage.ts';

/** A service that runs its first version, and actions on it. */
export type Play = {
  readonly name: string;
  readonly id: string;
  readonly repository: string;
  /** Includes the tag. */
  readonly image: string;
  /** The first digest that it ran. */
  readonly first: Digest;
  /** Moves the tag without a notification. */
  readonly publish: (sample: Sample) => Promise<Digest>;
  /** Moves the tag and posts a webhook. */
  readonly push: (sample: Sample) => Promise<Digest>;
  /** The newest of `count` deployments, once all have ended. */
  readonly ended: (count?: number) => Promise<DeploymentView>;
  /** Sets the digest like a `docker stack deploy` that resolves it at the registry. Keeps the rest of the spec. */
  readonly deployByHand: (digest: Digest) => Promise<void>;
  /** Does what `docker service rollback` does. */
  readonly rollBackByHand: () => Promise<void>;
};

/** Long enough that an immediate crash is reported within it, even on a busy machine. */
const MONITOR_MS = 4_000;

export type PlayOptions = Partial<ServiceRequest> & {
  /** Default: a good one. */
  readonly begin?: Sample;
  /** Creates the service without waiting: its first image does not run. */
  readonly neverRan?: true;
};

type EngineSpec = {
  readonly Version: { readonly Index: number };
  readonly Spec: { readonly TaskTemplate: { readonly ContainerSpec: { Image: string } } };
};

/** Creates the service `name`, and waits until its image counts as proven. */
export const beginPlay = async (
  stage: StageInUse,
  name: string,
  { begin = good(`${name} one`), neverRan, ...change }: PlayOptions = {},
): Promise<Play> => {
  const { sandbox, services, helper } = stage;
  const repository = `watched/${name}`;
  const publish = async (sample: Sample): Promise<Digest> =>
    (await sandbox.pushImage(repository, 'v1', sample)).digest;
  const first = await publish(begin);
  const image = sandbox.image(repository, 'v1');
  const request = {
    name,
    image: sandbox.image(repository, 'v1', first),
    monitorMs: MONITOR_MS,
    ...change,
  };
  const id =
    neverRan === undefined
      ? await deploySettled(services, request)
      : await services.create(request);
  const { api } = sandbox.engines[0];
  const update = async (query: string, edit: (spec: EngineSpec['Spec']) => void) => {
    const { Version, Spec } = await api.call<EngineSpec>('GET', `/services/${id}`);
    edit(Spec);
    const path = `/services/${id}/update?version=${Version.Index}${query}`;
    await api.call('POST', path, { body: Spec });
  };
  return {
    name,
    id,
    repository,
    image,
    first,
    publish,
    push: async (sample) => {
      const digest = await publish(sample);
      expect((await helper.postHook({ image, digest })).status).toBe(202);
      return digest;
    },
    ended: async (count = 1) => {
      const newest = (await endedDeployments(helper, name, count)).at(-1);
      if (newest === undefined) throw new Error('it has had no deployment');
      return newest;
    },
    deployByHand: (digest) =>
      update('', ({ TaskTemplate }) => {
        TaskTemplate.ContainerSpec.Image = `${image}@${digest}`;
      }),
    rollBackByHand: () => update('&rollback=previous', () => {}),
  };
};
