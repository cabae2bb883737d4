import type { Digest } from '../../../src/core/image/digest.ts';
import type { Platform } from '../../../src/core/image/published.ts';
import {
  type FakeContent,
  type FakeMember,
  fakeImage,
  fakeIndex,
  fakeTwoPlatforms,
} from './images.ts';

/** A form in which images are published, and what a deployment must read from it. */
export type ImageForm = {
  /** Also the name of its repository. */
  readonly name: string;
  readonly content: FakeContent;
  /** Every runnable member of an index. */
  readonly members: readonly Digest[];
  readonly platforms: readonly Platform[];
};

const LINUX_AMD64 = { os: 'linux', architecture: 'amd64' };
const LINUX_ARM64 = { os: 'linux', architecture: 'arm64' };
const BOTH = [LINUX_AMD64, LINUX_ARM64];

const plain = (
  name: string,
  content: FakeContent,
  platforms: readonly Platform[] = [LINUX_AMD64],
): ImageForm => ({ name, content, members: [], platforms });

const index = (
  name: string,
  content: FakeContent,
  platforms: readonly Platform[] = BOTH,
  runs: readonly FakeContent[] = content.children,
): ImageForm => ({ name, content, members: runs.map(({ digest }) => digest), platforms });

const platformMember = (
  text: string,
  platform: FakeMember['platform'] = LINUX_AMD64,
): FakeMember => ({ content: fakeImage(text, platform), platform });

/**
 * What buildx adds for each platform: provenance and an SBOM. It is a manifest that cannot run, with an unknown
 * platform, and its annotations name the image that it describes.
 * {@link https://docs.docker.com/build/metadata/attestations/attestation-storage/}
 */
const attestationOf = (attested: FakeContent): FakeMember => ({
  content: fakeImage(`provenance of ${attested.digest}`, {
    os: 'unknown',
    architecture: 'unknown',
    layerType: 'application/vnd.in-toto+json',
  }),
  platform: { os: 'unknown', architecture: 'unknown' },
  annotations: {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': attested.digest,
  },
});

const labels = { 'org.opencontainers.image.version': 'v1.3.0' };
const annotations = { 'org.opencontainers.image.ref.name': 'v1' };

const attested = [platformMember('attested'), platformMember('attested for arm64', LINUX_ARM64)];
const withAttestations = fakeIndex([
  ...attested,
  ...attested.map(({ content }) => attestationOf(content)),
]);
const bare = platformMember('attested without platform');
const inner = fakeTwoPlatforms('inner');
const beside = platformMember('beside an index', { os: 'linux', architecture: 's390x' });

/** Every form that tests look up: in the fake registry, and in a real one for comparison with skopeo. */
export const IMAGE_FORMS: readonly ImageForm[] = [
  plain('docker-image', fakeImage('docker', { form: 'docker', labels })),
  plain('oci-image', fakeImage('oci', { form: 'oci', labels })),
  plain('oci-image-with-annotations', fakeImage('annotated', { annotations })),
  plain('oci-image-that-names-no-type', fakeImage('silent', { namesType: false })),
  plain('arm-image', fakeImage('arm', { architecture: 'arm' }), [
    { os: 'linux', architecture: 'arm' },
  ]),
  index('docker-list', fakeTwoPlatforms('list', 'docker')),
  index('oci-index', fakeTwoPlatforms('index', 'oci')),
  index('oci-index-with-annotations', fakeIndex([platformMember('a')], { annotations }), [
    LINUX_AMD64,
  ]),
  index(
    'index-of-arm-variants',
    fakeIndex(
      ['v6', 'v7'].map((variant) =>
        platformMember(`arm ${variant}`, { os: 'linux', architecture: 'arm', variant }),
      ),
    ),
    [{ os: 'linux', architecture: 'arm' }],
  ),
  index(
    'index-of-docker-images',
    fakeIndex([{ content: fakeImage('mixed', { form: 'docker' }), platform: LINUX_AMD64 }]),
    [LINUX_AMD64],
  ),
  index('index-without-platforms', fakeIndex([{ content: fakeImage('untold') }]), []),
  index(
    'index-with-attestations',
    withAttestations,
    BOTH,
    attested.map(({ content }) => content),
  ),
  index(
    'index-of-one-with-attestation',
    fakeIndex([bare, attestationOf(bare.content)]),
    [LINUX_AMD64],
    [bare.content],
  ),
  index(
    'nested-index',
    fakeIndex([{ content: inner }, beside]),
    [...BOTH, { os: 'linux', architecture: 's390x' }],
    [inner, ...inner.children, beside.content],
  ),
  index('nested-index-with-attestations', fakeIndex([{ content: withAttestations }]), BOTH, [
    withAttestations,
    ...attested.map(({ content }) => content),
  ]),
];
