import { createHmac, randomUUID } from 'node:crypto';

/** The connection file that Jupyter hands to a kernel. */
export interface ConnectionInfo {
  transport: string;
  ip: string;
  key: string;
  signature_scheme: string;
  shell_port: number;
  iopub_port: number;
  stdin_port: number;
  control_port: number;
  hb_port: number;
}

export interface Header {
  msg_id: string;
  msg_type: string;
  session: string;
  username: string;
  date: string;
  version: string;
}

export type Content = Record<string, unknown>;

/** One message of the Jupyter protocol (version 5.3, jupyter-client.readthedocs.io/en/stable/messaging.html). */
export interface Message {
  /** Routing frames before the delimiter. */
  identities: Buffer[];
  header: Header;
  parent: Partial<Header>;
  content: Content;
}

const delimiter = Buffer.from('<IDS|MSG>');

const sign = (key: string, frames: readonly (Buffer | string)[]): string => {
  if (!key) return '';
  const hash = createHmac('sha256', key);
  for (const frame of frames) hash.update(frame);
  return hash.digest('hex');
};

/** Reads a message from its frames; throws if it is not signed with the key. */
export function decodeMessage(key: string, frames: readonly Buffer[]): Message {
  const at = frames.findIndex((frame) => frame.equals(delimiter));
  if (at < 0 || frames.length < at + 6) throw new Error('not a Jupyter message');
  const body = frames.slice(at + 2);
  if (sign(key, body) !== frames[at + 1]!.toString())
    throw new Error('a Jupyter message with a wrong signature');
  const [header, parent, , content] = body.map((frame) => frame.toString());
  return {
    identities: frames.slice(0, at),
    header: JSON.parse(header!) as Header,
    parent: JSON.parse(parent!) as Partial<Header>,
    content: JSON.parse(content!) as Content,
  };
}

/** Writes a message as frames, signed with the key. */
export function encodeMessage(key: string, message: Message): (Buffer | string)[] {
  const body = [message.header, message.parent, {}, message.content].map((part) => JSON.stringify(part));
  return [...message.identities, delimiter, sign(key, body), ...body];
}

export function newHeader(type: string, session: string): Header {
  const date = new Date().toISOString();
  return { msg_id: randomUUID(), msg_type: type, session, username: 'kernel', date, version: '5.3' };
}

/** An answer to a message, on the same route. */
export function replyTo(request: Message, type: string, content: Content): Message {
  const header = newHeader(type, request.header.session);
  return { identities: request.identities, header, parent: request.header, content };
}
