/** TLS between peers: whoever does not fit is refused by `connect`, never by the first call. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { type ConnectionOptions, type TlsOptions, connect as connectTls } from "node:tls";
import { type Peer, type Server, connect, listen } from "peerwire/node";
import { authority, certificate } from "../support/certificates.js";

let server: Server | undefined;
afterEach(() => server?.close());

interface Listening {
  readonly address: string;
  readonly port: number;
  readonly peers: Peer[];
  readonly refused: Promise<Error>;
  readonly accepted: Promise<Peer>;
}

async function serve(scheme: "tls" | "wss", tls: TlsOptions, handshakeTimeoutMs = 10_000): Promise<Listening> {
  const peers: Peer[] = [];
  let onRefused!: (error: Error) => void;
  const refused = new Promise<Error>((resolve) => (onRefused = resolve));
  let onPeer!: (peer: Peer) => void;
  const accepted = new Promise<Peer>((resolve) => (onPeer = resolve));
  server = await listen(`${scheme}://127.0.0.1:0`, {
    tls,
    limits: { handshakeTimeoutMs },
    onPeer: (peer) => {
      peers.push(peer);
      onPeer(peer);
    },
    onRefused: (error) => onRefused(error),
  });
  const { address } = server;
  return { address, port: Number(/:(\d+)/.exec(address)![1]), peers, refused, accepted };
}

/** Codes of an error and of what caused it. */
function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  let at = error as { code?: string; cause?: unknown } | undefined;
  for (; at !== undefined; at = at.cause as typeof at) if (at.code !== undefined) codes.push(at.code);
  return codes;
}

async function refusalOf(to: string, tls: ConnectionOptions): Promise<string[]> {
  try {
    await connect(to, { tls });
  } catch (error) {
    return codesOf(error);
  }
  throw new Error("it connected");
}

const mutual: TlsOptions = { ...certificate("server"), ca: authority, requestCert: true };

describe("ALPN", () => {
  it.each<[string, string[] | undefined, string | false]>([
    ["agrees on peerwire/1", ["h2", "peerwire/1"], "peerwire/1"],
    ["lets in who offers nothing: its Hello decides", undefined, false],
  ])("%s", async (_what, offered, agreed) => {
    const { port } = await serve("tls", certificate("server"));
    const socket = connectTls({ port, host: "127.0.0.1", ca: authority, ...(offered && { ALPNProtocols: offered }) });
    await once(socket, "secureConnect");
    expect(socket.alpnProtocol).toBe(agreed);
    socket.destroy();
  });

  it("refuses who speaks something else, in the handshake", async () => {
    const { port, refused } = await serve("tls", certificate("server"));
    const socket = connectTls({ port, host: "127.0.0.1", ca: authority, ALPNProtocols: ["h2"] });
    await expect(once(socket, "secureConnect")).rejects.toMatchObject({ code: expect.stringMatching(/ALPN|ALERT/) });
    expect(await refused).toMatchObject({ message: expect.any(String) });
  });
});

describe.each(["tls", "wss"] as const)("%s", (scheme) => {
  it.each([
    ["T11: a certificate for another name", "elsewhere", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["T11: a certificate of an unknown authority", "unknown", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    ["T11: an expired certificate", "expired", "CERT_HAS_EXPIRED"],
  ] as const)("%s is refused with Node's code, and nothing is sent", async (_name, shown, code) => {
    const { address, peers } = await serve(scheme, certificate(shown));
    expect(await refusalOf(address, { ca: authority })).toContain(code);
    expect(peers).toEqual([]);
  });

  it("checks the name that is asked for, which need not be the host dialled (SNI)", async () => {
    const { address } = await serve(scheme, {
      ...certificate("elsewhere"),
      SNICallback: (name, done) => done(name === "elsewhere.example" ? null : new Error(`unexpected ${name}`)),
    });
    const peer = await connect(address, { tls: { ca: authority, servername: "elsewhere.example" } });
    await peer.close();
  });

  it("T12: a client without a certificate, or with a rogue one, is refused by connect (TLS 1.3)", async () => {
    const { address, peers } = await serve(scheme, { ...mutual, minVersion: "TLSv1.3" });
    const none = await refusalOf(address, { ca: authority });
    const rogue = await refusalOf(address, { ca: authority, ...certificate("rogue") });
    expect(none.join(" ")).toMatch(/CERTIFICATE_REQUIRED|ECONNRESET/);
    expect(rogue.join(" ")).toMatch(/ALERT_|ECONNRESET|transport-closed/);
    expect(peers).toEqual([]);
  });

  it("shows each side the certificate of the other", async () => {
    const { address, accepted } = await serve(scheme, mutual);
    const peer = await connect(address, { tls: { ca: authority, ...certificate("client") } });
    expect((await accepted).info.remote?.certificate).toEqual({
      isTrusted: true,
      subject: { O: "peerwire tests", OU: "plugins", CN: "plugin one" },
      subjectAltName: "DNS:plugin-one.example",
      fingerprint256: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
    });
    if (scheme === "tls")
      expect(peer.info.remote?.certificate).toMatchObject({ isTrusted: true, subject: { CN: "server" } });
    await peer.close();
  });

  it("marks a certificate that it let in without trusting it", async () => {
    const { address, accepted } = await serve(scheme, { ...mutual, rejectUnauthorized: false });
    const peer = await connect(address, { tls: { ca: authority, ...certificate("rogue") } });
    expect((await accepted).info.remote?.certificate).toMatchObject({ isTrusted: false, subject: { CN: "rogue" } });
    await peer.close();
  });

  it("T13: a silent client is dropped after the handshake time", async () => {
    const { port, refused } = await serve(scheme, certificate("server"), 50);
    const socket = connectSocket(port, "127.0.0.1");
    await once(socket.resume(), "close");
    expect(await refused).toMatchObject({ code: "ERR_TLS_HANDSHAKE_TIMEOUT" });
  });

  it("T11: plaintext to the TLS port is refused on both sides, and the socket is dropped", async () => {
    const { port, refused } = await serve(scheme, certificate("server"));
    const plain = scheme === "tls" ? `tcp://127.0.0.1:${port}` : `ws://127.0.0.1:${port}/`;
    await expect(connect(plain)).rejects.toThrow();
    expect(await refused).toMatchObject({ code: expect.stringMatching(/^ERR_SSL_/) });
  });

  it("T11: TLS to a plaintext port is refused", async () => {
    server = await listen(scheme === "tls" ? "tcp://127.0.0.1:0" : "ws://127.0.0.1:0");
    const to = server.address.replace(/^\w+/, scheme);
    expect((await refusalOf(to, { ca: authority })).join(" ")).toMatch(/SSL|EPROTO|ECONNRESET/);
  });
});
