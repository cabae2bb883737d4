import { imageName, imageWithTag } from '../../core/image/image-reference.ts';
import { json, type MakeSample, splitFolder, withDigest } from './sample.ts';

export const github: MakeSample = ({ registry, repository, tag, digest }, id) => {
  const [login, name] = splitFolder(repository);
  if (registry !== 'ghcr.io' || login === '') return null;
  return json(
    {
      action: 'published',
      package: {
        name,
        namespace: login,
        ecosystem: 'CONTAINER',
        package_type: 'CONTAINER',
        owner: { login },
        package_version: {
          version: digest ?? tag,
          container_metadata: { tag: { name: tag, digest: digest ?? '' } },
        },
      },
    },
    { 'x-github-event': 'package', 'x-github-delivery': id },
  );
};

export const gitea: MakeSample = ({ registry, repository, tag }, id) => {
  const [login, name] = splitFolder(repository);
  if (login === '') return null;
  return json(
    {
      action: 'created',
      package: {
        type: 'container',
        name,
        version: tag,
        owner: { login, username: login },
        html_url: `https://${registry}/${login}/-/packages/container/${name}/${tag}`,
      },
    },
    { 'x-gitea-event': 'package', 'x-gitea-delivery': id },
  );
};

const ECR = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/;

export const awsEcr: MakeSample = ({ registry, repository, tag, digest }, id, now) => {
  const [, account, region] = ECR.exec(registry) ?? [];
  if (account === undefined || region === undefined) return null;
  return json({
    version: '0',
    id,
    'detail-type': 'ECR Image Action',
    source: 'aws.ecr',
    account,
    time: now.toISOString(),
    region,
    resources: [],
    detail: {
      result: 'SUCCESS',
      'repository-name': repository,
      ...withDigest(digest, 'image-digest'),
      'action-type': 'PUSH',
      'image-tag': tag,
    },
  });
};

export const googleArtifactRegistry: MakeSample = (image, id, now) => {
  if (!/(?:^|\.)gcr\.io$|-docker\.pkg\.dev$/.test(image.registry)) return null;
  const { digest } = image;
  const message = {
    action: 'INSERT',
    ...withDigest(digest === null ? null : `${imageName(image)}@${digest}`),
    tag: imageWithTag(image),
  };
  const data = Buffer.from(JSON.stringify(message)).toString('base64');
  return json({
    message: { data, messageId: id, publishTime: now.toISOString() },
    subscription: 'projects/cd-helper/subscriptions/cd-helper',
  });
};

export const cloudevents: MakeSample = (image, id, now) => ({
  contentType: 'application/cloudevents+json',
  body: {
    specversion: '1.0',
    type: 'cd-helper.image.pushed',
    source: '/cd-helper/hook-send',
    id,
    time: now.toISOString(),
    data: { image: imageWithTag(image), ...withDigest(image.digest) },
  },
});

export const generic: MakeSample = (image) =>
  json({ image: imageWithTag(image), ...withDigest(image.digest) });
