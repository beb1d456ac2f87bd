"""Users of the lab: about ten requests a second through the edge, and an experiment every forty seconds.

Without them nothing could be said about error rates and latencies.
"""

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from .config import APP_URL, TRAFFIC_PASSWORD, TRAFFIC_USER

_READS = ("/api/v1/experiments", "/", "/api/v1/auth/me", "/api/v1/experiments?limit=5", "/health")


class User:
    def __init__(self) -> None:
        self._client = httpx.Client(base_url=APP_URL, timeout=15)
        self._token, self._since = "", 0.0
        self._one_logs_in = threading.Lock()

    def request(self, method: str, path: str, **options: object) -> None:
        try:
            with self._one_logs_in:
                self._log_in()
            if not self._token:
                return
            headers = {"Authorization": f"Bearer {self._token}"}
            answer = self._client.request(method, path, headers=headers, **options)
            if answer.status_code == 401:
                self._token = ""
        except httpx.HTTPError:
            pass

    def _log_in(self) -> None:
        """Before the token of 15 minutes ends; at most twice a minute, for five attempts are all that everybody has."""
        age = time.monotonic() - self._since
        if (self._token and age < 600) or (self._since and age < 30):
            return
        self._since = time.monotonic()
        credentials = {"email": TRAFFIC_USER, "password": TRAFFIC_PASSWORD}
        answer = self._client.post("/api/v1/auth/login", json=credentials)
        self._token = answer.json().get("access_token", "") if answer.status_code == 200 else ""


def main() -> None:
    user = User()
    providers = itertools.cycle(("openai", "anthropic", "perplexity"))
    with ThreadPoolExecutor(8) as threads:
        for number in itertools.count():
            if threads._work_queue.qsize() < 20:  # a slow application gets no mountain of waiting requests
                threads.submit(user.request, "GET", _READS[number % len(_READS)])
            if number % 400 == 20:
                body = {"prompt": "Which brand comes first?", "target_brand": "TestBrand", "iterations": 1}
                threads.submit(user.request, "POST", "/api/v1/experiments", json={**body, "provider": next(providers)})
            time.sleep(0.1)


if __name__ == "__main__":
    main()
