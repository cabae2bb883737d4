import { expect, test } from 'vitest';
import { parseImageReference } from '../../core/image/image-reference.ts';
import { SAMPLE_SENDERS, sampleHook } from './sample-hook.ts';

const imageOf = (text: string) => {
  const parsed = parseImageReference(text);
  if (!parsed.ok || parsed.image.tag === null) throw new Error(text);
  return { ...parsed.image, tag: parsed.image.tag };
};
const digest = `sha256:${'a'.repeat(64)}`;
const now = new Date('2026-01-01T00:00:00Z');

const HOSTS: Readonly<Record<string, string>> = {
  'docker-hub': '',
  github: 'ghcr.io/',
  azure: 'acme.azurecr.io/',
  'aws-ecr': '123456789012.dkr.ecr.eu-west-1.amazonaws.com/',
  'google-artifact-registry': 'europe-docker.pkg.dev/',
  'alibaba-acr': 'registry.cn-hangzhou.aliyuncs.com/',
};

test.each(SAMPLE_SENDERS)(
  'as %s there is a sample of its own images, and of no others',
  (sender) => {
    const host = HOSTS[sender] ?? 'registry.local:5000/';
    expect(sampleHook(sender, imageOf(`${host}acme/app:v1`), 'id', now)).not.toBeNull();
    const others = sampleHook(sender, imageOf('elsewhere.local/acme/app:v1'), 'id', now);
    expect(others === null).toBe(sender in HOSTS);
  },
);

test('as Docker Hub: namespace, name and tag, and only images of Docker Hub', () => {
  expect(sampleHook('docker-hub', imageOf('nginx:1'), 'id', now)?.body).toMatchObject({
    push_data: { tag: '1' },
    repository: { repo_name: 'library/nginx', namespace: 'library', name: 'nginx' },
  });
  expect(sampleHook('docker-hub', imageOf('localhost:5000/app:1'), 'id', now)).toBeNull();
});

test('as a distribution registry: its content type, host, tag and digest', () => {
  const sample = sampleHook('distribution', imageOf(`localhost:5000/app:1@${digest}`), 'id', now);
  expect(sample?.contentType).toBe('application/vnd.docker.distribution.events.v1+json');
  expect(sample?.body).toMatchObject({
    events: [
      {
        action: 'push',
        target: { repository: 'app', tag: '1', digest },
        request: { host: 'localhost:5000' },
      },
    ],
  });
});

test('in our own form: normalised image, digest where there is one', () => {
  expect(sampleHook('generic', imageOf('app'), 'id', now)?.body).toEqual({
    image: 'docker.io/library/app:latest',
  });
});
