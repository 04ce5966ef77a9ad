/** How a request for a confirmation ended. */
export const confirmationEnds = ['used', 'expired', 'recovered'] as const;
export type ConfirmationEnd = (typeof confirmationEnds)[number];

/** The answer of a person: the reboot is allowed until then. */
export interface Consent {
  readonly by: string;
  readonly at: Date;
  readonly until: Date;
}

/** The swarm asks whether it may reboot a drone. At most one request of a drone is open. */
export interface RebootRequest {
  readonly id: string;
  readonly drone: string;
  readonly askedAt: Date;
  readonly reason: string;
  /** Null until somebody answers. */
  readonly consent: Consent | null;
}

/** How long a confirmation holds unless said otherwise, and at most, in milliseconds. */
export const DEFAULT_CONSENT_MS = 1_800_000;
export const MAX_CONSENT_MS = 86_400_000;

/** True while the reboot is allowed. */
export function isConfirmed({ consent }: RebootRequest, now: Date): boolean {
  return consent !== null && now < consent.until;
}

/** True when it was answered, and the answer holds no longer. */
export function isLapsed({ consent }: RebootRequest, now: Date): boolean {
  return consent !== null && now >= consent.until;
}

/** The command that answers a request. */
export function confirmCommand({ drone }: Pick<RebootRequest, 'drone'>): string {
  return `swarm drone confirm-reboot ${drone}`;
}
