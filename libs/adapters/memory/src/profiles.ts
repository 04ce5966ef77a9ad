/* eslint-disable @typescript-eslint/require-await -- the ports promise; async also turns a throw into a rejection */
import type { ProfileRepository, ProfileVersion, VersionPush } from '@swarm/domain-plan';

import { mustExist, type MemoryStore } from './memory-store.js';
import { readyToStore } from './messages.js';

export function memoryProfiles(store: MemoryStore, source: string): ProfileRepository {
  return {
    put: async (profile) => {
      const known = store.profiles.get(profile.name);
      if (known && known.kind !== profile.kind) {
        throw new Error(`the kind of profile ${profile.name} never changes; ${profile.kind} is another`);
      }
      store.profiles.set(profile.name, known ? { ...known, targets: profile.targets } : profile);
    },
    find: async (name) => store.profiles.get(name),
    all: async () => [...store.profiles.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    pushVersion: async (push) => pushVersion(store, source, push),
    version: async (digest) =>
      [...store.versions.values()]
        .map((ofProfile) => ofProfile.findLast((version) => version.digest === digest))
        .filter((version) => version !== undefined)
        .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())[0],
    numbered: async (profile, number) => store.versions.get(profile)?.[number - 1],
    current: async (profile) => store.versions.get(profile)?.at(-1),
    versions: async (profile) =>
      (store.versions.get(profile) ?? [])
        .map(({ number, digest, createdAt, author, reason }) => {
          return { profile, number, digest, createdAt, author, reason };
        })
        .reverse(),
  };
}

function pushVersion(store: MemoryStore, source: string, push: VersionPush): ProfileVersion {
  const { profile, digest, configuration, author, reason, at } = push;
  mustExist(store.profiles.has(profile), `profile ${profile}`);
  const versions = store.versions.get(profile) ?? [];
  const current = versions.at(-1);
  const isOutrun = push.replaces !== undefined && push.replaces !== current?.number;
  if (current && (isOutrun || current.digest === digest)) return current;
  const createdAt = at;
  const number = versions.length + 1;
  const version = { profile, number, digest, configuration, createdAt, author, reason };
  const storeMessages = readyToStore(store, source, push.outgoing(version));
  store.versions.set(profile, [...versions, version]);
  storeMessages();
  return version;
}
