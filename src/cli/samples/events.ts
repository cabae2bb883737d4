import type { MakeSample, SampleHook } from './sample.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

const cloudEvent = (event: object): SampleHook => ({
  contentType: 'application/cloudevents+json',
  body: { specversion: '1.0', datacontenttype: 'application/json', ...event },
});

export const zot: MakeSample = ({ repository, tag, digest }, id, now) =>
  cloudEvent({
    id,
    source: 'zotregistry.dev',
    type: 'zotregistry.image.updated',
    time: now.toISOString(),
    data: {
      name: repository,
      reference: tag,
      ...(digest === null ? {} : { digest }),
      mediaType: MANIFEST,
    },
  });

export const cdevents: MakeSample = ({ registry, repository, tag, digest }, id, now) => {
  const name = repository.slice(repository.lastIndexOf('/') + 1);
  const version = digest === null ? '' : `@${encodeURIComponent(digest)}`;
  const type = 'dev.cdevents.artifact.published.0.2.0';
  const about = new URLSearchParams({ repository_url: `${registry}/${repository}`, tag });
  return cloudEvent({
    id,
    source: '/cd-helper',
    type,
    time: now.toISOString(),
    data: {
      context: { version: '0.4.1', id, source: '/cd-helper', type, timestamp: now.toISOString() },
      subject: {
        id: `pkg:oci/${name}${version}?${about.toString()}`,
        type: 'artifact',
        content: {},
      },
    },
  });
};
