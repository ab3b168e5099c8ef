/** Sends one notification by SMTP. Loaded only if a mail receiver is configured: it costs memory. */
import { createTransport, type NodemailerError } from 'nodemailer';
import type { EmailTarget, SmtpServer } from '../config/resolve/notify-target.ts';
import type { Delivery, NotifyMessage } from './message.ts';
import { mailOf } from './message.ts';

/** @throws if the server is not reached, or the signal aborts */
export async function sendEmail(
  { server, from, to }: EmailTarget,
  message: NotifyMessage,
  signal: AbortSignal,
): Promise<Delivery> {
  const transport = createTransport(optionsFor(server));
  try {
    const { rejectedErrors } = await transport.sendMail({
      ...{ from, to: [...to], ...mailOf(message), signal },
      // RFC 3834: suppresses out-of-office replies.
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
    const [refusal] = rejectedErrors ?? [];
    // A retry would mail the others twice.
    return refusal === undefined
      ? { status: 'sent' }
      : { ...refused(String(refusal.responseCode ?? '-')), isTransient: false };
  } catch (error) {
    const { code, originalCode, responseCode } = error as NodemailerError & FromNode;
    // Refusing STARTTLS is not refusing the message.
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
    // The content is text only, never a file or URL that the text names.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  };
}

interface FromNode {
  /** Such as `ECONNREFUSED`. */
  readonly originalCode?: string;
}

/** @param code the server's, RFC 5321; its text is left out, it may repeat an address */
function refused(code: string) {
  return {
    status: 'failed',
    isTransient: code.startsWith('4'),
    why: 'refused',
    detail: code,
  } as const;
}
