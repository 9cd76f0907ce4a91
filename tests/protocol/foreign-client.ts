/**
 * A client that was written from schema/ alone: protobuf-es for the messages, a yamux session beneath them, and nothing
 * of the floors between. It sends whatever a test tells it to, honest or not, and remembers all that it was sent.
 */
import { type MessageInitShape, create, fromBinary } from "@bufbuild/protobuf";
import { sizeDelimitedEncode } from "@bufbuild/protobuf/wire";
import { Peer, type PeerOptions, serve } from "peerwire";
import { type Stream, Session, type SessionEnd, memoryTransportPair } from "peerwire/mux";
import type { CallSchema, Return, Throw } from "../../generated/wire/peerwire/v1/call_pb.js";
import { HelloSchema } from "../../generated/wire/peerwire/v1/hello_pb.js";
import { type Instruction, InstructionSchema } from "../../generated/wire/peerwire/v1/instruction_pb.js";
import { type PayloadRecord, PayloadRecordSchema } from "../../generated/wire/peerwire/v1/payload_pb.js";
import { BankImpl } from "../runtime/sample/bank-impl.js";
import { BankService } from "../runtime/sample/bank.rpc.js";

export type AnyInstruction = Exclude<
  MessageInitShape<typeof InstructionSchema>["instruction"],
  { case: undefined } | undefined
>;
export type CallInit = MessageInitShape<typeof CallSchema>;

const INSTRUCTIONS = [0x70, 0x77, 1, 1];
const PAYLOADS = [0x70, 0x77, 1, 2];

/** What a call came to. */
export type Answer =
  { readonly case: "return"; readonly value: Return } | { readonly case: "throw"; readonly value: Throw };

export class ForeignClient {
  readonly session: Session;
  /** All that arrived, in order. */
  readonly instructions: Instruction["instruction"][] = [];
  readonly records: PayloadRecord[] = [];
  readonly #stream: Stream;
  readonly #watchers = new Set<() => void>();
  #lastCall = 0;

  constructor(session: (onStream: (stream: Stream) => void) => Session) {
    this.session = session((stream) => {
      this.#accept(stream);
    });
    this.#stream = this.session.open();
    this.#stream.receive(silent(this.#stream));
    this.#stream.write(new Uint8Array(INSTRUCTIONS));
    void this.session.closed.then(() => {
      this.#tell();
    });
  }

  /** One instruction, or several in one write. */
  send(...instructions: AnyInstruction[]): void {
    const bytes = instructions.map((instruction) =>
      sizeDelimitedEncode(InstructionSchema, create(InstructionSchema, { instruction })),
    );
    this.#stream.write(new Uint8Array(Buffer.concat(bytes)));
  }

  /** Bytes on the instruction stream, as they are. */
  sendBytes(bytes: Uint8Array): void {
    this.#stream.write(bytes);
  }

  endInstructions(): void {
    this.#stream.end();
  }

  /** A stream that begins with these bytes. */
  openRaw(bytes: Uint8Array): void {
    const stream = this.session.open();
    stream.receive(silent(stream));
    stream.write(bytes);
  }

  hello(): void {
    this.send({ case: "hello", value: create(HelloSchema, { protocolVersion: 1, peerName: "foreign" }) });
  }

  /** Calls, by default a member of the bank, and returns the call's id. */
  call(call: CallInit, ...more: AnyInstruction[]): number {
    const callId = call.callId ?? ++this.#lastCall;
    this.#lastCall = Math.max(this.#lastCall, callId);
    this.send({ case: "call", value: { target: { case: "importId", value: 1 }, kind: 1, ...call, callId } }, ...more);
    return callId;
  }

  ask(call: CallInit): Promise<Answer> {
    return this.answer(this.call(call));
  }

  async answer(callId: number): Promise<Answer> {
    const found = (): Answer | undefined =>
      this.instructions.find(
        (one): one is Answer => (one.case === "return" || one.case === "throw") && one.value.callId === callId,
      );
    await this.when(() => found() !== undefined);
    return found()!;
  }

  /** Whether the session still does what it should: an honest call is answered. All that was sent before has taken effect. */
  async lives(): Promise<boolean> {
    const { case: kind } = await this.ask({ member: 2, arguments: new Uint8Array() });
    return kind === "return";
  }

  /** Waits for what arrives. Rejects once the session has ended without it. */
  async when(condition: () => boolean): Promise<void> {
    let ended: SessionEnd | undefined;
    void this.session.closed.then((end) => (ended = end));
    while (!condition()) {
      if (ended !== undefined) throw new Error(`the session ended: ${String(ended.local ?? ended.remote)}`);
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
    }
  }

  /** Payload records on a stream of their own. */
  payload(...records: MessageInitShape<typeof PayloadRecordSchema>[]): Stream {
    const stream = this.session.open();
    stream.receive(silent(stream));
    stream.write(new Uint8Array(PAYLOADS));
    this.write(stream, ...records);
    return stream;
  }

  write(stream: Stream, ...records: MessageInitShape<typeof PayloadRecordSchema>[]): void {
    for (const record of records)
      stream.write(sizeDelimitedEncode(PayloadRecordSchema, create(PayloadRecordSchema, record)));
  }

  #accept(stream: Stream): void {
    let bytes = Buffer.alloc(0);
    let kind: number | undefined;
    stream.receive({
      ...silent(stream),
      onData: (chunk) => {
        stream.consume(chunk.length);
        bytes = Buffer.concat([bytes, chunk]);
        if (kind === undefined && bytes.length >= 4) {
          kind = bytes[3]!;
          bytes = bytes.subarray(4);
        }
        for (let message = takeMessage(bytes); message !== undefined; message = takeMessage(bytes)) {
          bytes = bytes.subarray(message.end);
          if (kind === 1) this.instructions.push(fromBinary(InstructionSchema, message.bytes).instruction);
          else this.records.push(fromBinary(PayloadRecordSchema, message.bytes));
        }
        this.#tell();
      },
    });
  }

  #tell(): void {
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const watcher of watchers) watcher();
  }
}

function takeMessage(bytes: Buffer): { bytes: Uint8Array; end: number } | undefined {
  let size = 0;
  for (let at = 0; at < bytes.length && at < 5; at++) {
    size += (bytes[at]! & 0x7f) * 2 ** (7 * at);
    if (bytes[at]! >= 0x80) continue;
    const start = at + 1;
    if (bytes.length < start + size) return undefined;
    return { bytes: new Uint8Array(bytes.subarray(start, start + size)), end: start + size };
  }
  return undefined;
}

function silent(stream: Stream) {
  return {
    onData: (chunk: Uint8Array): void => {
      stream.consume(chunk.length);
    },
    onEnd: (): void => undefined,
    onDrain: (): void => undefined,
    onClose: (): void => undefined,
  };
}

export interface Visited {
  readonly foreign: ForeignClient;
  readonly server: Peer;
  readonly impl: BankImpl;
  /** Resolves once the server has thrown the client out: with the GoAway's code and the server's own reason. */
  readonly thrownOut: Promise<{ code: number | undefined; error: Error }>;
}

/** A real peer that serves a bank, and a foreign client that has said Hello to it. */
export async function visitBank(options: PeerOptions = {}, impl: BankImpl = new BankImpl()): Promise<Visited> {
  const [near, far] = memoryTransportPair();
  const opening = Peer.open(far, "server", { roots: [serve(BankService, impl)], ...options });
  const foreign = new ForeignClient((onStream) => new Session(near, { role: "client", onStream }));
  foreign.hello();
  const server = await opening;
  const thrownOut = Promise.all([foreign.session.closed, server.closed]).then(([end, error]) => ({
    code: end.goAwayCode,
    error,
  }));
  return { foreign, server, impl, thrownOut };
}

/** The bytes of a message with one length-delimited field. */
export function textField(field: number, text: string): Uint8Array {
  const bytes = Buffer.from(text);
  return new Uint8Array([(field << 3) | 2, bytes.length, ...bytes]);
}

/** The bytes of a message whose field `field` is an ObjectRef, FunctionRef or StreamRef to `slot`. */
export function slotField(field: number, slot = 0): Uint8Array {
  return slot === 0 ? new Uint8Array([(field << 3) | 2, 0]) : new Uint8Array([(field << 3) | 2, 2, 8, slot]);
}
