"""GitHub's GraphQL, as far as it can what REST cannot: reverting a pull request, and the state of its review."""

from typing import Any

from graphql import build_schema, graphql_sync

from stack.config import OWNER, REPO

from . import repository, shapes
from .pulls import Pull, Pulls, check_runs

schema = build_schema("""
enum PullRequestState { OPEN CLOSED MERGED }
enum PullRequestReviewDecision { APPROVED CHANGES_REQUESTED REVIEW_REQUIRED }
enum MergeStateStatus { BEHIND BLOCKED CLEAN DIRTY DRAFT HAS_HOOKS UNKNOWN UNSTABLE }
enum StatusState { ERROR EXPECTED FAILURE PENDING SUCCESS }
scalar DateTime
scalar URI
scalar GitObjectID
type Query { repository(owner: String!, name: String!): Repository }
type Mutation { revertPullRequest(input: RevertPullRequestInput!): RevertPullRequestPayload }
type Repository { nameWithOwner: String! pullRequest(number: Int!): PullRequest }
type PullRequest {
  id: ID! number: Int! title: String! url: URI! state: PullRequestState! isDraft: Boolean! merged: Boolean!
  mergedAt: DateTime headRefName: String! headRefOid: GitObjectID! baseRefName: String!
  mergeStateStatus: MergeStateStatus! reviewDecision: PullRequestReviewDecision mergeCommit: Commit
  statusCheckRollup: StatusCheckRollup
}
type Commit { oid: GitObjectID! }
type StatusCheckRollup { state: StatusState! }
input RevertPullRequestInput { pullRequestId: ID! title: String body: String draft: Boolean clientMutationId: String }
type RevertPullRequestPayload { pullRequest: PullRequest revertPullRequest: PullRequest clientMutationId: String }
""")


class Root:
    def __init__(self, pulls: Pulls) -> None:
        self._pulls = pulls

    def repository(self, info, owner: str, name: str) -> dict[str, Any]:
        if (owner, name) != (OWNER, REPO):
            raise ValueError(f"Could not resolve to a Repository with the name '{owner}/{name}'.")
        return {"nameWithOwner": f"{owner}/{name}", "pullRequest": self._pull_request}

    def _pull_request(self, info, number: int) -> dict[str, Any]:
        if number not in self._pulls.all:
            raise ValueError(f"Could not resolve to a PullRequest with the number of {number}.")
        return self._shown(self._pulls.all[number])

    def revertPullRequest(self, info, input: dict[str, Any]) -> dict[str, Any]:
        number = int(input["pullRequestId"].removeprefix("PR_"))
        old = self._pulls.all[number]
        if not old.merge_sha:
            raise ValueError("Pull request is not merged")
        branch = f"revert-{number}-{old.branch}"
        while repository.resolve(branch):
            branch += "-1"
        repository.revert(branch, old.merge_sha, old.base)
        title = input.get("title") or f'Revert "{old.title}"'
        body = input.get("body") or f"Reverts {OWNER}/{REPO}#{number}"
        new = Pull(self._pulls.next_number(), title, branch, "operator", old.base, body, input.get("draft") or False)
        self._pulls.all[new.number] = new
        known = {"pullRequest": self._shown(old), "revertPullRequest": self._shown(new)}
        return {**known, "clientMutationId": input.get("clientMutationId")}

    def _shown(self, one: Pull) -> dict[str, Any]:
        rest = shapes.pull(one, self._pulls)
        conclusions = {run["conclusion"] for run in check_runs(one.head)} if one.head else set()
        rollup = "PENDING" if None in conclusions else "FAILURE" if "failure" in conclusions else "SUCCESS"
        return {
            "id": rest["node_id"],
            "number": one.number,
            "title": one.title,
            "url": rest["html_url"],
            "state": "MERGED" if rest["merged"] else rest["state"].upper(),
            "isDraft": one.draft,
            "merged": rest["merged"],
            "mergedAt": one.merged_at,
            "headRefName": one.branch,
            "headRefOid": one.head,
            "baseRefName": one.base,
            "mergeStateStatus": rest["mergeable_state"].upper(),
            "reviewDecision": "APPROVED" if one.approved() else "REVIEW_REQUIRED",
            "mergeCommit": {"oid": one.merge_sha} if one.merge_sha else None,
            "statusCheckRollup": {"state": rollup},
        }


def answer(body: dict[str, Any], pulls: Pulls) -> dict[str, Any]:
    variables, name = body.get("variables"), body.get("operationName")
    result = graphql_sync(schema, body.get("query", ""), Root(pulls), variable_values=variables, operation_name=name)
    return result.formatted
