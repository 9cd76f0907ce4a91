/**
 * Whole messages over one session of streams: our instruction stream and the peer's, and payloads beside them.
 * Knows what a stream is for and where a message ends. Does not know what an instruction does (calls/, references/).
 */
import { ClosedError, ProtocolError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import { ProtobufWriter } from "../protobuf/writer.js";
import { COPIED_WRITE_BYTES, type QueuedStream, type StreamLike, type StreamReceiver } from "../streams/contract.js";
import { DelimitedReader } from "./delimited-reader.js";
import { Party, Share, fairTurns } from "./fair-turns.js";
import { IncomingPayloads } from "./incoming-payloads.js";
import { readInstruction } from "./instruction-reader.js";
import { writeInstruction } from "./instruction-writer.js";
import type { Instruction } from "./instruction.js";
import { PlainInstructions } from "./plain-instruction.js";
import { KindReader, StreamKind, unknownKind, writeStreamKind } from "./stream-kind.js";
import { StreamPool } from "./stream-pool.js";

export interface MessageSessionOptions {
  readonly limits: Limits;
  /** Opens a stream of ours. The first one carries our instructions. */
  readonly open: () => QueuedStream;
  /** Bytes in it are valid until this returns. */
  readonly onInstruction: (instruction: Instruction) => void;
  /** The peer broke the protocol, or what carries the instructions is gone. Told once. */
  readonly onFailure: (error: Error) => void;
  /** Sees each instruction before it is sent. */
  readonly onSend?: ((instruction: Instruction) => void) | undefined;
  /** Whose turns it has; by default one of its own among all of this program. */
  readonly party?: Party | undefined;
}

export class MessageSession {
  readonly outgoingPayloads: StreamPool;
  readonly incomingPayloads: IncomingPayloads;
  readonly #options: MessageSessionOptions;
  readonly #writer: ProtobufWriter;
  #instructions: QueuedStream | undefined; // from the first one that is sent
  #peerInstructions: InstructionReader | undefined;
  #nextPayloadId = 1;
  #sent = 0;
  #failed = false;
  #held = false;

  constructor(options: MessageSessionOptions) {
    const { limits, open } = options;
    this.#options = options;
    // An instruction holds what has been checked already; its own limits only guard against cycles.
    this.#writer = new ProtobufWriter({ ...limits, maxNesting: 100, maxElements: Number.POSITIVE_INFINITY }, 4096);
    this.incomingPayloads = new IncomingPayloads(limits);
    this.outgoingPayloads = new StreamPool(open, limits);
  }

  /** Instructions of both sides since the session began: only grows. */
  get instructionCount(): number {
    return this.#sent + (this.#peerInstructions?.taken ?? 0);
  }

  /** Sends one instruction, after all those before it. Those of one turn of the event loop share a frame. */
  send(instruction: Instruction): void {
    this.#options.onSend?.(instruction);
    this.#sent++;
    const writer = this.#writer;
    writer.reset();
    writeInstruction(writer, instruction);
    // A large view would be kept by the stream while the writer goes on: hand it over.
    const stream = (this.#instructions ??= this.#open());
    if (stream === undefined) return;
    stream.write(writer.length > COPIED_WRITE_BYTES ? writer.finish() : writer.view());
    if (announcesPayload(instruction)) stream.announceBulk();
  }

  /** Whether nothing that was sent waits for the end of the turn. */
  get isIdle(): boolean {
    return this.#instructions === undefined || this.#instructions.queuedBytes === 0;
  }

  /** What was sent leaves now, not at the end of the turn. */
  flush(): void {
    this.#instructions?.flush();
  }

  /** The peer's next instructions wait until `resume`; what it may send meanwhile is bounded by its stream's window. */
  hold(): void {
    this.#held = true;
  }

  resume(): void {
    this.#held = false;
    this.#peerInstructions?.goOn();
  }

  newPayloadId(): number {
    return this.#nextPayloadId++;
  }

  /** A stream that the peer has opened. */
  accept(stream: StreamLike): void {
    stream.receive(
      new KindReader(stream, (kind): StreamReceiver => {
        if (kind === StreamKind.payloads) return this.incomingPayloads.receiver(stream, this.#fail);
        if (kind !== StreamKind.instructions) {
          this.#fail(unknownKind(kind));
        } else if (this.#peerInstructions !== undefined) {
          this.#fail(new ProtocolError("bad-stream-kind", "a second instruction stream"));
        } else {
          this.#peerInstructions = new InstructionReader(stream, this.#options, () => this.#held, this.#fail);
          return this.#peerInstructions;
        }
        return ignored(stream);
      }),
    );
  }

  /** The session is gone: whoever waits for a payload is told. */
  close(error: Error): void {
    this.#failed = true;
    this.outgoingPayloads.close(error);
    this.incomingPayloads.close(error);
  }

  /** The stream that carries our instructions; undefined where the session is gone. */
  #open(): QueuedStream | undefined {
    let stream: QueuedStream;
    try {
      stream = this.#options.open();
    } catch (error) {
      this.#fail(error as Error);
      return undefined;
    }
    writeStreamKind(stream, StreamKind.instructions);
    stream.receive({
      ...ignored(stream), // The peer's instructions come on its own stream.
      onClose: (error) => {
        this.#fail(error ?? new ClosedError("session-closed", "the instruction stream was closed"));
      },
    });
    return stream;
  }

  readonly #fail = (error: Error): void => {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onFailure(error);
  };
}

const MIN_INSTRUCTION_BYTES = 1024 * 1024;

class InstructionReader implements StreamReceiver {
  readonly #stream: StreamLike;
  readonly #reader: DelimitedReader;
  readonly #options: MessageSessionOptions;
  readonly #isHeld: () => boolean;
  readonly #fail: (error: Error) => void;
  readonly #share: Share;
  readonly #plain = new PlainInstructions();
  #waiting: Uint8Array[] = []; // chunks of which nothing was taken yet: the stream's window bounds them
  #mayGoOn = true; // in this turn
  #isOver = false; // nothing more will arrive
  #taken = 0;
  #greeted = false;
  #dead = false;

  constructor(stream: StreamLike, options: MessageSessionOptions, isHeld: () => boolean, fail: (error: Error) => void) {
    const { limits } = options;
    this.#stream = stream;
    this.#options = options;
    this.#isHeld = isHeld;
    this.#fail = fail;
    this.#share = new Share(options.party ?? new Party(fairTurns), this.goOn);
    // Inline arguments, metadata, an error with its details, a full table of references: twice what honest peers send,
    // and never so little that a peer with larger limits of its own would lose the session rather than the call.
    const table = 32 * limits.maxReferencesPerMessage + limits.maxSnapshotBytes;
    const honest = limits.maxInlineBytes + limits.maxMetadataBytes + table;
    const largest = Math.max(2 * honest + 65_536, MIN_INSTRUCTION_BYTES);
    this.#reader = new DelimitedReader("an instruction", () => (this.#greeted ? largest : limits.maxHelloBytes + 16));
  }

  get taken(): number {
    return this.#taken;
  }

  onData(chunk: Uint8Array): void {
    if (this.#waiting.length > 0 || this.#isHeld() || !this.#share.begin()) {
      this.#waiting.push(chunk.slice());
      if (!this.#isHeld()) this.#share.wait();
      return;
    }
    const bytes = this.#read(chunk);
    if (bytes < chunk.length) {
      this.#waiting.push(chunk.slice(bytes));
      if (!this.#isHeld()) this.#share.wait();
    }
  }

  /** What waited goes its way. */
  readonly goOn = (): boolean => {
    for (;;) {
      const chunk = this.#waiting[0];
      if (chunk === undefined || this.#isHeld()) return true;
      const bytes = this.#read(chunk);
      if (bytes === chunk.length) this.#waiting.shift();
      else this.#waiting[0] = chunk.subarray(bytes);
      if (!this.#mayGoOn) break;
    }
    if (this.#waiting.length > 0) this.#share.wait();
    return true;
  };

  /** @returns how many bytes it took. */
  #read(chunk: Uint8Array): number {
    if (this.#dead) return chunk.length;
    try {
      const taken = this.#reader.push(chunk, this.#onMessage, this.#takePlain);
      this.#stream.consume(taken);
      return taken;
    } catch (error) {
      this.#die(error);
      return chunk.length;
    }
  }

  readonly #onMessage = (message: Uint8Array): void => {
    this.#take(message);
    this.#count(message.length);
  };

  /** What most instructions are, without a copy: everything else goes the long way. */
  readonly #takePlain = (chunk: Uint8Array, from: number, to: number): boolean => {
    const instruction = this.#greeted && !this.#dead ? this.#plain.read(chunk, from, to) : undefined;
    if (instruction === undefined) return false;
    this.#taken++;
    this.#options.onInstruction(instruction);
    this.#count(to - from);
    return true;
  };

  #count(bytes: number): void {
    this.#mayGoOn = this.#share.take(bytes) || this.#isOver;
    if (!this.#mayGoOn || this.#isHeld()) this.#reader.stop();
  }

  #take(message: Uint8Array): void {
    if (this.#dead) return;
    this.#taken++;
    const instruction = readInstruction(message);
    if (instruction.kind !== "goodbye") {
      if (this.#greeted === (instruction.kind === "hello")) {
        throw new ProtocolError("bad-hello", this.#greeted ? "a second Hello" : `"${instruction.kind}" before Hello`);
      }
      this.#greeted = true;
    }
    this.#options.onInstruction(instruction);
  }

  /** What the peer did wrong ends the session. */
  #die(error: unknown): void {
    this.#dead = true;
    this.#waiting = [];
    this.#fail(error as Error);
  }

  /** What had arrived before the end, in this turn: afterwards there is nobody left to ask. */
  #takeRest(): void {
    this.#isOver = true;
    this.goOn();
  }

  onEnd(): void {
    this.#takeRest();
    this.#fail(new ClosedError("session-closed", "the peer ended its instruction stream"));
  }

  onDrain(): void {
    // We send nothing here.
  }

  onClose(error: Error | undefined): void {
    if (!(error instanceof ProtocolError)) this.#takeRest();
    this.#dead = true;
    this.#share.leave();
    this.#fail(error ?? new ClosedError("session-closed", "the peer closed its instruction stream"));
  }
}

/** Whether the arguments or the result come on a stream of their own. */
function announcesPayload(instruction: Instruction): boolean {
  if (instruction.kind === "call") return instruction.argumentsPayloadId !== 0;
  return instruction.kind === "return" && instruction.resultPayloadId !== 0;
}

function ignored(stream: StreamLike): StreamReceiver {
  return {
    onData: (chunk) => {
      stream.consume(chunk.length);
    },
    onEnd: () => undefined,
    onDrain: () => undefined,
    onClose: () => undefined,
  };
}
