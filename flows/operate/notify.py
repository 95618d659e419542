"""Notify: tell a person by webhook and by e-mail. What cannot be sent is returned, and stops nothing."""

import smtplib
import ssl
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import httpx

from flows.nouns import CannotRun
from flows.operate.discreet import unlogged
from flows.settings import Settings, hidden

_TIMEOUT = 15.0


def notify(settings: Settings, subject: str, text: str) -> list[str]:
    """Send to wherever the settings say; returns what could not be sent and why, without the address or password."""
    subject, text = hidden(subject, settings), hidden(text, settings)
    ways: list[tuple[str, Callable[[], None]]] = []
    if settings.notify_webhook:
        address = settings.notify_webhook.get_secret_value()
        ways.append(("webhook", lambda: _post(address, subject, text)))
    if settings.notify_email:
        to, server = settings.notify_email, settings.smtp.get_secret_value() if settings.smtp else None
        ways.append(("e-mail", lambda: _mail(to, server, subject, text)))
    failed = []
    for name, send in ways:
        try:
            # Its client logs every address that it asks.
            with unlogged(settings, "httpx"):
                send()
        except CannotRun as error:
            failed.append(f"the {name} could not be sent: {error}")
        except (httpx.HTTPError, httpx.InvalidURL, smtplib.SMTPException, OSError, ValueError) as error:
            # The text of these errors may hold the address with its token, or what the server was told.
            failed.append(f"the {name} could not be sent: {type(error).__name__}")
    return failed


def notify_of_attention(settings: Settings, attention: Sequence[str]) -> list[str]:
    """Tell what `status` finds that a person must look at; the rest is as for `notify`."""
    return notify(settings, "prakerja: attention", "\n".join(attention))


def _post(address: str, subject: str, text: str) -> None:
    """JSON with `text`, which chat services show, and `subject`."""
    answer = httpx.post(address, json={"subject": subject, "text": f"{subject}\n{text}"}, timeout=_TIMEOUT)
    if not answer.is_success:
        raise CannotRun(f"the server answered {answer.status_code}")


def _mail(to: str, server: str | None, subject: str, text: str) -> None:
    if server is None:
        raise CannotRun("PRAKERJA_SMTP is not set")
    parts = urlsplit(server)
    message = EmailMessage()
    message["Subject"], message["To"] = subject, to
    user = unquote(parts.username or "")
    message["From"] = user if "@" in user else to
    message.set_content(text)
    with _connected(parts.scheme, parts.hostname or "", parts.port) as smtp:
        if parts.scheme == "smtp" and smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
        if user:
            smtp.login(user, unquote(parts.password or ""))
        smtp.send_message(message)


def _connected(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, timeout=_TIMEOUT, context=ssl.create_default_context())
    smtp = smtplib.SMTP(host, port or 587, timeout=_TIMEOUT)
    smtp.ehlo()
    return smtp
