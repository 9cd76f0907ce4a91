/**
 * What peerwire asks of TLS, at both ends: its protocol name, and what a certificate says in words of transport.ts.
 * Does not dial or listen. Source: Node's documentation of tls.TLSSocket.
 */
import type { Socket } from "node:net";
import type { PeerCertificate, TLSSocket } from "node:tls";
import type { RemoteCertificate, RemoteEnd } from "./transport.js";

/** What the two ends agree to speak (ALPN). An end that offers nothing is let in: its Hello decides. */
export const ALPN_PROTOCOLS: string[] = ["peerwire/1"];

/** undefined for sockets without TLS, and where the other end showed no certificate. */
export function remoteEndOf(socket: Socket): RemoteEnd | undefined {
  if (!isTls(socket)) return undefined;
  const certificate = socket.getPeerCertificate() as PeerCertificate | undefined;
  if (certificate?.raw === undefined) return undefined; // Node gives an empty object for none
  return { certificate: describeCertificate(certificate, socket.authorized) };
}

/** Not by instanceof: that would load TLS for sockets without it. */
function isTls(socket: Socket): socket is TLSSocket {
  return "encrypted" in socket;
}

function describeCertificate(certificate: PeerCertificate, isTrusted: boolean): RemoteCertificate {
  const names = Object.entries(certificate.subject as unknown as Record<string, string | string[]>);
  return {
    isTrusted,
    subject: Object.fromEntries(names.map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value])),
    subjectAltName: certificate.subjectaltname,
    fingerprint256: certificate.fingerprint256,
  };
}
