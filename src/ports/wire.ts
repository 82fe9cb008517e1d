/**
 * An exchange's own protocol over HTTP and WebSocket, apart from the transport that carries it. Implemented by the servers of src/sim/wire,
 * carried by adapters/wire. What a transport may do to requests and frames is data: `WireFault` and `FrameFault`.
 */

export interface WireRequest {
  readonly method: string;
  readonly path: string;
  /** Without '?'. */
  readonly query: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Server time, ms. */
  readonly receivedAt: number;
}

export interface WireReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface WireSocket {
  readonly id: number;
  readonly path: string;
  /** Without '?'. */
  readonly query: string;
  send(text: string): void;
  close(code: number, reason: string): void;
}

/** How an exchange turns everybody away. */
export type WireIncident = 'rate-limited' | 'banned' | 'maintenance' | 'internal-error';

/** One exchange's protocol. */
export interface WireProtocol {
  /** Never rejects for what a client sent: that is an answer with an error in it. */
  request(request: WireRequest): Promise<WireReply>;
  opened(socket: WireSocket, at: number): void;
  received(socket: WireSocket, text: string, at: number): void;
  closed(socket: WireSocket): void;
  /** Called about once a second while the server runs: streams that speak by the clock. */
  clock(at: number): void;
  /** How this exchange says it. */
  incidentReply(incident: WireIncident, retryAfterMs: number): WireReply;
}

/** What becomes of one request and its answer. `applied` says whether the exchange carried it out. */
export type WireFault =
  | { readonly type: 'none' }
  /** Never answered; nothing was carried out. */
  | { readonly type: 'timeout-before-apply' }
  /** Carried out, never answered. */
  | { readonly type: 'timeout-after-apply' }
  /** The connection is reset before a byte of the answer; nothing was carried out. */
  | { readonly type: 'reset-before-apply' }
  /** Carried out; the connection is reset in the middle of the answer's body. */
  | { readonly type: 'reset-mid-body' }
  /** A gateway's text answer with this 5xx status. */
  | { readonly type: 'server-error'; readonly status: number; readonly applied: boolean }
  /** A proxy's HTML page with this status. */
  | { readonly type: 'html-page'; readonly status: number; readonly applied: boolean }
  /** Carried out; status 200 and the first half of the answer. */
  | { readonly type: 'truncated-json' }
  /** Carried out; status 200 and no body. */
  | { readonly type: 'empty-body' }
  /** Not carried out; said in the exchange's own words. */
  | { readonly type: 'incident'; readonly incident: WireIncident; readonly retryAfterMs: number }
  /** Arrives `requestMs` late, the answer `responseMs` after that. */
  | { readonly type: 'delay'; readonly requestMs: number; readonly responseMs: number }
  /** Never answered; carried out `afterMs` later. */
  | { readonly type: 'apply-late'; readonly afterMs: number };

export type RequestPolicy = (request: WireRequest) => WireFault;

/** A text frame on its way to a client. */
export interface WireFrame {
  readonly socket: Pick<WireSocket, 'id' | 'path' | 'query'>;
  /** 1, 2, … per socket. */
  readonly sequence: number;
  readonly text: string;
}

export type FrameFault =
  | { readonly type: 'none' }
  | { readonly type: 'drop' }
  | { readonly type: 'duplicate' }
  /** Sent after the next frame of its socket. */
  | { readonly type: 'reorder' }
  /** This and every later frame of the socket is swallowed, pongs too; the connection stays open. */
  | { readonly type: 'silence' }
  /** The socket is closed instead. */
  | { readonly type: 'close'; readonly code: number };

export type FramePolicy = (frame: WireFrame) => FrameFault;
