"""The room starts, and lets in whom it should."""

from __future__ import annotations

import pytest

from mrv.dataroom.permissions import Role

pytestmark = pytest.mark.integration


def test_nobody_is_sent_to_sign_in_and_a_verifier_sees_the_project(room):
    assert room.client().get("/projects").headers["location"].startswith("/sign-in")
    assert "sample" in room.signed_in(Role.VERIFIER).get("/projects").text
    assert "sample" not in room.signed_in(None).get("/projects").text
