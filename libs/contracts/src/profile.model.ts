import { z } from 'zod';

import { ProfileName } from './work.messages.js';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** One repository at one revision. */
export const RepositoryPinView = z.object({
  name: z.string(),
  source: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('git'), url: z.string() }),
    z.object({ kind: z.literal('directory'), path: z.string() }),
  ]),
  /** A git commit, or `tree:` and the SHA-256 of the directory. */
  revision: z.string(),
});
export type RepositoryPinView = z.output<typeof RepositoryPinView>;

/** A whole Portage configuration. */
export const ConfigurationView = z.object({
  /** Text files by their path below etc/portage; without make.profile. */
  files: z.record(z.string(), z.string()),
  /** `repository:path`. */
  makeProfile: z.string(),
  world: z.array(z.string()),
  /** The main repository first. */
  repositories: z.array(RepositoryPinView),
});
export type ConfigurationView = z.output<typeof ConfigurationView>;

/** One version of a profile, without what is in it. */
export const ProfileVersionSummary = z.object({
  profile: ProfileName,
  number: z.int().positive(),
  digest: Sha256,
  /** True for the one that the next plan is made with. */
  current: z.boolean(),
  createdAt: z.iso.datetime(),
  author: z.string(),
  reason: z.string(),
});
export type ProfileVersionSummary = z.output<typeof ProfileVersionSummary>;

export const ProfileVersionView = ProfileVersionSummary.extend({ configuration: ConfigurationView });
export type ProfileVersionView = z.output<typeof ProfileVersionView>;

/** What became of a push: the version that is current now, and whether the push made it. */
export const PushedVersion = z.object({ version: ProfileVersionSummary, isNew: z.boolean() });
export type PushedVersion = z.output<typeof PushedVersion>;

/** A line that went or came, with its number in the old or the new text. */
export const LineChangeView = z.object({
  kind: z.enum(['removed', 'added']),
  number: z.int().positive(),
  text: z.string(),
});
export type LineChangeView = z.output<typeof LineChangeView>;

/** All that makes one version out of another. */
export const ConfigurationChangesView = z.object({
  files: z.array(
    z.object({
      path: z.string(),
      kind: z.enum(['added', 'removed', 'changed']),
      lines: z.array(LineChangeView),
    }),
  ),
  world: z.array(LineChangeView),
  repositories: z.array(
    z.object({
      name: z.string(),
      from: RepositoryPinView.nullable(),
      to: RepositoryPinView.nullable(),
    }),
  ),
  /** Names in their new order; null where that is as it was. */
  repositoryOrder: z.array(z.string()).nullable(),
  makeProfile: z.object({ from: z.string(), to: z.string() }).nullable(),
});
export type ConfigurationChangesView = z.output<typeof ConfigurationChangesView>;

export const ProfileDiff = z.object({
  /** Null: compared with nothing, since `to` is the first version. */
  from: ProfileVersionSummary.nullable(),
  to: ProfileVersionSummary,
  changes: ConfigurationChangesView,
});
export type ProfileDiff = z.output<typeof ProfileDiff>;
