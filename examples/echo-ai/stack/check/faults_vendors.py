"""Faults of the vendors, and of what watches."""

import subprocess
import tempfile
from pathlib import Path

import httpx

from .. import faults
from ..config import (
    ADMIN_DB_URL,
    ADMIN_USER,
    APP_URL,
    BIN,
    PAGERDUTY_TOKEN,
    PROVIDER_KEYS,
    RAILWAY_TOKEN,
    RAILWAY_URL,
    VENDORS_URL,
)
from ..railway import graphql
from . import check
from .tools import APP, api, end_of, equal, eventually, experiment, github, prometheus, railway
from .vendors import incidents, page, slack


@check("fault slack-not-ok")
def slack_not_ok() -> None:
    faults.switch_on("slack-not-ok")
    equal(slack("chat.postMessage", channel="#drill", text="x"), {"ok": False, "error": "not_in_channel"})


@check("fault rate-limited")
def rate_limited() -> None:
    faults.switch_on("rate-limited")
    answers = [
        github("GET", "/pulls/42"),
        httpx.post(f"{VENDORS_URL}/slack/api/auth.test"),
        httpx.get(f"{VENDORS_URL}/openai/v1/models"),
    ]
    answers.append(
        httpx.post(f"{RAILWAY_URL}/graphql/v2", headers={"Authorization": f"Bearer {RAILWAY_TOKEN}"}, json={})
    )
    equal([(one.status_code, one.headers["retry-after"]) for one in answers], [(429, "2")] * 4)
    equal(railway("service", "status", *APP).returncode, 1)
    faults.switch_off("rate-limited")
    faults.switch_on("rate-limited", "slack")
    equal(github("GET", "/pulls/42").status_code, 200)


@check("fault provider-outage")
def provider_outage() -> None:
    faults.switch_on("provider-outage")
    headers = {"Authorization": f"Bearer {PROVIDER_KEYS['openai']}"}
    equal(httpx.get(f"{VENDORS_URL}/openai/v1/models", headers=headers).status_code, 503)
    equal(httpx.get(f"{VENDORS_URL}/status/openai/api/v2/status.json").json()["status"]["indicator"], "major")
    equal(end_of(experiment("openai"))["status"], "failed")
    equal(end_of(experiment("anthropic"))["status"], "completed")


@check("fault bad-key")
def bad_key() -> None:
    faults.switch_on("bad-key", "stripe")
    headers = {"Authorization": f"Bearer {PROVIDER_KEYS['stripe']}"}
    equal(httpx.get(f"{VENDORS_URL}/stripe/v1/balance", headers=headers).status_code, 401)


@check("fault blind-prometheus")
def blind_prometheus() -> None:
    eventually(lambda: prometheus("up"), 20, "Prometheus sees")
    faults.switch_on("blind-prometheus")
    eventually(lambda: prometheus("up") == [], 15, "Prometheus is blind")
    faults.switch_off("blind-prometheus")
    eventually(lambda: prometheus("up"), 20, "Prometheus sees again")


@check("fault unstable-platform")
def unstable_platform() -> None:
    faults.switch_on("unstable-platform")
    equal(
        graphql("query { platformStatus { isStable incident { status } } }")["platformStatus"]["isStable"],
        False,
    )
    assert httpx.get(f"{VENDORS_URL}/status/railway/api/status").json()["activeIncidents"]


@check("fault nobody-acknowledges")
def nobody_acknowledges() -> None:
    faults.switch_on("nobody-acknowledges")
    equal(page("check-nobody").status_code, 202)
    subprocess.run(["sleep", "4"], check=True)
    equal(incidents("check-nobody")[0]["status"], "triggered")
    incident = incidents("check-nobody")[0]["id"]
    headers = {"Authorization": f"Token token={PAGERDUTY_TOKEN}", "From": "oncall@echo-ai.example"}
    body = {"incident": {"type": "incident_reference", "status": "resolved"}}
    equal(
        httpx.put(f"{VENDORS_URL}/pagerduty/incidents/{incident}", headers=headers, json=body).status_code,
        200,
    )


@check("fault demo-login")
def demo_login() -> None:
    faults.switch_on("demo-login")
    body = {"email": "test@echoai.com", "password": "password123"}
    status = httpx.post(f"{APP_URL}/api/v1/auth/login", json=body).status_code
    assert status in (200, 429), status


@check("fault maintenance-ignored")
def maintenance_ignored() -> None:
    faults.switch_on("maintenance-ignored")
    try:
        equal(api("PUT", "/api/v1/admin/config", ADMIN_USER, json={"maintenance_mode": True}).status_code, 200)
        equal(httpx.get(f"{APP_URL}/").status_code, 200)
    finally:
        api("PUT", "/api/v1/admin/config", ADMIN_USER, json={"maintenance_mode": False})


@check("fault ssh-drops")
def ssh_drops() -> None:
    faults.switch_on("ssh-drops")
    equal(railway("ssh", *APP, "--", "bash", "-s", stdin="sleep 5; exit 0\n").returncode, 255)


@check("fault truncated-dump")
def truncated_dump() -> None:
    with tempfile.TemporaryDirectory() as folder:

        def dump(name: str, *how: str) -> int:
            """A dump, then reading all of it: pg_restore's exit status."""
            command = [BIN / "pg_dump", "-Fc", *how, ADMIN_DB_URL]
            with Path(folder, name).open("ab") as out:
                equal(subprocess.run(command, stdout=out, check=False).returncode, 0)
            read = ["pg_restore", "-f", "/dev/null", f"{folder}/{name}"]
            return subprocess.run(read, capture_output=True, check=False).returncode

        equal(dump("good"), 0)
        faults.switch_on("truncated-dump")
        equal((dump("cut"), dump("cut-file", "-f", f"{folder}/cut-file")), (1, 1))
        listing = subprocess.run(["pg_restore", "--list", f"{folder}/cut"], capture_output=True, check=False)
        equal(listing.returncode, 0)
