"""Stand-in for GitHub: REST and GraphQL over a real git repository, which can be cloned and pushed to as well."""

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from stack.config import CHECKS, GITHUB_TOKEN, OWNER, REPO

from . import changes, graph, pulls, repository, shapes
from .pulls import Pull, Pulls

store = Pulls()


def signed_in(request: Request) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() not in ("bearer", "token") or token != GITHUB_TOKEN:
        raise HTTPException(401, "Bad credentials")


router = APIRouter(prefix="/github", dependencies=[Depends(signed_in)])
at = f"/repos/{OWNER}/{REPO}"
Json = Annotated[dict[str, Any], Body()]


def _pull(number: int) -> Pull:
    if number not in store.all:
        raise HTTPException(404, "Not Found")
    return store.all[number]


def _sha(ref: str) -> str:
    sha = repository.resolve(ref)
    if sha is None:
        raise HTTPException(422, f"No commit found for SHA: {ref}")
    return sha


@router.get("/user")
def me() -> dict[str, Any]:
    return shapes.user("operator")


@router.get("/rate_limit")
def rate_limit() -> dict[str, Any]:
    return {"resources": {"core": {"limit": 5000, "remaining": 4999, "reset": 0}}}


@router.get(at)
def repo() -> dict[str, Any]:
    return shapes.repo()


@router.get(f"{at}/pulls")
def list_pulls(state: str = "open", head: str = "", base: str = "") -> list[dict[str, Any]]:
    shown = [shapes.pull(one, store) for one in store.all.values()]
    return [
        one
        for one in reversed(shown)
        if state in ("all", one["state"]) and head in ("", one["head"]["label"]) and base in ("", one["base"]["ref"])
    ]


@router.post(f"{at}/pulls", status_code=201)
def open_pull(body: Json) -> dict[str, Any]:
    branch = body["head"].rpartition(":")[2]
    if repository.resolve(branch) is None:
        raise HTTPException(422, "Validation Failed: head is invalid")
    if any(one.branch == branch and not one.closed and not one.merged_at for one in store.all.values()):
        raise HTTPException(422, f"Validation Failed: A pull request already exists for {OWNER}:{branch}.")
    one = Pull(
        store.next_number(),
        body["title"],
        branch,
        "operator",
        body.get("base", "main"),
        body.get("body") or "",
    )
    one.draft = body.get("draft", False)
    store.all[one.number] = one
    return shapes.pull(one, store)


@router.get(f"{at}/pulls/{{number}}")
def get_pull(number: int) -> dict[str, Any]:
    return shapes.pull(_pull(number), store)


@router.patch(f"{at}/pulls/{{number}}")
def change_pull(number: int, body: Json) -> dict[str, Any]:
    one = _pull(number)
    one.title = body.get("title", one.title)
    one.body = body.get("body", one.body)
    if "state" in body:
        one.closed = body["state"] == "closed"
    return shapes.pull(one, store)


@router.get(f"{at}/pulls/{{number}}/files")
def files(number: int) -> list[dict[str, Any]]:
    one = _pull(number)
    base = f"{one.merge_sha}^1" if one.merge_sha else one.base
    return repository.changed(base, one.head)


@router.get(f"{at}/pulls/{{number}}/commits")
def pull_commits(number: int) -> list[dict[str, Any]]:
    one = _pull(number)
    return [shapes.commit(known.sha) for known in reversed(repository.commits(f"{one.base}..{one.head}"))]


@router.get(f"{at}/pulls/{{number}}/reviews")
def reviews(number: int) -> list[dict[str, Any]]:
    one = _pull(number)
    return [shapes.review(index, review, one) for index, review in enumerate(one.reviews)]


@router.post(f"{at}/pulls/{{number}}/reviews")
def add_review(number: int, body: Json) -> dict[str, Any]:
    """Whoever has the token may name the reviewer with `user`: the lab has one token for all people."""
    states = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
    one = _pull(number)
    state = states.get(body.get("event", ""), "PENDING")
    one.reviews.append({"user": body.get("user", "operator"), "state": state, "body": body.get("body") or ""})
    return shapes.review(len(one.reviews) - 1, one.reviews[-1], one)


@router.put(f"{at}/pulls/{{number}}/merge")
def merge(number: int, body: Json) -> dict[str, Any]:
    one = _pull(number)
    if body.get("sha") not in (None, one.head):
        raise HTTPException(409, "Head branch was modified. Review and try the merge again.")
    if one.merged_at or one.closed or one.draft:
        raise HTTPException(405, "Pull Request is not mergeable")
    if not one.approved():
        raise HTTPException(405, "At least 1 approving review is required by reviewers with write access.")
    title = body.get("commit_title") or f"Merge pull request #{number} from {OWNER}/{one.branch}"
    join = repository.squash if body.get("merge_method") == "squash" else repository.merge
    try:
        one.merge_sha = join(one.base, one.head, f"{title}\n\n{body.get('commit_message') or one.title}")
    except repository.GitError:
        raise HTTPException(405, "Pull Request is not mergeable") from None
    one.merged_at = pulls.iso()
    return {"sha": one.merge_sha, "merged": True, "message": "Pull Request successfully merged"}


@router.get(f"{at}/commits")
def list_commits(sha: str = "main", per_page: int = 30) -> list[dict[str, Any]]:
    return [shapes.commit(known.sha) for known in repository.commits(_sha(sha), min(per_page, 100))]


@router.get(f"{at}/commits/{{ref:path}}/check-runs")
def check_runs(ref: str) -> dict[str, Any]:
    runs = pulls.check_runs(_sha(ref))
    return {"total_count": len(runs), "check_runs": runs}


@router.get(f"{at}/commits/{{ref:path}}/status")
def status(ref: str) -> dict[str, Any]:
    """Old-fashioned statuses: nobody posts any here, which GitHub calls pending."""
    return {"state": "pending", "statuses": [], "total_count": 0, "sha": _sha(ref)}


@router.get(f"{at}/commits/{{ref:path}}/pulls")
def pulls_of_commit(ref: str) -> list[dict[str, Any]]:
    sha = _sha(ref)
    return [shapes.pull(one, store) for one in store.all.values() if sha in (one.merge_sha, one.head)]


@router.get(f"{at}/commits/{{ref:path}}")
def get_commit(ref: str, request: Request) -> Response:
    sha = _sha(ref)
    if "sha" in request.headers.get("accept", ""):
        return PlainTextResponse(sha)
    return JSONResponse(
        {
            **shapes.commit(sha),
            "files": repository.changed(f"{sha}~1", sha) if repository.commit(sha).parents else [],
        }
    )


@router.get(f"{at}/compare/{{span:path}}")
def compare(span: str) -> dict[str, Any]:
    base, _, head = span.partition("...")
    base, head = _sha(base), _sha(head)
    ahead, behind = len(repository.commits(f"{base}..{head}")), len(repository.commits(f"{head}..{base}"))
    state = {(False, False): "identical", (True, False): "ahead", (False, True): "behind"}.get(
        (ahead > 0, behind > 0), "diverged"
    )
    shown = [shapes.commit(one.sha) for one in reversed(repository.commits(f"{base}..{head}"))]
    files = repository.changed(base, head)
    return {
        "status": state,
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "commits": shown,
        "files": files,
    }


@router.get(f"{at}/branches/{{branch:path}}")
def branch(branch: str) -> dict[str, Any]:
    sha = repository.resolve(branch)
    if sha is None:
        raise HTTPException(404, "Branch not found")
    return {"name": branch, "commit": shapes.commit(sha), "protected": branch == "main"}


@router.get(f"{at}/actions/runs")
def workflow_runs(head_sha: str = "", branch: str = "", event: str = "") -> dict[str, Any]:
    sha = repository.resolve(head_sha or branch or "main")
    runs = [shapes.workflow_run(sha, branch or "main", event or "push")] if sha else []
    return {"total_count": len(runs), "workflow_runs": runs}


def _run(run_id: int) -> str:
    for sha in repository.git("rev-list", "--all").split():
        if pulls.run_id(sha) == run_id:
            return sha
    raise HTTPException(404, "Not Found")


@router.get(f"{at}/actions/runs/{{run_id}}")
def workflow_run(run_id: int) -> dict[str, Any]:
    return shapes.workflow_run(_run(run_id), "main", "push")


@router.get(f"{at}/actions/runs/{{run_id}}/jobs")
def jobs(run_id: int) -> dict[str, Any]:
    runs = pulls.check_runs(_run(run_id))
    return {"total_count": len(runs), "jobs": [{**run, "run_id": run_id, "steps": []} for run in runs]}


@router.get(f"{at}/actions/jobs/{{job_id}}/logs")
def job_logs(job_id: int) -> Response:
    """A redirect to where the text is, as GitHub answers."""
    _run(job_id // 10)
    return Response(status_code=302, headers={"Location": "text"})


@router.get(f"{at}/actions/jobs/{{job_id}}/text")
def job_text(job_id: int) -> Response:
    return PlainTextResponse(pulls.job_log(_run(job_id // 10), CHECKS[job_id % 10]))


@router.get(f"{at}/issues")
def list_issues(labels: str = "") -> list[dict[str, Any]]:
    wanted = set(filter(None, labels.split(",")))
    return [one for one in reversed(store.issues) if wanted <= {label["name"] for label in one["labels"]}]


@router.post(f"{at}/issues", status_code=201)
def open_issue(body: Json) -> dict[str, Any]:
    number = store.next_number()
    known = {
        "number": number,
        "state": "open",
        "html_url": f"{shapes.WEB}/issues/{number}",
        "created_at": pulls.iso(),
    }
    labels = [{"name": label} for label in body.get("labels", [])]
    store.issues.append({**known, "title": body["title"], "body": body.get("body") or "", "labels": labels})
    return store.issues[-1]


@router.patch(f"{at}/issues/{{number}}")
def change_issue(number: int, body: Json) -> dict[str, Any]:
    for issue in store.issues:
        if issue["number"] == number:
            issue.update({name: body[name] for name in ("title", "body", "state") if name in body})
            return issue
    raise HTTPException(404, "Not Found")


@router.post(f"{at}/issues/{{number}}/comments", status_code=201)
def comment(number: int, body: Json) -> dict[str, Any]:
    if number in store.all:
        store.all[number].comments.append({"body": body["body"], "created_at": pulls.iso()})
    elif not any(issue["number"] == number for issue in store.issues):
        raise HTTPException(404, "Not Found")
    return {"id": number, "body": body["body"], "user": shapes.user("operator")}


@router.post(f"{at}/issues/{{number}}/labels")
def label(number: int, body: Json) -> list[dict[str, str]]:
    one = _pull(number)
    one.labels += [name for name in body["labels"] if name not in one.labels]
    return [{"name": name} for name in one.labels]


@router.get(f"{at}/contents/{{path:path}}")
def contents(path: str, ref: str = "main") -> dict[str, Any] | list[dict[str, Any]]:
    return changes.read(path, _sha(ref))


@router.put(f"{at}/contents/{{path:path}}")
def write_contents(path: str, body: Json) -> JSONResponse:
    branch = body.get("branch", "main")
    text = base64.b64decode(body["content"])
    sha, created = changes.write(path, text, branch, body["message"], body.get("sha"))
    content = {"path": path, "sha": changes.blob(sha, path)}
    return JSONResponse({"content": content, "commit": {"sha": sha}}, 201 if created else 200)


@router.get(f"{at}/git/ref/heads/{{branch:path}}")
def get_ref(branch: str) -> dict[str, Any]:
    sha = repository.resolve(branch)
    if sha is None:
        raise HTTPException(404, "Not Found")
    return {"ref": f"refs/heads/{branch}", "object": {"sha": sha, "type": "commit"}}


@router.post(f"{at}/git/refs", status_code=201)
def create_ref(body: Json) -> dict[str, Any]:
    name = body["ref"].removeprefix("refs/heads/")
    if repository.resolve(name):
        raise HTTPException(422, "Reference already exists")
    repository.git("update-ref", f"refs/heads/{name}", _sha(body["sha"]))
    return get_ref(name)


@router.delete(f"{at}/git/refs/heads/{{branch:path}}", status_code=204)
def delete_ref(branch: str) -> None:
    if repository.resolve(branch) is None:
        raise HTTPException(422, "Reference does not exist")
    for one in store.all.values():
        one.last_head = one.head
    repository.git("update-ref", "-d", f"refs/heads/{branch}")


@router.post("/graphql")
def graphql(body: Json) -> dict[str, Any]:
    return graph.answer(body, store)
