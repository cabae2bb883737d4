import { cdevents, zot } from './events.ts';
import {
  awsEcr,
  cloudevents,
  generic,
  gitea,
  github,
  googleArtifactRegistry,
} from './forges-and-clouds.ts';
import {
  alibabaAcr,
  azure,
  distribution,
  dockerHub,
  gitlab,
  harbor,
  jfrog,
  nexus,
  quay,
} from './registries.ts';
import type { MakeSample, SampledImage, SampleHook } from './sample.ts';

/** What each sender posts when this image is pushed; null where that sender has no such image. */
const SAMPLES: Readonly<Record<string, MakeSample>> = {
  'docker-hub': dockerHub,
  distribution,
  github,
  gitlab,
  gitea,
  harbor,
  quay,
  azure,
  'aws-ecr': awsEcr,
  'google-artifact-registry': googleArtifactRegistry,
  nexus,
  jfrog,
  'alibaba-acr': alibabaAcr,
  zot,
  cdevents,
  cloudevents,
  generic,
};

export const SAMPLE_SENDERS: readonly string[] = Object.keys(SAMPLES);

/** A correct hook of that sender for a push of that image; null where there cannot be one. */
export const sampleHook = (
  sender: string,
  image: SampledImage,
  id: string,
  now: Date,
): SampleHook | null => SAMPLES[sender]?.(image, id, now) ?? null;
