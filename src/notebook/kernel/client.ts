import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MissingError } from '../../util/errors.js';
import { type KernelSpec, kernelSpec } from './kernelSpec.js';
import {
  type ConnectionInfo,
  type Content,
  decodeMessage,
  encodeMessage,
  type Message,
  newHeader,
} from './wire.js';

/** What a request led to: its reply, and what was published meanwhile. */
export interface Exchange {
  reply: Content;
  published: { type: string; content: Content }[];
}

/** A running kernel as a front end sees it. */
export interface KernelClient {
  /**
   * Sends a request on the shell channel (or control) and waits for its reply and for the kernel to be idle again.
   * `onPublished` hears of each message that it causes as it comes.
   */
  request(
    type: string,
    content: Content,
    channel?: 'shell' | 'control',
    onPublished?: (type: string, content: Content) => void,
  ): Promise<Exchange>;
  readonly process: ChildProcess;
  /** Shuts the kernel down and waits for its end. */
  close(): Promise<void>;
}

/**
 * Starts the toolkit's kernel in `workFolder` and talks to it over its sockets, as Jupyter does, where Jupyter
 * itself is not wanted or not installed.
 */
export async function openKernel(
  workFolder: string,
  spec: KernelSpec = kernelSpec(),
  environment: Record<string, string> = {},
): Promise<KernelClient> {
  const folder = mkdtempSync(join(tmpdir(), 'sdc-kernel-'));
  const connection = await freeConnection();
  const file = join(folder, 'connection.json');
  writeFileSync(file, JSON.stringify(connection));
  const [command, ...words] = spec.argv.map((word) => word.replace('{connection_file}', file));
  const child = spawn(command === 'node' ? process.execPath : command!, words, {
    cwd: workFolder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  child.setMaxListeners(0);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const require = createRequire(import.meta.url);
  const zmq = createRequire(require.resolve('tslab/package.json'))('zeromq') as typeof import('zeromq');
  const address = (port: number) => `${connection.transport}://${connection.ip}:${port}`;
  const iopub = new zmq.Subscriber({ receiveHighWaterMark: 0 });
  const sockets = { shell: new zmq.Dealer({ linger: 0 }), control: new zmq.Dealer({ linger: 0 }) };
  iopub.connect(address(connection.iopub_port));
  iopub.subscribe();
  sockets.shell.connect(address(connection.shell_port));
  sockets.control.connect(address(connection.control_port));
  const session = randomUUID();
  const events = new EventEmitter().setMaxListeners(0);
  const listen = async (socket: AsyncIterable<Buffer[]>, event: string) => {
    for await (const frames of socket) events.emit(event, decodeMessage(connection.key, frames));
  };
  const closed = () => {};
  listen(iopub, 'published').catch(closed);
  listen(sockets.shell, 'reply').catch(closed);
  listen(sockets.control, 'reply').catch(closed);

  const request: KernelClient['request'] = (type, content, channel = 'shell', heard) => {
    const header = newHeader(type, session);
    const published: Exchange['published'] = [];
    let reply: Content | undefined;
    const done = new Promise<Exchange>((resolve, reject) => {
      let isIdle = false;
      const finish = () => {
        if (!reply || !isIdle) return;
        stop();
        resolve({ reply, published });
      };
      const onPublished = (message: Message) => {
        if (message.parent.msg_id !== header.msg_id) return;
        const { content: what } = message;
        if (message.header.msg_type === 'status') isIdle = what['execution_state'] === 'idle';
        else published.push({ type: message.header.msg_type, content: what });
        heard?.(message.header.msg_type, what);
        finish();
      };
      const onReply = (message: Message) => {
        if (message.parent.msg_id !== header.msg_id) return;
        reply = message.content;
        finish();
      };
      const onExit = () => {
        stop();
        reject(new MissingError('the kernel', `ended during a ${type}`, 'run "sdc jupyter --check"'));
      };
      const stop = () => {
        events.off('published', onPublished).off('reply', onReply);
        child.off('exit', onExit);
      };
      events.on('published', onPublished).on('reply', onReply);
      child.once('exit', onExit);
      if (child.exitCode !== null) onExit();
    });
    const frames = encodeMessage(connection.key, { identities: [], header, parent: {}, content });
    void sockets[channel].send(frames);
    return done;
  };
  await firstAnswer(request);
  return {
    request,
    process: child,
    async close() {
      if (child.exitCode === null) {
        void request('shutdown_request', { restart: false }, 'control').catch(closed);
        await ended;
      }
      iopub.close();
      sockets.shell.close();
      sockets.control.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A new subscriber misses what was published before it was known: ask until one answer is seen whole. */
async function firstAnswer(request: KernelClient['request']): Promise<void> {
  let isReady = false;
  while (!isReady) {
    await Promise.race([
      request('kernel_info_request', {}).then(() => {
        isReady = true;
      }),
      new Promise((resolve) => setTimeout(resolve, 1000)),
    ]);
  }
}

async function freeConnection(): Promise<ConnectionInfo> {
  const servers = Array.from({ length: 5 }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  const [shell, iopub, stdin, control, hb] = ports as [number, number, number, number, number];
  return {
    ...{ transport: 'tcp', ip: '127.0.0.1', key: randomUUID(), signature_scheme: 'hmac-sha256' },
    ...{ shell_port: shell, iopub_port: iopub, stdin_port: stdin, control_port: control, hb_port: hb },
  };
}
