/** What a client says on a Bybit stream, and the answers: auth, subscribe, unsubscribe, ping. Source: bybit-exchange.github.io/docs/v5/ws/connect. */
import type { Json } from '../../../domain/json.ts';
import type { WireSocket } from '../../../ports/wire.ts';

export interface StreamCommand {
  readonly op: string;
  readonly args: readonly Json[];
  readonly requestId: string;
}

/** Topics of one subscribe command. */
const TOPICS_MAX = 100;

/** Null for what is no command. */
export function commandOf(text: string): StreamCommand | null {
  try {
    const message = JSON.parse(text) as Readonly<Record<string, Json>> | null;
    if (typeof message !== 'object' || message === null || typeof message['op'] !== 'string') return null;
    const args = message['args'];
    return { op: message['op'], args: Array.isArray(args) ? (args.slice(0, TOPICS_MAX) as readonly Json[]) : [], requestId: String(message['req_id'] ?? '') };
  } catch {
    return null;
  }
}

export function acknowledge(socket: WireSocket, { op, requestId }: StreamCommand): void {
  say(socket, { success: true, ret_msg: op === 'auth' ? '' : op, conn_id: connectionId(socket), req_id: requestId, op });
}

export function refuse(socket: WireSocket, { op, requestId }: StreamCommand, reason: string): void {
  say(socket, { success: false, ret_msg: reason, conn_id: connectionId(socket), req_id: requestId, op });
}

/** Public and private streams answer a ping differently. */
export function pong(socket: WireSocket, { requestId }: StreamCommand, at: number, isPrivate: boolean): void {
  if (isPrivate) say(socket, { req_id: requestId, op: 'pong', args: [String(at)], conn_id: connectionId(socket) });
  else say(socket, { success: true, ret_msg: 'pong', conn_id: connectionId(socket), req_id: requestId, op: 'ping' });
}

export function say(socket: WireSocket, message: Json): void {
  socket.send(JSON.stringify(message));
}

function connectionId(socket: WireSocket): string {
  return `wire-${socket.id}`;
}
