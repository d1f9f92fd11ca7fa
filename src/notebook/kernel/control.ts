import { Session } from 'node:inspector';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import {
  type ConnectionInfo,
  type Content,
  decodeMessage,
  encodeMessage,
  type Message,
  replyTo,
} from './wire.js';

/** What the control thread tells the kernel. */
export type ControlEvent =
  | { type: 'interrupt' | 'terminated' | 'shutdown' }
  | { type: 'status'; state: string; cause: Message }
  | { type: 'alive'; question: number };

/** What the kernel tells the control thread: that it is not blocked, or that a cell has ended. */
export type KernelEvent = { type: 'alive'; question: number } | { type: 'ended' };

/** How long a cell may be deaf to an interrupt before its running code is torn down. */
const patienceMs = 1300;

/**
 * The control and heartbeat channels, in a thread of their own: they are heard while a cell computes without a
 * pause, and such a cell is then stopped through the inspector, as a debugger would.
 */
async function listen(): Promise<void> {
  const { connection, info } = workerData as { connection: ConnectionInfo; info: Content };
  const require = createRequire(import.meta.url);
  const zmq = createRequire(require.resolve('tslab/package.json'))('zeromq') as typeof import('zeromq');
  const address = (port: number) => `${connection.transport}://${connection.ip}:${port}`;
  const tell = (event: ControlEvent) => parentPort!.postMessage(event);

  const heart = new zmq.Reply();
  await heart.bind(address(connection.hb_port));
  void (async () => {
    for await (const beat of heart) await heart.send(beat);
  })();

  /** The interrupt that the running cell has not yet come to an end after. */
  let open = 0;
  let nInterrupts = 0;
  let answered = 0;
  parentPort!.on('message', (message: KernelEvent) => {
    if (message.type === 'ended') open = 0;
    else answered = message.question;
  });
  const interrupt = () => {
    // The signal stops code in a cell's first turn; what runs later hears the message, or is torn down. A signal that
    // comes while the cell is still being compiled is lost: Node takes its listeners away when the code starts.
    process.kill(process.pid, 'SIGINT');
    tell({ type: 'interrupt' });
    const mine = ++nInterrupts;
    open = mine;
    setTimeout(() => {
      tell({ type: 'alive', question: mine });
      setTimeout(() => {
        if (open === mine && answered < mine) tearDown(() => tell({ type: 'terminated' }));
      }, 200);
    }, patienceMs - 200);
  };

  const control = new zmq.Router({ linger: 1000 });
  await control.bind(address(connection.control_port));
  for await (const frames of control) {
    let message: Message;
    try {
      message = decodeMessage(connection.key, frames);
    } catch {
      continue;
    }
    tell({ type: 'status', state: 'busy', cause: message });
    const type = message.header.msg_type;
    const reply = (content: Content) =>
      control.send(
        encodeMessage(connection.key, replyTo(message, type.replace('request', 'reply'), content)),
      );
    if (type === 'kernel_info_request') await reply(info);
    else if (type === 'interrupt_request') {
      interrupt();
      await reply({ status: 'ok' });
    } else if (type === 'shutdown_request') {
      await reply({ status: 'ok', restart: message.content['restart'] === true });
      tell({ type: 'shutdown' });
      heart.close();
      control.close();
      // A main thread that is blocked hears nothing.
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1000);
      return;
    }
    tell({ type: 'status', state: 'idle', cause: message });
  }
}

/** Ends whatever code the main thread is running, as a debugger's stop does; the thread itself goes on. */
function tearDown(done: () => void): void {
  const session = new Session();
  session.connectToMainThread();
  session.post('Runtime.terminateExecution', () => {
    session.disconnect();
    done();
  });
}

void listen();
