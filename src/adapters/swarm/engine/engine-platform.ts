import type { Platform } from '../../../core/image/published.ts';
import type { EnginePlatform } from './engine-answers.ts';

/** Architecture names of nodes that differ from those of images. Swarmkit's platform filter knows both. */
const AS_IMAGES_SPELL: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'amd64'],
  ['aarch64', 'arm64'],
]);

export const toPlatform = ({ Architecture = '', OS = '' }: EnginePlatform): Platform => ({
  architecture: AS_IMAGES_SPELL.get(Architecture) ?? Architecture,
  os: OS,
});
