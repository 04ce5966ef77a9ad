/** What is known of each kind of host. `isProtected` is the default; the host book may say otherwise for one host. */
export const hostKinds = {
  lxc: { isProtected: false, canReboot: true },
  qemu: { isProtected: false, canReboot: true },
  // A container is started again by whoever keeps it, not from inside.
  docker: { isProtected: false, canReboot: false },
  // Nobody may be near to press the button when it does not come up again.
  'bare-metal': { isProtected: true, canReboot: true },
} as const satisfies Readonly<Record<string, { isProtected: boolean; canReboot: boolean }>>;

export type HostKind = keyof typeof hostKinds;

/** Who starts and stops the agent's service. */
export const initSystems = ['openrc', 'systemd'] as const;
export type InitSystem = (typeof initSystems)[number];

/** A public key of a host, as known_hosts has it. */
export interface HostKey {
  /** For example `ssh-ed25519`. */
  readonly type: string;
  readonly base64: string;
}

/** Where a drone's machine is, and how it proves that it is that machine (S14). One page of the host book. */
export interface DroneHost {
  readonly drone: string;
  readonly kind: HostKind;
  /** Name or IP address. */
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly init: InitSystem;
  /** The keys that it may show; never empty, and no other is accepted. */
  readonly hostKeys: readonly HostKey[];
  /** Content of its /etc/machine-id: 32 hexadecimal digits. */
  readonly machineId: string;
  /** Never rebooted by the swarm, whoever confirms it. */
  readonly isProtected: boolean;
  /** Standing consent: it may be rebooted without being asked for each time. */
  readonly mayReboot: boolean;
  /** Since when this page says so, and who wrote it. */
  readonly since: Date;
  readonly by: string;
}

/** As systemd and OpenRC write it (machine-id(5)). */
export const MACHINE_ID = /^[0-9a-f]{32}$/;
