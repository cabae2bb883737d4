import { expect, test } from 'vitest';
import { parseImageReference } from '../core/image-reference.ts';
import { SAMPLE_SENDERS, sampleHook } from './sample-hook.ts';

const imageOf = (text: string) => {
  const parsed = parseImageReference(text);
  if (!parsed.ok || parsed.image.tag === null) throw new Error(text);
  return { ...parsed.image, tag: parsed.image.tag };
};
const digest = `sha256:${'a'.repeat(64)}`;
const now = new Date('2026-01-01T00:00:00Z');

test('every sender that can be sent as has a sample', () => {
  for (const sender of SAMPLE_SENDERS) {
    expect(sampleHook(sender, imageOf('acme/app:v1'), 'id', now)).not.toBeNull();
  }
});

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
