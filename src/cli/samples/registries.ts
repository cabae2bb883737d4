import { json, type MakeSample, splitFolder, withDigest } from './sample.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

export const dockerHub: MakeSample = ({ registry, repository, tag }, _, now) => {
  const [namespace, name] = splitFolder(repository);
  return registry === 'docker.io'
    ? json({
        push_data: { pushed_at: now.getTime() / 1000, pusher: namespace, tag, images: [] },
        repository: { repo_name: repository, namespace, name, status: 'Active' },
      })
    : null;
};

const distributionEvent: (...of: Parameters<MakeSample>) => object = (
  { registry, repository, tag, digest },
  id,
  now,
) => ({
  id,
  timestamp: now.toISOString(),
  action: 'push',
  target: {
    mediaType: MANIFEST,
    repository,
    tag,
    ...withDigest(digest),
    url: `https://${registry}/v2/${repository}/manifests/${digest ?? tag}`,
  },
  request: { id, host: registry, method: 'PUT', useragent: 'cd-helper' },
});

export const distribution: MakeSample = (...of) => ({
  contentType: 'application/vnd.docker.distribution.events.v1+json',
  body: { events: [distributionEvent(...of)] },
});

export const gitlab: MakeSample = (...of) => ({
  contentType: 'application/vnd.docker.distribution.events.v2+json',
  headers: { 'x-gitlab-event': 'Container Registry' },
  body: { events: [distributionEvent(...of)] },
});

export const azure: MakeSample = (image, id, now) =>
  image.registry.endsWith('.azurecr.io') ? json(distributionEvent(image, id, now)) : null;

export const harbor: MakeSample = ({ registry, repository, tag, digest }, _, now) => {
  const [namespace, name] = splitFolder(repository);
  const resource_url = `${registry}/${repository}:${tag}`;
  return json({
    type: 'PUSH_ARTIFACT',
    occur_at: Math.floor(now.getTime() / 1000),
    operator: 'cd-helper',
    event_data: {
      resources: [{ tag, ...withDigest(digest), resource_url }],
      repository: { name, namespace, repo_full_name: repository, repo_type: 'private' },
    },
  });
};

export const quay: MakeSample = ({ registry, repository, tag }) => {
  const [namespace, name] = splitFolder(repository);
  return json({
    repository,
    namespace,
    name,
    docker_url: `${registry}/${repository}`,
    homepage: `https://${registry}/repository/${repository}`,
    updated_tags: [tag],
  });
};

export const nexus: MakeSample = ({ repository, tag }, id, now) =>
  json(
    {
      timestamp: now.toISOString(),
      nodeId: 'cd-helper',
      initiator: 'cd-helper',
      repositoryName: 'docker',
      action: 'CREATED',
      component: { format: 'docker', name: repository, group: null, version: tag },
    },
    { 'x-nexus-webhook-id': 'rm:repository:component', 'x-nexus-webhook-delivery': id },
  );

export const jfrog: MakeSample = ({ registry, repository, tag, digest }) => {
  const [key = ''] = registry.split('.', 1);
  return json({
    domain: 'docker',
    event_type: 'pushed',
    data: {
      repo_key: key,
      image_name: repository,
      tag,
      path: `${repository}/${tag}/manifest.json`,
      ...withDigest(digest === null ? null : digest.replace('sha256:', ''), 'sha256'),
    },
  });
};

/** `registry.REGION.aliyuncs.com`, or the host for services inside its network. */
const ALIBABA_HOST = /^registry(?:-vpc)?\.([a-z0-9-]+)\.aliyuncs\.com$/;

export const alibabaAcr: MakeSample = ({ registry, repository, tag, digest }, _, now) => {
  const region = ALIBABA_HOST.exec(registry)?.[1];
  if (region === undefined) return null;
  const [namespace, name] = splitFolder(repository);
  const pushed_at = now.toISOString().slice(0, 19).replace('T', ' ');
  return json({
    push_data: { ...withDigest(digest), pushed_at, tag },
    repository: { name, namespace, region, repo_full_name: repository, repo_type: 'PRIVATE' },
  });
};
