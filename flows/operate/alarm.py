"""Alarm: what Prefect's server tells by itself, even while no worker is alive to tell it."""

from datetime import timedelta
from typing import Any

from prefect.automations import Automation, EventTrigger, Posture, SendNotification
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.types import SecretDict

from flows.nouns import CannotRun
from flows.settings import Settings

#: Names in Prefect's pages; a second call changes what the first one made.
BLOCK, AUTOMATION = "prakerja-webhook", "prakerja has not succeeded"


async def set_alarm(settings: Settings, hours: float) -> None:
    """Have the server tell the webhook whenever no run of the deployment `refresh` has succeeded for so many hours.

    The address of the webhook becomes a secret of a block on the server. Raises CannotRun where no webhook is set.
    """
    if settings.notify_webhook is None:
        raise CannotRun("An alarm needs PRAKERJA_NOTIFY_WEBHOOK: the address that is told.")
    block = CustomWebhookNotificationBlock(
        name=BLOCK,
        url="{{address}}",
        json_data={"subject": "{{subject}}", "text": "{{subject}}\n{{body}}"},
        headers=None,
        cookies=None,
        secrets=SecretDict({"address": settings.notify_webhook.get_secret_value()}),
    )
    alarm = _alarm(hours) | {"actions": [await _telling(block, hours)]}
    try:
        made = await Automation.aread(name=AUTOMATION)
    except ValueError:
        await Automation(**alarm).acreate()
    else:
        await made.model_copy(update=alarm).aupdate()


async def _telling(block: CustomWebhookNotificationBlock, hours: float) -> SendNotification:
    saved = await block.asave(BLOCK, overwrite=True)
    return SendNotification(block_document_id=saved, subject="prakerja: no success", body=_said(hours))


def _alarm(hours: float) -> dict[str, Any]:
    trigger = EventTrigger(
        posture=Posture.Proactive,
        expect={"prefect.flow-run.Completed"},
        match_related={"prefect.resource.role": "deployment", "prefect.resource.name": "refresh"},
        within=timedelta(hours=hours),
    )
    return {"name": AUTOMATION, "description": _said(hours), "trigger": trigger}


def _said(hours: float) -> str:
    return f"No run of the deployment refresh has succeeded for {hours:g} hours. `prakerja status` tells more."
