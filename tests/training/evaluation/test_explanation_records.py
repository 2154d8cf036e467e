from training.evaluation.explanation_records import explanation_section

GOOD = {
    "photos": 32.0,
    "randomised_similarity": 0.11,
    "other_label_similarity": -0.59,
    "deletion": 0.4,
    "insertion": 0.87,
    "better_than_random": 0.46,
    "better_than_random_error": 0.05,
    "better_than_edges": 0.18,
    "better_than_edges_error": 0.04,
    "better_than_centre": 0.12,
    "better_than_centre_error": 0.04,
    "focus": 0.82,
    "focus_error": 0.04,
}


def test_each_method_has_a_line_with_its_figures() -> None:
    section = explanation_section({"grad-cam": GOOD, "integrated-gradients": GOOD | {"completeness_error": 0.0364}})
    assert "was tried on 32 validation photos" in " ".join(section.split())
    figures = "| 0.11 | -0.59 | 0.40 | 0.87 | 0.46 ± 0.05 | 0.18 ± 0.04 | 0.12 ± 0.04 | 0.82 ± 0.04 |"
    assert f"| `grad-cam` {figures}  |" in section
    assert f"| `integrated-gradients` {figures} 0.036 |" in section
    assert section.endswith("All do.\n")


def test_a_method_that_failed_is_named_with_the_reason() -> None:
    section = " ".join(explanation_section({"grad-cam": GOOD, "gradient": GOOD | {"focus": 0.3}}).split())
    assert "All do." not in section
    assert "`gradient` is not offered: in a mosaic it does not find the photo in question: 0.30 on it" in section
    assert "`grad-cam` is not offered" not in section


def test_photos_of_one_label_have_no_mosaic() -> None:
    alike = {name: value for name, value in GOOD.items() if not name.startswith("focus")}
    assert "it was not tried on a mosaic" in " ".join(explanation_section({"gradient": alike}).split())


def test_an_artifact_without_records_has_no_such_section() -> None:
    assert explanation_section({}) == ""
