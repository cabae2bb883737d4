import { z } from 'zod';
import { findPush, ignore } from '../find-push.ts';
import { isObject, ownField, ownText } from '../own-field.ts';
import type { Finding, Sender } from '../sender.ts';

const Payload = z.object({
  push_data: z.object({ tag: z.string().nullish(), digest: z.string().nullish() }),
  repository: z.object({
    repo_full_name: z.string(),
    region: z.string().regex(/^[a-z]{2,}(?:-[a-z0-9]+)+$/),
  }),
});

const judge = (body: unknown, configured: string | null): readonly Finding[] => {
  const payload = Payload.safeParse(body);
  if (!payload.success) return [ignore('malformed-payload')];
  const { push_data: push, repository } = payload.data;
  // Services inside Alibaba's network use the second host. A dedicated instance has hosts that the body does not name:
  // those need the secret's `registry`.
  const hosts =
    configured === null
      ? ['registry', 'registry-vpc'].map((name) => `${name}.${repository.region}.aliyuncs.com`)
      : [configured];
  return hosts.map((registry) =>
    findPush({
      registry,
      repository: repository.repo_full_name,
      tag: push.tag,
      digest: push.digest,
    }),
  );
};

/**
 * {@link https://www.alibabacloud.com/help/en/acr/user-guide/manage-triggers Alibaba Cloud Container Registry}. Its
 * body looks like Docker Hub's, plus region and full name.
 */
export const alibabaAcr: Sender = {
  name: 'alibaba-acr',
  sign: 'a body with "push_data" and "repository" that has "repo_full_name" and "region"',
  recognise: ({ body }) => {
    const repository = ownField(body, 'repository');
    return (
      isObject(ownField(body, 'push_data')) &&
      ownText(repository, 'repo_full_name') !== null &&
      ownText(repository, 'region') !== null
    );
  },
  parse: ({ body }, registry) => ({ findings: judge(body, registry), deliveryId: null }),
};
