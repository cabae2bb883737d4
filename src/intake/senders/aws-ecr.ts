import { z } from 'zod';
import { findPush, ignore } from '../find-push.ts';
import { ownText } from '../own-field.ts';
import type { Finding, Sender } from '../sender.ts';

const Payload = z.object({
  account: z.string().regex(/^\d{12}$/),
  region: z.string().regex(/^[a-z]{2,}(?:-[a-z]+)+-\d+$/),
  detail: z.object({
    'action-type': z.string(),
    result: z.string(),
    'repository-name': z.string(),
    'image-tag': z.string().nullish(),
    'image-digest': z.string().nullish(),
  }),
});

const judge = (body: unknown, configured: string | null): Finding => {
  const kind = ownText(body, 'detail-type');
  if (kind !== 'ECR Image Action') return ignore('not-a-push', kind);
  const payload = Payload.safeParse(body);
  if (!payload.success) return ignore('malformed-payload');
  const { account, region, detail } = payload.data;
  if (detail['action-type'] !== 'PUSH' || detail.result !== 'SUCCESS') {
    return ignore('not-a-push', `${detail['action-type']} ${detail.result}`);
  }
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return findPush({
    registry: configured ?? `${account}.dkr.ecr.${region}.${domain}`,
    repository: detail['repository-name'],
    tag: detail['image-tag'],
    digest: detail['image-digest'],
  });
};

/** {@link https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html Amazon ECR}, sent by EventBridge. */
export const awsEcr: Sender = {
  name: 'aws-ecr',
  sign: 'a body with "source": "aws.ecr"',
  recognise: ({ body }) => ownText(body, 'source') === 'aws.ecr',
  parse: ({ body }, registry) => ({
    findings: [judge(body, registry)],
    deliveryId: ownText(body, 'id'),
  }),
};
