import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Publisher, Router } from 'zeromq';
import { isSharedConceptsError } from '../../util/errors.js';
import type { ControlEvent, KernelEvent } from './control.js';
import { describeError } from './describeError.js';
import { resolvePackages, toolkitFolder, typescript } from './resolvePackages.js';
import { KernelSession } from './session.js';
import {
  type ConnectionInfo,
  type Content,
  decodeMessage,
  encodeMessage,
  type Message,
  newHeader,
  replyTo,
} from './wire.js';

const require = createRequire(import.meta.url);

/** Runs the kernel of a connection file until it is shut down. */
async function startKernel(connectionFile: string): Promise<void> {
  const connection = JSON.parse(readFileSync(connectionFile, 'utf8')) as ConnectionInfo;
  const info = kernelInfo();
  const control = new Worker(new URL('./control.js', import.meta.url), { workerData: { connection, info } });

  const zmq = createRequire(require.resolve('tslab/package.json'))('zeromq') as typeof import('zeromq');
  // Publishers drop what a slow reader has not taken; a notebook must lose nothing.
  const iopub = new zmq.Publisher({ sendHighWaterMark: 0, linger: 1000 });
  const shell = new zmq.Router({ sendHighWaterMark: 0, linger: 1000 });
  const stdin = new zmq.Router();
  const address = (port: number) => `${connection.transport}://${connection.ip}:${port}`;
  await iopub.bind(address(connection.iopub_port));
  await stdin.bind(address(connection.stdin_port));

  const send = (socket: Publisher | Router) => {
    let last: Promise<unknown> = Promise.resolve();
    let isSending = false;
    return (message: Message) => {
      const frames = encodeMessage(connection.key, message);
      const now = () => (socket as Publisher).send(frames);
      // At once where the socket is free, so that a cell that never yields is still heard.
      last = isSending ? last.then(now) : now();
      isSending = true;
      const mine = last;
      void mine.finally(() => {
        if (last === mine) isSending = false;
      });
    };
  };
  const toIopub = send(iopub);
  const toShell = send(shell);
  const publish = (type: string, content: Content, cause: Message) =>
    toIopub({ ...replyTo(cause, type, content), identities: [Buffer.from(type)] });

  resolvePackages(process.cwd());
  const tellControl = (event: KernelEvent) => control.postMessage(event);
  const session = new KernelSession(process.cwd(), publish, () => tellControl({ type: 'ended' }));

  control.on('message', (event: ControlEvent) => {
    if (event.type === 'interrupt') session.interrupt();
    else if (event.type === 'terminated') session.terminate();
    else if (event.type === 'status') publish('status', { execution_state: event.state }, event.cause);
    else if (event.type === 'alive') tellControl(event);
    else if (event.type === 'shutdown') {
      session.close();
      for (const socket of [iopub, shell, stdin]) socket.close();
      setTimeout(() => process.exit(0), 100);
    }
  });
  process.on('SIGINT', () => session.interrupt());
  const report = (error: unknown) => {
    if (isSharedConceptsError(error) && error.tag === 'aborted') return;
    process.stderr.write(`${describeError(error).traceback.join('\n')}\n`);
  };
  process.on('uncaughtException', report);
  process.on('unhandledRejection', report);

  const handlers: Record<string, [reply: string, handle: (content: Content) => Content]> = {
    kernel_info_request: ['kernel_info_reply', () => info],
    is_complete_request: ['is_complete_reply', ({ code }) => session.isComplete(String(code))],
    complete_request: ['complete_reply', (c) => session.complete(String(c['code']), Number(c['cursor_pos']))],
    inspect_request: ['inspect_reply', (c) => session.inspect(String(c['code']), Number(c['cursor_pos']))],
    comm_info_request: ['comm_info_reply', () => ({ status: 'ok', comms: {} })],
    history_request: ['history_reply', () => ({ status: 'ok', history: [] })],
  };
  const handle = (message: Message) => {
    const type = message.header.msg_type;
    if (type === 'execute_request') {
      session.execute(message, (content) => toShell(replyTo(message, 'execute_reply', content)));
      return;
    }
    publish('status', { execution_state: 'busy' }, message);
    const handler = handlers[type];
    if (handler)
      toShell(
        replyTo(
          message,
          handler[0],
          attempt(() => handler[1](message.content)),
        ),
      );
    publish('status', { execution_state: 'idle' }, message);
    // Front ends show the latest status as the kernel's.
    if (session.currentRequest) publish('status', { execution_state: 'busy' }, session.currentRequest);
  };
  await shell.bind(address(connection.shell_port));
  const starting: Message = {
    identities: [Buffer.from('status')],
    header: newHeader('status', 'kernel'),
    parent: {},
    content: { execution_state: 'starting' },
  };
  toIopub(starting);
  for await (const frames of shell) {
    try {
      handle(decodeMessage(connection.key, frames));
    } catch (error) {
      report(error);
    }
  }
}

function attempt(work: () => Content): Content {
  try {
    return work();
  } catch (error) {
    return { status: 'error', ...describeError(error) };
  }
}

function kernelInfo(): Content {
  const { version } = JSON.parse(readFileSync(join(toolkitFolder, 'package.json'), 'utf8')) as {
    version: string;
  };
  return {
    status: 'ok',
    protocol_version: '5.3',
    implementation: 'shared-concepts',
    implementation_version: version,
    language_info: {
      name: 'typescript',
      version: typescript.version,
      mimetype: 'text/typescript',
      file_extension: '.ts',
      pygments_lexer: 'typescript',
      // The name and flag are what the classic Notebook's editor knows, the mode what JupyterLab's does.
      codemirror_mode: { name: 'javascript', typescript: true, mode: 'typescript' },
      nbconvert_exporter: 'script',
    },
    banner: `shared-concepts ${version} · TypeScript ${typescript.version} · Node ${process.version}`,
    help_links: [],
  };
}

startKernel(process.argv[2]!).catch((error) => {
  console.error(error);
  process.exit(1);
});
