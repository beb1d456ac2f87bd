"""The stand-ins speak their vendors' protocols, refusals included."""

import time
from datetime import UTC, datetime, timedelta

import httpx

from ..config import (
    ALERTMANAGER_URL,
    PAGERDUTY_ROUTING_KEY,
    PAGERDUTY_TOKEN,
    PD_PRIMARY,
    PD_SERVICE,
    PROMETHEUS_URL,
    PROVIDER_KEYS,
    SENTRY_TOKEN,
    SLACK_TOKEN,
    STATUS_PAGE,
    STATUSPAGE_KEY,
    VENDORS_URL,
)
from . import check
from .tools import equal, eventually, prometheus

SLACK = {"Authorization": f"Bearer {SLACK_TOKEN}"}
PAGERDUTY = {"Authorization": f"Token token={PAGERDUTY_TOKEN}", "From": "oncall@echo-ai.example"}


def slack(method: str, **said: object) -> dict:
    return httpx.post(f"{VENDORS_URL}/slack/api/{method}", headers=SLACK, json=said).json()


def page(key: str) -> httpx.Response:
    body = {
        "routing_key": PAGERDUTY_ROUTING_KEY,
        "event_action": "trigger",
        "dedup_key": key,
        "payload": {"summary": "Drill", "source": "lab check", "severity": "critical"},
    }
    return httpx.post(f"{VENDORS_URL}/pagerduty-events/v2/enqueue", json=body)


def incidents(key: str) -> list[dict]:
    url = f"{VENDORS_URL}/pagerduty/incidents"
    return httpx.get(url, headers=PAGERDUTY, params={"incident_key": key}).json()["incidents"]


@check("vendors: Slack posts, threads, edits; refuses with 200 and ok: false")
def slack_messages() -> None:
    posted = slack("chat.postMessage", channel="#drill", text="hello")
    assert posted["ok"], posted
    slack("chat.postMessage", channel=posted["channel"], text="more", thread_ts=posted["ts"])
    equal(slack("chat.update", channel=posted["channel"], ts=posted["ts"], text="hello again")["ok"], True)
    texts = [
        one["text"] for one in slack("conversations.replies", channel=posted["channel"], ts=posted["ts"])["messages"]
    ]
    equal(texts, ["hello again", "more"])
    equal(slack("chat.postMessage", channel="#nowhere", text="x"), {"ok": False, "error": "channel_not_found"})
    refused = httpx.post(f"{VENDORS_URL}/slack/api/auth.test", headers={"Authorization": "Bearer xoxb-wrong"})
    equal((refused.status_code, refused.json()["error"]), (200, "invalid_auth"))
    webhook = f"{VENDORS_URL}/slack/services/T0LAB/B0LAB/webhook"
    equal(httpx.post(webhook, json={"text": "by webhook"}).text, "ok")
    equal(httpx.post(webhook, json={}).status_code, 400)


@check("vendors: PagerDuty takes an event once, somebody acknowledges it, it is resolved")
def pagerduty_incident() -> None:
    key = f"check-{time.time_ns()}"
    equal(page(key).status_code, 202)
    equal(page(key).status_code, 202)
    equal(len(incidents(key)), 1)
    eventually(lambda: incidents(key)[0]["status"] == "acknowledged", 8, "acknowledged")
    resolve = {"routing_key": PAGERDUTY_ROUTING_KEY, "event_action": "resolve", "dedup_key": key}
    equal(httpx.post(f"{VENDORS_URL}/pagerduty-events/v2/enqueue", json=resolve).status_code, 202)
    equal(incidents(key)[0]["status"], "resolved")
    wrong = httpx.post(f"{VENDORS_URL}/pagerduty-events/v2/enqueue", json={"event_action": "trigger"})
    equal(wrong.status_code, 400)


@check("vendors: PagerDuty knows who is on call, and maintenance windows")
def pagerduty_rest() -> None:
    url = f"{VENDORS_URL}/pagerduty"
    shifts = httpx.get(f"{url}/oncalls", headers=PAGERDUTY, params={"schedule_ids[]": PD_PRIMARY}).json()["oncalls"]
    equal(len(shifts), 1)
    now = datetime.now(UTC)
    asked = {
        "type": "maintenance_window",
        "start_time": now.isoformat(),
        "end_time": (now + timedelta(hours=1)).isoformat(),
        "services": [{"id": PD_SERVICE, "type": "service_reference"}],
    }
    no_from = {"Authorization": PAGERDUTY["Authorization"]}
    equal(
        httpx.post(f"{url}/maintenance_windows", headers=no_from, json={"maintenance_window": asked}).status_code,
        400,
    )
    made = httpx.post(f"{url}/maintenance_windows", headers=PAGERDUTY, json={"maintenance_window": asked})
    equal(made.status_code, 201)
    window = f"{url}/maintenance_windows/{made.json()['maintenance_window']['id']}"
    equal(
        httpx.get(f"{url}/services/{PD_SERVICE}", headers=PAGERDUTY).json()["service"]["status"],
        "maintenance",
    )
    equal([httpx.delete(window, headers=PAGERDUTY).status_code for _ in range(2)], [204, 405])
    equal(httpx.get(f"{url}/oncalls").status_code, 401)


@check("vendors: Sentry counts, knows releases, links pages")
def sentry() -> None:
    url, headers = (
        f"{VENDORS_URL}/sentry/api/0/organizations/echo-ai",
        {"Authorization": f"Bearer {SENTRY_TOKEN}"},
    )
    event = b'{"event_id":"0"}\n{"type":"event"}\n{"level":"error","environment":"check","message":"of the check"}\n'
    equal(httpx.post(f"{VENDORS_URL}/sentry/api/1/envelope/", content=event).status_code, 200)
    asked = {
        "dataset": "errors",
        "field": "count()",
        "environment": "check",
        "query": "level:error",
        "statsPeriod": "1h",
    }
    counted = httpx.get(f"{url}/events/", headers=headers, params=asked)
    assert counted.json()["data"][0]["count()"] >= 1
    assert 'rel="next"; results="false"' in counted.headers["link"]
    issues = httpx.get(f"{url}/issues/", headers=headers, params={"environment": "check"}).json()
    equal(issues[0]["title"], "of the check")
    release = {"version": f"check-{time.time_ns()}", "projects": ["echo-ai"]}
    equal(
        [httpx.post(f"{url}/releases/", headers=headers, json=release).status_code for _ in range(2)],
        [201, 208],
    )
    deploy = httpx.post(f"{url}/releases/{release['version']}/deploys/", headers=headers, json={"environment": "lab"})
    equal(deploy.status_code, 201)
    equal(httpx.get(f"{url}/issues/").status_code, 401)


@check("vendors: our status page takes an announcement, the public page shows it")
def statuspage() -> None:
    url, headers = (
        f"{VENDORS_URL}/statuspage/v1/pages/{STATUS_PAGE}",
        {"Authorization": f"OAuth {STATUSPAGE_KEY}"},
    )
    incident = {"name": "Maintenance", "status": "scheduled", "scheduled_for": "2030-01-06T02:00:00.000Z"}
    made = httpx.post(f"{url}/incidents", headers=headers, json={"incident": incident})
    equal(made.status_code, 201)
    public = f"{VENDORS_URL}/status/echo-ai/api/v2/summary.json"
    equal(len(httpx.get(public).json()["scheduled_maintenances"]), 1)
    done = {"incident": {"status": "completed"}}
    httpx.patch(f"{url}/incidents/{made.json()['id']}", headers=headers, json=done)
    equal(httpx.get(public).json()["scheduled_maintenances"], [])


@check("vendors: providers answer the calls that cost nothing; their pages have their own shapes")
def providers() -> None:
    for name, path in (("openai", "v1/models"), ("perplexity", "v1/models"), ("stripe", "v1/balance")):
        headers = {"Authorization": f"Bearer {PROVIDER_KEYS[name]}"}
        equal(httpx.get(f"{VENDORS_URL}/{name}/{path}", headers=headers).status_code, 200)
        equal(httpx.get(f"{VENDORS_URL}/{name}/{path}").status_code, 401)
    headers = {"x-api-key": PROVIDER_KEYS["anthropic"], "anthropic-version": "2023-06-01"}
    equal(httpx.get(f"{VENDORS_URL}/anthropic/v1/models?limit=1", headers=headers).status_code, 200)
    assert "incidents" not in httpx.get(f"{VENDORS_URL}/status/openai/api/v2/summary.json").json()
    assert "incidents" in httpx.get(f"{VENDORS_URL}/status/anthropic/api/v2/summary.json").json()
    equal(httpx.get(f"{VENDORS_URL}/status/stripe/api/v2/status.json").status_code, 404)
    equal(httpx.get(f"{VENDORS_URL}/status/stripe/current").json()["largestatus"], "up")


@check("vendors: Prometheus has the rules that are shipped, and each can be evaluated")
def rules() -> None:
    def health() -> set[str]:
        groups = httpx.get(f"{PROMETHEUS_URL}/api/v1/rules", timeout=5).json()["data"]["groups"]
        return {rule["health"] for group in groups for rule in group["rules"]}

    eventually(lambda: health() == {"ok"}, 60, "every rule was evaluated")


@check("vendors: Prometheus sees every target; Alertmanager routes to Slack and PagerDuty")
def monitoring() -> None:
    def all_up() -> bool:
        return {one["metric"]["job"]: one["value"][1] for one in prometheus("up")} == dict.fromkeys(
            ("echo-ai", "echo-health", "postgres", "redis", "ops"), "1"
        )

    eventually(all_up, 20, "all targets are up")
    eventually(lambda: prometheus("celery_worker_up == 1 and on() redis_key_size{key='celery'} >= 0"), 20, "a worker")
    name = f"Check{time.time_ns()}"
    labels = {"alertname": name, "service": "drill"}
    said = {"summary": "Of the check"}
    alerts = [{"labels": {**labels, "severity": severity}, "annotations": said} for severity in ("warn", "page")]
    equal(httpx.post(f"{ALERTMANAGER_URL}/api/v2/alerts", json=alerts).status_code, 200)

    def arrived() -> bool:
        channel = slack("conversations.history", channel="#alerts").get("messages", [])
        everything = httpx.get(f"{VENDORS_URL}/pagerduty/incidents", headers=PAGERDUTY).json()["incidents"]
        return any(name in str(one) for one in channel) and any("Of the check" in str(one) for one in everything)

    eventually(arrived, 15, "the alert in Slack and PagerDuty")
