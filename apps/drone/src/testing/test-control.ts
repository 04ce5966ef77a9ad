import { createHmac } from 'node:crypto';

import {
  DroneEnrolled,
  DroneEnrolling,
  DroneHeartbeat,
  LogWritten,
  type MessageBus,
  type Outcome,
  type WorkOutcome,
  WorkReported,
} from '@swarm/contracts';

import { TEST_KEY } from './test-work.js';

/** Stands for the services: lets drones in, and hears what they say. */
export class TestControl {
  readonly enrolling: DroneEnrolling[] = [];
  readonly beats: DroneHeartbeat[] = [];
  readonly reports: WorkReported[] = [];
  readonly logs: LogWritten[] = [];
  answer: (question: DroneEnrolling) => Omit<DroneEnrolled, 'drone'> = ({ drone, incarnation, proof }) => {
    const right = createHmac('sha256', TEST_KEY).update(`${drone}:${incarnation}`).digest('hex');
    return {
      accepted: proof === right,
      reason: proof === right ? '' : 'the proof is wrong',
      heartbeatMs: 50,
    };
  };

  constructor(readonly bus: MessageBus) {}

  async start(): Promise<void> {
    await this.bus.answer(DroneEnrolling, DroneEnrolled, (question) => {
      this.enrolling.push(question);
      return Promise.resolve({ drone: question.drone, ...this.answer(question) });
    });
    await this.bus.watch(DroneHeartbeat, (beat) => this.beats.push(beat));
    await this.bus.watch(LogWritten, (chunk) => this.logs.push(chunk), { from: 'all' });
    const hear = (report: WorkReported): Promise<Outcome> => {
      this.reports.push(report);
      return Promise.resolve({ kind: 'done' });
    };
    // A report that is given out just as the server stops comes again after this time.
    await this.bus.consume(WorkReported, 'scheduler', hear, { ackWaitMs: 1000 });
  }

  outcomesOf(attemptId: string): WorkOutcome[] {
    return this.reports.filter((report) => report.attemptId === attemptId).map(({ outcome }) => outcome);
  }

  /** The last word on an attempt. */
  endOf(attemptId: string): WorkOutcome | undefined {
    return this.outcomesOf(attemptId).find(({ kind }) => kind !== 'started');
  }

  /** The whole log of a job, once its last chunk is there; throws where chunks do not join. */
  logOf(job: string): string | undefined {
    const chunks = this.logs.filter((chunk) => chunk.job === job);
    if (!chunks.some(({ end }) => end)) return undefined;
    let text = '';
    for (const chunk of chunks) {
      const bytes = Buffer.byteLength(text);
      // Seen before: by another watch, or said again after a crash.
      if (chunk.offsetBytes < bytes && text.includes(chunk.text)) continue;
      if (chunk.offsetBytes !== bytes)
        throw new Error(`chunk at ${chunk.offsetBytes} follows ${bytes} bytes`);
      text += chunk.text;
    }
    return text;
  }

  /** Reads a job's log from the stream's start, by a watch of its own: one that lived through a restart may lag. */
  async rereadLogs(job: string): Promise<void> {
    await this.bus.watch(LogWritten, (chunk) => this.logs.push(chunk), { where: { job }, from: 'all' });
  }

  /** The drone holds this attempt in this phase, as its newest heartbeat says. */
  isIn(drone: string, attemptId: string, phase: string): boolean {
    const beat = this.beats.findLast((seen) => seen.drone === drone);
    return beat?.attempts.some((held) => held.attemptId === attemptId && held.phase === phase) ?? false;
  }
}
