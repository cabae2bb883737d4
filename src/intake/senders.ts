import type { Sender } from './sender.ts';
import { alibabaAcr } from './senders/alibaba-acr.ts';
import { awsEcr } from './senders/aws-ecr.ts';
import { azure } from './senders/azure.ts';
import { cdevents } from './senders/cdevents.ts';
import { cloudevents } from './senders/cloudevents.ts';
import { distribution } from './senders/distribution.ts';
import { dockerHub } from './senders/docker-hub.ts';
import { generic } from './senders/generic.ts';
import { gitea } from './senders/gitea.ts';
import { github } from './senders/github.ts';
import { gitlab } from './senders/gitlab.ts';
import { googleArtifactRegistry } from './senders/google-artifact-registry.ts';
import { harbor } from './senders/harbor.ts';
import { jfrog } from './senders/jfrog.ts';
import { nexus } from './senders/nexus.ts';
import { quay } from './senders/quay.ts';
import { zot } from './senders/zot.ts';

/**
 * Every sender, in the order in which a delivery is matched: first those with a distinctive header (Gitea before
 * GitHub, whose headers it also sends), then those recognised by their body (Alibaba before Docker Hub, whose format it
 * adopted), and last the formats that anyone may use.
 */
export const SENDERS: readonly Sender[] = [
  gitea,
  github,
  gitlab,
  nexus,
  jfrog,
  distribution,
  alibabaAcr,
  dockerHub,
  harbor,
  quay,
  azure,
  awsEcr,
  googleArtifactRegistry,
  zot,
  cdevents,
  cloudevents,
  generic,
];
