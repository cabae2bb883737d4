import { expect, it } from 'vitest';
import { toPlatform } from './engine-platform.ts';

it.each([
  [
    { Architecture: 'x86_64', OS: 'linux' },
    { architecture: 'amd64', os: 'linux' },
  ],
  [
    { Architecture: 'aarch64', OS: 'linux' },
    { architecture: 'arm64', os: 'linux' },
  ],
  [
    { Architecture: 'armv7l', OS: 'linux' },
    { architecture: 'armv7l', os: 'linux' },
  ],
  [
    { Architecture: 'amd64', OS: 'windows' },
    { architecture: 'amd64', os: 'windows' },
  ],
  [{}, { architecture: '', os: '' }],
])('%j is %j', (told, platform) => {
  expect(toPlatform(told)).toEqual(platform);
});
