import { z } from 'zod';
import { findPush, ignore } from '../find-push.ts';
import { isObject, ownField } from '../own-field.ts';
import type { Sender } from '../sender.ts';
import { splitName } from '../split-name.ts';

// Every other field is ignored, above all `callback_url`: no address in a payload is ever called.
const Payload = z.object({
  push_data: z.object({ tag: z.string().nullish() }),
  repository: z.object({
    repo_name: z.string().nullish(),
    namespace: z.string().nullish(),
    name: z.string().nullish(),
  }),
});

/** Whether the first folder of a name can only be a host: Docker Hub's names have neither a dot nor a port there. */
const hasHost = (name: string): boolean => /^(?:[^/]*[.:][^/]*|localhost)\//.test(name);

/**
 * {@link https://docs.docker.com/docker-hub/repos/manage/webhooks/ Docker Hub}: one tag per webhook, no digest, no
 * signature.
 */
export const dockerHub: Sender = {
  name: 'docker-hub',
  sign: 'a body with "push_data" and "repository"',
  recognise: ({ body }) =>
    isObject(ownField(body, 'push_data')) && isObject(ownField(body, 'repository')),
  parse: ({ body }) => {
    const payload = Payload.safeParse(body);
    if (!payload.success) return { findings: [ignore('malformed-payload')], deliveryId: null };
    const { push_data: push, repository } = payload.data;
    const spelt = repository.repo_name ?? '';
    const repositoryName =
      spelt === '' ? [repository.namespace, repository.name].filter(Boolean).join('/') : spelt;
    // Registries that adopted this format put their own host before the name.
    const named = hasHost(repositoryName)
      ? splitName(repositoryName)
      : { registry: 'docker.io', repository: repositoryName };
    return { findings: [findPush({ ...named, tag: push.tag })], deliveryId: null };
  },
};
