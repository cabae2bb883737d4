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

/** What each sender posts for a push of this image; null if the sender cannot have such an image. */
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

/** A correct webhook of that sender for a push of that image; null if there cannot be one. */
export const sampleHook = (
  sender: string,
  image: SampledImage,
  id: string,
  now: Date,
): SampleHook | null => SAMPLES[sender]?.(image, id, now) ?? null;
