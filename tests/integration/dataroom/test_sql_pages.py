"""The SQL page and its JSON: who may ask which version, what comes back, and what is written down."""

from __future__ import annotations

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from mrv.dataroom.database import Database
from mrv.dataroom.models import access_log, grants
from mrv.dataroom.permissions import Role
from tests.integration.dataroom.sites import PERIOD, PROJECT, Room

pytestmark = pytest.mark.integration
SQL = f"/api/v1/projects/{PROJECT}/sql"
PAGE = f"/projects/{PROJECT}/sql"
LEDGER = "select vintage_year, credits from emission_reductions where is_primary order by 1"


def test_answer_in_each_form(room: Room) -> None:
    client = room.signed_in(Role.ANALYST)
    said = client.post(SQL, json={"sql": LEDGER, "as_of": "1"}).json()
    assert [column["name"] for column in said["columns"]] == ["vintage_year", "credits"]
    assert (said["as_of"], said["row_count"], said["truncated"]) == (f"{PERIOD}-v1", len(said["rows"]), False)
    csv = client.post(SQL, json={"sql": LEDGER}, headers={"Accept": "text/csv"})
    assert csv.headers["content-disposition"] == f'attachment; filename="{PROJECT}-{PERIOD}-v2.csv"'
    assert csv.text.splitlines()[1:] == [",".join(str(cell) for cell in row) for row in said["rows"]]
    parquet = client.post(SQL, json={"sql": LEDGER, "format": "parquet"})
    assert pq.read_table(io.BytesIO(parquet.content)).num_rows == int(parquet.headers["x-rows"]) == said["row_count"]
    arrow = client.post(SQL, json={"sql": "from range(3000000)", "format": "arrow"})
    assert arrow.headers["x-truncated"] == "true"
    assert pa.ipc.open_stream(arrow.content).read_all().num_rows == 1_000_000


def test_refusals_say_why(room: Room) -> None:
    client = room.signed_in(Role.ANALYST)
    wrong = client.post(SQL, json={"sql": "select nothing from figures"})
    assert (wrong.status_code, wrong.json()["error"]) == (422, "refused")
    assert "nothing" in wrong.json()["found"]
    assert str(room.home) not in wrong.text
    assert client.post(SQL, json={"sql": "select 1", "as_of": "mp9-v1"}).status_code == 404
    assert client.post(SQL, json={"sql": "select 1", "as_of": "../x y"}).status_code == 422
    assert client.post(SQL, json={"sql": "select interval 1 day", "format": "parquet"}).json()["error"] == "form"
    assert client.get(f"{SQL}/tables/nowhere").status_code == 404


def test_who_may_not_ask_is_refused(room: Room) -> None:
    assert room.client().post(SQL, json={"sql": "select 1"}).status_code == 401
    assert room.signed_in(Role.REGISTRY_READER).post(SQL, json={"sql": "select 1"}).status_code == 403
    assert room.signed_in(None).post(SQL, json={"sql": "select 1"}).status_code == 404


def test_a_grant_for_another_period_shows_no_version_of_this_one(room: Room) -> None:
    user_id, secret = room.person(Role.ANALYST)
    database = Database(room.database_url)
    with database.writing() as connection:
        connection.execute(grants.update().where(grants.c.user_id == user_id).values(period="mp3"))
    database.close()
    client = room.client(secret)
    assert client.get(f"{SQL}/versions").json() == []
    for address in ("tables", "snapshot", "tables/figures"):
        assert client.get(f"{SQL}/{address}").status_code == 404
    assert client.post(SQL, json={"sql": "select 1"}).status_code == 404
    assert client.get(PAGE).status_code == 404


def test_question_is_in_the_access_log_and_in_ones_own_history(room: Room) -> None:
    user_id, secret = room.person(Role.ANALYST)
    client = room.client(secret)
    for sql in ("select 41", "select 42", "selec", "select 42"):
        client.post(SQL, json={"sql": sql})
    assert [entry["sql"] for entry in client.get(f"{SQL}/history").json()] == ["select 42", "selec", "select 41"]
    assert room.signed_in(Role.ANALYST).get(f"{SQL}/history").json() == []
    database = Database(room.database_url)
    with database.reading() as connection:
        rows = connection.execute(sa.select(access_log.c.detail).where(access_log.c.user_id == user_id)).scalars().all()
    database.close()
    logged = [json.loads(row) for row in rows]
    assert [entry["sql"] for entry in logged if "sql" in entry] == ["select 41", "select 42", "selec", "select 42"]


def test_page_works_without_scripts(room: Room) -> None:
    client = room.signed_in(Role.ANALYST)
    start = client.get(PAGE, params={"sql": "select '<b>' as x", "as_of": f"{PERIOD}-v1", "lang": "es"})
    assert "select &#39;&lt;b&gt;&#39; as x" in start.text
    assert "Ejecutar" in start.text
    shown = client.post(PAGE, data={"sql": LEDGER, "as_of": f"{PERIOD}-v1", "x": "vintage_year", "y": "credits"})
    assert shown.status_code == 200
    assert 'class="chart"' in shown.text
    assert 'data-value="2023"' in shown.text
    truncated = client.post(PAGE, data={"sql": "from range(2000)"})
    assert "only the first 1000" in truncated.text
    wrong = client.post(PAGE, data={"sql": "drop table figures"})
    assert wrong.status_code == 422
    assert 'role="alert"' in wrong.text
    file = client.post(f"{PAGE}/download", data={"sql": LEDGER, "form": "csv"})
    assert file.text.startswith("vintage_year,credits\n")
    table = client.get(f"{PAGE}/tables/emission_reductions", params={"as_of": f"{PERIOD}-v1"})
    assert "One row per emission_reductions." in table.text
