"""Text of strangers stays text, wherever it is shown; the policy of every page would stop it otherwise."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from catalog import actions as catalog
from catalog import guidelines
from catalog.models import CodeModel, Criterion, Guideline, GuidelineRule, Project, Prompt
from checks.verdict import Finding, Outcome, Severity, Verdict
from exports.card_page import as_html
from people.rules import Role
from review import actions as review
from tests import worlds
from tests.scenes import Scene
from work import draft_actions
from work.states import Outcome as Conclusion
from work.states import TaskKind

pytestmark = pytest.mark.django_db

MARK = "<xss-mark onclick=alert(1)>\"'</script><!--<script>{{7*7}}"
NAME = "a\"'><xss-mark>.html"
SAFE_ID = re.compile(r"<xss-mark|</script><!--<script>\{")


def test_hostile_text_is_text_on_every_page() -> None:
    world = worlds.world()
    project = world.project
    Project.objects.filter(pk=project.pk).update(name=MARK[:80], purpose=MARK)
    CodeModel.objects.filter(pk=project.target_id).update(name=MARK[:80], vendor=MARK[:60])
    Prompt.objects.all().update(text=MARK, tags=[MARK], key=MARK, source=MARK, licence=MARK[:40])
    GuidelineRule.objects.all().update(text=MARK)
    Criterion.objects.all().update(name=MARK[:60], question=MARK)
    Guideline.objects.create(project=project, version=1, text=f"{MARK} of old")
    scene, author = Scene(world), world.person("author", Role.CONTRIBUTOR)
    reviewer, voter = world.person("reviewer", Role.REVIEWER), world.person("voter", Role.CONTRIBUTOR)
    type(author).objects.filter(pk=author.pk).update(first_name=MARK[:100], last_name=MARK[:100])
    for reader in (author, reviewer):
        catalog.acknowledge(project=project, version=1, by=reader)
    Guideline.objects.create(project=project, version=2, text=f"# {MARK}\n[a](javascript:alert(1))\n{MARK}")
    client = Client()
    pages: dict[str, str] = {}

    def look(who: object, *paths: str) -> None:
        client.force_login(who)  # type: ignore[arg-type]  # a person of this world
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)
            pages[path] = answer.content.decode()
            policy = answer["Content-Security-Policy"]
            scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
            assert not re.search(r"'unsafe-inline'|\*|http", scripts), path
            assert "frame-ancestors 'none'" in policy, path
            assert answer["X-Frame-Options"] == "DENY", path
            assert answer["X-Content-Type-Options"] == "nosniff", path

    look(author, "/", "/queue/", "/account/", f"/guideline/{project.slug}/")
    for reader in (author, reviewer):
        catalog.acknowledge(project=project, version=2, by=reader)
    seat = scene.claim(author, TaskKind.REFINE)
    files = {"index.html": worlds.page("x", MARK)["index.html"], NAME: MARK}
    draft_actions.save(by=author, assignment=seat, rev=0, files=files, rationale=MARK, ratings={})
    look(author, f"/bench/{seat.pk}/")
    sent = draft_actions.submit(by=author, assignment=seat, rev=1, outcome=Conclusion.REFINED, reason=MARK)
    finding = Finding(MARK, Severity.WARNING, MARK, MARK, path=NAME, line=1, selector=MARK)
    sent = scene.check(sent, {"render": Verdict(Outcome.WARN, MARK, (finding,))})
    review.open_review(submission_id=sent.pk)
    held = scene.claim(reviewer, TaskKind.REVIEW)
    look(reviewer, f"/review/{held.pk}/")
    from review.states import Decision

    made = review.decide(by=reviewer, assignment=held, decision=Decision.ACCEPT, notes=MARK)
    sent.refresh_from_db()
    pair = scene.open_pair(sent)
    compared = scene.claim(voter, TaskKind.COMPARE)
    look(voter, f"/compare/{compared.pk}/")
    look(author, f"/work/{sent.pk}/", "/work/", "/statement/")
    prompt = world.prompts[0].pk
    look(
        world.lead, "/admin/", "/desk/test/", f"/desk/submissions/{sent.pk}/", "/admin/catalog/project/",
        f"/admin/catalog/project/{project.pk}/change/", "/admin/catalog/prompt/",
        f"/admin/catalog/prompt/{prompt}/change/", "/admin/catalog/codemodel/", "/admin/work/task/",
        f"/admin/work/task/{sent.task_id}/change/", "/admin/work/submission/", "/admin/catalog/membership/",
        f"/admin/work/submission/{sent.pk}/change/", "/admin/review/review/", f"/admin/review/review/{made.pk}/change/",
        f"/admin/arena/pair/{pair.pk}/change/", "/admin/catalog/generation/", "/releases/tokens/",
        f"/admin/checks/checkrun/{sent.check_runs.all()[0].pk}/change/", "/admin/work/assignment/",
    )  # fmt: skip
    for path, text in pages.items():
        found = SAFE_ID.search(text)
        assert found is None, f"{path}: …{text[max(0, found.start() - 200) : found.start() + 100]}"
        assert 'href="javascript:' not in text, path
        # A handler or script of a page's own would need a nonce.
        for script in re.findall(r"<script\b[^>]*>", text):
            assert "src=" in script or "nonce=" in script or "application/json" in script, f"{path}: {script}"


@pytest.mark.parametrize("draw", [guidelines.as_html, as_html])
@pytest.mark.parametrize(
    "markdown",
    ["<script>alert(1)</script>", "[a](javascript:alert(1))", "[a](JaVaScRiPt&colon;alert(1))", "![a](x\" onerror=\"alert(1))",
     "<img src=x onerror=alert(1)>", "[a](data:text/html,<script>)", "<a href='vbscript:x'>", "<svg/onload=alert(1)>",
     "```\"><script>\nx\n```", "|a|\n|-|\n|<iframe src=//evil>|", "[a]: javascript:x\n\n[a]", "<javascript:alert(1)>",
     "[a](//evil.example 'x\" onclick=\"y')"],
)  # fmt: skip
def test_markdown_draws_no_markup_of_its_writer(draw: object, markdown: str) -> None:
    drawn = str(draw(markdown))  # type: ignore[operator]  # one of the two above
    for tag in re.findall(r"<[^>]*>", drawn):
        assert not re.search(r"^<(script|img|svg|iframe)|\son\w+=", re.sub(r'"[^"]*"', '""', tag)), drawn
        assert not re.search(r'href="\s*(javascript|data|vbscript)', tag, re.IGNORECASE), drawn
