import type { Outgoing } from '@swarm/kernel';

import type { Message, Payload } from './define-message.js';
import { MachineReportAsked, MachineReported } from './audit.messages.js';
import { PlanAnswered, PlanAsked } from './ask.messages.js';
import { DroneEnrolled, DroneEnrolling, DroneHeartbeat } from './drone.messages.js';
import {
  DroneOrderAnswered,
  DroneOrderAsked,
  DroneOrdered,
  WorkDisowned,
  WorkStopped,
} from './drone-order.messages.js';
import {
  AlarmMoved,
  ArtifactPublished,
  ArtifactReceived,
  ArtifactRefused,
  AttemptFailed,
  DroneMoved,
  JobMoved,
  PlanMoved,
  ProfilePushed,
  ReclaimRequested,
  ReleasePromoted,
  RunStarted,
} from './event.messages.js';
import {
  HealingAnswered,
  HealingAsked,
  HealingMoved,
  HostMoved,
  RebootRequestMoved,
} from './healing.messages.js';
import { PauseAnswered, PauseAsked, PauseMoved } from './pause.messages.js';
import { RunEnded, ScheduleAnswered, ScheduleAsked, ScheduleMissed } from './schedule.messages.js';
import { WhyAnswered, WhyAsked } from './why.messages.js';
import { QuarantineAnswered, QuarantineAsked } from './quarantine.messages.js';
import { LogWritten, WorkAssigned, WorkReported } from './work.messages.js';

/** Events that services tell each other and people; each is stored by the outbox before it is said. */
export const events = {
  RunStarted,
  RunEnded,
  ScheduleMissed,
  ProfilePushed,
  PlanMoved,
  JobMoved,
  AttemptFailed,
  ArtifactReceived,
  ArtifactPublished,
  ArtifactRefused,
  ReleasePromoted,
  PauseMoved,
  DroneMoved,
  DroneOrdered,
  WorkDisowned,
  ReclaimRequested,
  AlarmMoved,
  HealingMoved,
  RebootRequestMoved,
  HostMoved,
} as const satisfies Record<string, Message>;

/** Everything that crosses the wire. docs/messages.md is generated from here. */
export const messages = {
  WorkAssigned,
  WorkReported,
  LogWritten,
  DroneEnrolling,
  DroneEnrolled,
  DroneHeartbeat,
  WorkStopped,
  DroneOrderAsked,
  DroneOrderAnswered,
  MachineReportAsked,
  MachineReported,
  PlanAsked,
  PlanAnswered,
  QuarantineAsked,
  QuarantineAnswered,
  PauseAsked,
  PauseAnswered,
  ScheduleAsked,
  ScheduleAnswered,
  WhyAsked,
  WhyAnswered,
  HealingAsked,
  HealingAnswered,
  ...events,
} as const satisfies Record<string, Message>;

export type MessageName = keyof typeof messages;

/** Makes a message ready for the outbox; throws where the payload does not fit its schema. */
export function outgoing<N extends MessageName>(
  name: N,
  id: string,
  payload: Payload<(typeof messages)[N]>,
): Outgoing {
  return { id, message: name, payload: messages[name].schema.parse(payload) };
}

/** The definition behind an outbox row; undefined for a name that this version does not know. */
export function messageNamed(name: string): Message | undefined {
  return Object.hasOwn(messages, name) ? messages[name as MessageName] : undefined;
}
