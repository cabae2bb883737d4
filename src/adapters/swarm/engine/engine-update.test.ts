import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../core/image/digest.ts';
import { parseImageReference } from '../../../core/image/image-reference.ts';
import { parseExactJson } from './exact-json.ts';
import { type RawSpec, type SpecChange, specWithImage } from './engine-update.ts';

const OLD = `sha256:${'a'.repeat(64)}`;
const NEW = `sha256:${'b'.repeat(64)}` as Digest;

const specWith = (image: string, placement?: object): RawSpec => ({
  Name: 'web',
  Labels: { 'com.docker.stack.image': 'web:v1' },
  TaskTemplate: {
    ContainerSpec: { Image: image, Env: ['A=1'] },
    ...(placement === undefined ? {} : { Placement: { ...placement } }),
    ForceUpdate: 3,
  },
  Unknown: { kept: true },
});

const withImage = (spec: RawSpec, platforms: SpecChange['platforms'], restart = false): RawSpec => {
  const parsed = parseImageReference(spec.TaskTemplate.ContainerSpec.Image);
  if (!parsed.ok) throw new Error(parsed.problem);
  return specWithImage(spec, { image: parsed.image, digest: NEW, platforms, restart });
};

describe('the spec that an update posts', () => {
  it.each([
    ['web:v1', `web:v1@${NEW}`],
    [`web:v1@${OLD}`, `web:v1@${NEW}`],
    ['web', `web:latest@${NEW}`],
    [`registry.local:5000/team/web:v1@${OLD}`, `registry.local:5000/team/web:v1@${NEW}`],
  ])('pins %s to %s and keeps everything else', (image, expected) => {
    const spec = specWith(image, { Constraints: ['node.role==worker'] });
    const before = structuredClone(spec);
    expect(withImage(spec, null)).toEqual({
      ...before,
      TaskTemplate: {
        ...before.TaskTemplate,
        ContainerSpec: { ...before.TaskTemplate.ContainerSpec, Image: expected },
      },
    });
    expect(spec).toEqual(before);
  });

  const amd64 = { architecture: 'amd64', os: 'linux' };
  it.each([
    [
      'leaves them',
      { Platforms: [{ OS: 'x' }], MaxReplicas: 1 },
      null,
      { Platforms: [{ OS: 'x' }], MaxReplicas: 1 },
    ],
    [
      'sets them',
      { MaxReplicas: 1 },
      [amd64],
      { MaxReplicas: 1, Platforms: [{ Architecture: 'amd64', OS: 'linux' }] },
    ],
    [
      'sets them where there was no placement',
      undefined,
      [amd64],
      { Platforms: [{ Architecture: 'amd64', OS: 'linux' }] },
    ],
    [
      'writes a blank architecture as blank',
      {},
      [{ architecture: '', os: 'linux' }],
      { Platforms: [{ Architecture: '', OS: 'linux' }] },
    ],
    [
      'leaves 32-bit ARM blank, as nodes spell it otherwise',
      {},
      [{ architecture: 'arm', os: 'linux' }],
      { Platforms: [{ Architecture: '', OS: 'linux' }] },
    ],
    ['takes them away', { Platforms: [{ OS: 'x' }], MaxReplicas: 1 }, [], { MaxReplicas: 1 }],
    ['adds no placement for none', undefined, [], undefined],
  ])('platforms: %s', (_what, placement, platforms, expected) => {
    expect(withImage(specWith('web:v1', placement), platforms).TaskTemplate.Placement).toEqual(
      expected,
    );
  });

  it('counts ForceUpdate up only where a restart is asked for', () => {
    expect(withImage(specWith('web:v1'), null).TaskTemplate.ForceUpdate).toBe(3);
    expect(withImage(specWith('web:v1'), null, true).TaskTemplate.ForceUpdate).toBe(4);
  });

  it('writes numbers back that no double can hold', () => {
    const text =
      '{"TaskTemplate":{"ContainerSpec":{"Image":"web:v1"},"RestartPolicy":{"MaxAttempts":18446744073709551615}}}';
    const spec = parseExactJson(text) as RawSpec;
    expect(JSON.stringify(withImage(spec, null))).toContain('"MaxAttempts":18446744073709551615');
  });
});
