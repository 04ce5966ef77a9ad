import { createTransport } from 'nodemailer';

import type { Channel } from './channel.js';

export interface EmailOptions {
  /** `smtp://user:password@host:587` or `smtps://…`. */
  readonly url: string;
  readonly from: string;
  /** One address or several, with commas. */
  readonly to: string;
  /** For each step of the conversation. */
  readonly stepMs: number;
}

/** A letter to operators. */
export function email({ url, from, to, stepMs }: EmailOptions): Channel {
  const transport = createTransport({
    ...{ url, connectionTimeout: stepMs, greetingTimeout: stepMs, socketTimeout: stepMs },
    // What goes out is ours, and names no file or address to be read.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  return {
    name: 'email',
    send: async ({ id, title, text }) => {
      const sent = await transport.sendMail({
        ...{ from, to, text, subject: `build swarm: ${title}` },
        // A repetition is the same letter.
        messageId: `<${id}@build-swarm>`,
      });
      return `accepted: ${sent.response}`;
    },
  };
}
