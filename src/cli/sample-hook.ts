import type { ImageReference } from '../core/image-reference.ts';
import { imageWithTag } from '../core/image-reference.ts';

export type SampleHook = { readonly contentType: string; readonly body: unknown };

type Sampled = ImageReference & { readonly tag: string };
type MakeSample = (image: Sampled, id: string, now: Date) => SampleHook | null;

const json = (body: unknown): SampleHook => ({ contentType: 'application/json', body });

/** What each sender posts when this image is pushed; null where that sender has no such image. */
const SAMPLES: Readonly<Record<string, MakeSample>> = {
  'docker-hub': ({ registry, repository, tag }, _, now) => {
    const [namespace, ...name] = repository.split('/');
    return registry === 'docker.io'
      ? json({
          push_data: { pushed_at: now.getTime() / 1000, pusher: namespace, tag, images: [] },
          repository: { repo_name: repository, namespace, name: name.join('/'), status: 'Active' },
        })
      : null;
  },
  distribution: ({ registry, repository, tag, digest }, id, now) => ({
    contentType: 'application/vnd.docker.distribution.events.v1+json',
    body: {
      events: [
        {
          id,
          timestamp: now.toISOString(),
          action: 'push',
          target: {
            mediaType: 'application/vnd.oci.image.manifest.v1+json',
            repository,
            tag,
            ...(digest === null ? {} : { digest }),
            url: `https://${registry}/v2/${repository}/manifests/${digest ?? tag}`,
          },
          request: { id, host: registry, method: 'PUT', useragent: 'cd-helper' },
        },
      ],
    },
  }),
  generic: (image) =>
    json({
      image: imageWithTag(image),
      ...(image.digest === null ? {} : { digest: image.digest }),
    }),
};

export const SAMPLE_SENDERS: readonly string[] = Object.keys(SAMPLES);

/** A correct hook of that sender for a push of that image; null where there cannot be one. */
export const sampleHook = (
  sender: string,
  image: Sampled,
  id: string,
  now: Date,
): SampleHook | null => SAMPLES[sender]?.(image, id, now) ?? null;
