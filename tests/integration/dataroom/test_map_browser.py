"""The map in a real browser: drawn, without fault, and told where it cannot be drawn."""

from __future__ import annotations

import pytest

from mrv.dataroom.permissions import Role
from tests.browser import faults, keep, opened

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(("dark", "narrow", "language"), [(False, False, "en"), (True, True, "es")])
def test_the_map_is_drawn_and_its_table_has_the_zones(room, browser, dark, narrow, language):
    secret = room.person(Role.VERIFIER)[1]
    with opened(browser, room.url, secret=secret, dark=dark, narrow=narrow, language=language) as page:
        page.goto("/projects/sample/map")
        page.wait_for_selector("#map-room[data-drawn=true]", timeout=40_000)
        drawn = page.evaluate("projectMap.queryRenderedFeatures().map((each) => each.properties.zone_id)")
        listed = page.locator("table.data tbody tr").count()
        keep(page, f"map-{language}")
        assert drawn
        assert listed >= len(set(drawn))
        assert faults(page) == []


def test_without_webgl_the_page_says_so_and_keeps_the_table(room, browser):
    with opened(browser, room.url, secret=room.person(Role.VERIFIER)[1]) as page:
        page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
        page.goto("/projects/sample/map")
        assert page.locator("#map-none").is_visible()
        assert page.locator("table.data tbody tr").count()
