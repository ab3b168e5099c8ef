/** Sends one notification by SMTP. Loaded only where there is somebody to write to: it costs memory. */
import { createTransport, type NodemailerError } from 'nodemailer';

import type { Delivery, NotifyMessage } from './message.ts';
import { mailOf } from './message.ts';
import type { EmailTarget, SmtpServer } from './target.ts';

/** @throws where the server was not reached, or the signal ended it */
export async function sendEmail(
  { server, from, to }: EmailTarget,
  message: NotifyMessage,
  signal: AbortSignal,
): Promise<Delivery> {
  const transport = createTransport(optionsFor(server));
  try {
    const { rejectedErrors } = await transport.sendMail({
      ...{ from, to: [...to], ...mailOf(message), signal },
      // RFC 3834: nobody's note of absence answers it.
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
    const [refusal] = rejectedErrors ?? [];
    // Another attempt would write to the others a second time.
    return refusal === undefined
      ? { status: 'sent' }
      : { ...refused(String(refusal.responseCode ?? '-')), passing: false };
  } catch (error) {
    const { code, originalCode, responseCode } = error as NodemailerError & FromNode;
    // A server that refuses STARTTLS has refused no message.
    if (code !== 'ETLS' && responseCode !== undefined) return refused(String(responseCode));
    throw Object.assign(new Error('no mail was sent', { cause: error }), {
      code: originalCode ?? code,
    });
  } finally {
    transport.close();
  }
}

function optionsFor({ host, port, tls, login }: SmtpServer) {
  return {
    ...{ host, port, secure: tls === 'implicit' },
    ...{ requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
    ...(login === undefined ? {} : { auth: { user: login.user, pass: login.password.reveal() } }),
    // A message is its text, never a file or an address that the text names.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  };
}

interface FromNode {
  /** Such as `ECONNREFUSED`. */
  readonly originalCode?: string;
}

/** @param code as the server says it, RFC 5321; its words are left out, they may repeat an address */
function refused(code: string) {
  return { status: 'failed', passing: code.startsWith('4'), why: 'refused', detail: code } as const;
}
