"""One question to one language model."""

import os

import httpx

MODELS = {"openai": "gpt-4o", "anthropic": "claude-sonnet-4-5", "perplexity": "sonar"}
BASES = {
    "openai": "https://api.openai.com",
    "anthropic": "https://api.anthropic.com",
    "perplexity": "https://api.perplexity.ai",
}


def ask(provider: str, prompt: str) -> str:
    """The model's answer. Raises httpx.HTTPError for every answer but a good one."""
    key = os.environ.get(f"{provider.upper()}_API_KEY", "")
    base = os.environ.get(f"{provider.upper()}_BASE_URL", BASES[provider])
    messages = [{"role": "user", "content": prompt}]
    body: dict[str, object] = {"model": MODELS[provider], "messages": messages, "max_tokens": 200}
    if provider == "anthropic":
        headers = {"x-api-key": key, "anthropic-version": "2023-06-01"}
        answer = _post(f"{base}/v1/messages", headers, body)
        return answer["content"][0]["text"]
    path = "/v1/chat/completions" if provider == "openai" else "/chat/completions"
    answer = _post(base + path, {"Authorization": f"Bearer {key}"}, body)
    return answer["choices"][0]["message"]["content"]


def _post(url: str, headers: dict[str, str], body: dict[str, object]) -> dict:
    # A stuck provider is what the task's time limit is for.
    response = httpx.post(url, headers=headers, json=body, timeout=httpx.Timeout(10, read=None))
    response.raise_for_status()
    return response.json()
