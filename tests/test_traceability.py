"""Every sentence of the source page has become a requirement, or is told why not; docs/requirements.md is fresh."""

from __future__ import annotations

import pytest

from linuxready.profile import load, shipped
from linuxready.requirements.manual import Manual

from .docs import DOCS, PAGES, Page, Row, page, requirements

ROWS = [(section, row) for name in PAGES for section in page(name).section for row in section.row]
PAGE = page("prerequisites-2017")


def profiles(page: Page) -> list[str]:
    return sorted({name for section in page.section for name in section.profiles})


OF_2017 = profiles(PAGE)
PROFILES = [name for file in PAGES for name in profiles(page(file))]


def test_every_shipped_profile_is_traced() -> None:
    assert sorted(PROFILES) == shipped()


def test_requirements_md_is_fresh() -> None:
    assert (DOCS / "requirements.md").read_text(encoding="utf-8") == requirements(), "`make docs`"


@pytest.mark.parametrize("file", PAGES)
def test_the_page_is_the_profiles(file: str) -> None:
    of = page(file)
    for name in profiles(of):
        profile = load(name)
        sections = [section for section in of.section if section.profiles == (name,)]
        pages = {(section.document or of.document, section.as_of or of.as_of) for section in sections}
        assert (profile.document, profile.as_of) in pages | ({(of.document, of.as_of)} if not pages else set())


@pytest.mark.parametrize("row", [row for _, row in ROWS], ids=lambda row: row.says)
def test_a_sentence_is_covered_or_told_why_not(row: Row) -> None:
    assert row.says
    answers = [answer for answer in (row.by, row.information, row.not_for_linux) if answer]
    assert len(answers) == 1
    assert row.by or not row.profiles


def covered(section_profiles: tuple[str, ...], row: Row) -> set[tuple[str, str]]:
    """The (profile, id) pairs that a row names."""
    return {(name, id) for name in row.profiles or section_profiles for id in row.by}


@pytest.mark.parametrize("name", PROFILES)
def test_every_id_that_covers_a_sentence_is_there(name: str) -> None:
    ids = {requirement.id for requirement in load(name).requirement}
    named = {id for section, row in ROWS for profile, id in covered(section.profiles, row) if profile == name}
    assert sorted(named - ids) == []


@pytest.mark.parametrize("name", PROFILES)
def test_every_requirement_is_named_by_a_sentence(name: str) -> None:
    ids = {requirement.id for requirement in load(name).requirement}
    named = {id for section, row in ROWS for profile, id in covered(section.profiles, row) if profile == name}
    assert sorted(ids - named) == []


@pytest.mark.parametrize("name", OF_2017)
def test_a_profile_has_its_own_column_of_the_url_table(name: str) -> None:
    (section,) = (section for section in PAGE.section if section.name == "URL access")
    listed = [row.says for row in section.row if row.of == "URL" and name in (row.profiles or section.profiles)]
    (urls,) = (row for row in load(name).requirement if row.id == "urls")
    assert isinstance(urls, Manual)
    assert list(urls.items) == listed


def test_sections_of_requirements_are_the_pages() -> None:
    """What `explain` cites is a section of the page, or names the matrix."""
    sections = {section.name.split(",")[0] for section in PAGE.section}
    sections |= {f"URL access: {name}" for name in sections}
    components = {row.of for section in PAGE.section for row in section.row if row.of}
    for name in OF_2017:
        for requirement in load(name).requirement:
            first, _, component = requirement.section.partition(";")[0].partition(": ")
            if "support matrix" in first:
                continue
            assert first in sections | {"Replicated machine prerequisites"}, requirement.id
            assert component in components | sections, (requirement.id, component)


@pytest.mark.parametrize("name", profiles(page("prerequisites-2026")))
def test_sections_of_todays_requirements_are_the_pages(name: str) -> None:
    sections = {section.name for section in page("prerequisites-2026").section if name in section.profiles}
    for requirement in load(name).requirement:
        assert set(requirement.section.split("; ")) <= sections, requirement.id


def test_an_error_of_the_agent_means_one_requirement() -> None:
    for name in shipped():
        errors = [error for requirement in load(name).requirement for error in requirement.agent_errors]
        assert len(errors) == len(set(errors))
