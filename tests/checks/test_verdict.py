from checks.verdict import MAX_FINDINGS, Finding, Outcome, Severity, clipped, conclude


def _finding(severity: Severity) -> Finding:
    return Finding("code", severity, f"a {severity} was found", "mend it")


def test_the_worst_finding_decides_and_comes_first() -> None:
    verdict = conclude(
        [_finding(Severity.NOTE), _finding(Severity.WARNING), _finding(Severity.ERROR)], clean="fine"
    )
    assert verdict.outcome is Outcome.FAIL
    assert verdict.findings[0].severity is Severity.ERROR
    assert verdict.summary.startswith("1 error and 1 warning. First: a error")


def test_notes_alone_pass() -> None:
    verdict = conclude([_finding(Severity.NOTE)], clean="fine")
    assert (verdict.outcome, verdict.summary) == (Outcome.PASS, "fine")


def test_findings_are_capped_and_json_able() -> None:
    verdict = conclude([_finding(Severity.WARNING)] * 500, clean="")
    assert len(verdict.findings) == MAX_FINDINGS
    assert verdict.findings[0].as_dict()["severity"] == "warning"


def test_clipped_text_has_one_line_and_no_controls() -> None:
    assert clipped("a\n\tb\x07c") == "a b\ufffdc"
    assert len(clipped("x" * 10_000)) == 500
    assert clipped("x" * 10_000).endswith("\u2026")
