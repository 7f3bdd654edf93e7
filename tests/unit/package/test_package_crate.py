"""The RO-Crate of a package: it describes every file, and the check finds each way in which it could not."""

import json
from datetime import datetime

import pytest

from mrv.errors import PackageError
from mrv.package import bag
from mrv.package.build import build
from mrv.package.crate import METADATA, PREVIEW
from mrv.package.crate_check import crate
from tests.unit.package.package_samples import sample_contents, sample_key


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("crate")
    return build(sample_contents(folder / "sources"), folder=folder / "packages", key=sample_key()).path


@pytest.fixture
def graph(package):
    return json.loads((package / METADATA).read_text(encoding="utf-8"))


def listing(package):
    lines = (package / bag.MANIFEST_256).read_text().splitlines()
    sha256 = {line.split(None, 1)[1]: line.split()[0] for line in lines}
    sha256 = {name.replace("%25", "%"): digest for name, digest in sha256.items()}
    return {name: (package / name).stat().st_size for name in sha256}, sha256


def entity(document, identifier):
    return next(item for item in document["@graph"] if item["@id"] == identifier)


def test_it_is_what_the_specification_demands(graph):
    """The MUSTs of RO-Crate 1.2 for an attached crate."""
    assert graph["@context"] == "https://w3id.org/ro/crate/1.2/context"
    ids = [item["@id"] for item in graph["@graph"]]
    assert len(ids) == len(set(ids))
    assert all(item.get("@type") for item in graph["@graph"])
    descriptor, root = entity(graph, "ro-crate-metadata.json"), entity(graph, "./")
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.2"}
    assert root["@type"] == "Dataset"
    assert all(root[name] for name in ("name", "description", "license"))
    assert datetime.fromisoformat(root["datePublished"])
    references = {
        value["@id"]
        for item in graph["@graph"]
        for values in item.values()
        for value in (values if isinstance(values, list) else [values])
        if isinstance(value, dict)
    }
    assert all(set(value) == {"@id"} for item in graph["@graph"] for value in item.values() if isinstance(value, dict))
    assert references - set(ids) == {"https://w3id.org/ro/crate/1.2"}


def test_it_says_who_and_how(graph):
    action = entity(graph, "#made")
    assert action["@type"] == "CreateAction"
    assert action["instrument"] == {"@id": "#mrv"}
    assert {"@id": "tables/figures.parquet"} in action["result"]
    assert all(part["@id"].startswith(("inputs/", "project/")) for part in action["object"])
    assert entity(graph, "#mrv")["softwareVersion"] == "0.1.0"
    publisher = entity(graph, entity(graph, "./")["publisher"]["@id"])
    assert (publisher["@type"], publisher["name"]) == ("Organization", "Sample & Co REDD+")
    assert "The data are simulated." in entity(graph, "./")["description"]


def test_letters_of_a_name_are_escaped_as_in_an_address(graph):
    assert entity(graph, "project/boundaries/l%C3%ADmites.csv")["name"] == "límites.csv"


def test_crate_and_files_agree(package):
    assert "none is left out" in crate(package, *listing(package))


def test_the_preview_needs_nothing_from_outside(package):
    text = (package / PREVIEW).read_text(encoding="utf-8")
    assert "<script" not in text
    assert "http" not in text
    assert "Sample &amp; Co REDD+" in text
    assert 'href="project/boundaries/l%C3%ADmites.csv"' in text
    assert "Los datos son simulados." in text


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda g: g["@graph"].remove(entity(g, "package.json")), "not described: data/package.json"),
        (lambda g: entity(g, "package.json").update(sha256="0" * 64), "another sha256"),
        (lambda g: entity(g, "package.json").pop("sha256"), "another sha256"),
        (lambda g: entity(g, "package.json").update(contentSize="1"), "another size"),
        (lambda g: g["@graph"].append({"@id": "more.txt", "@type": ["File"]}), "described, not there: data/more.txt"),
        (lambda g: entity(g, "./").update(datePublished="2020-01-01"), "datePublished"),
        (lambda g: entity(g, "./").update(version="2"), "version 2"),
        (lambda g: entity(g, "./").pop("license"), "no license"),
        (lambda g: entity(g, "./")["hasPart"].remove({"@id": "package.json"}), "not a part of the root: package.json"),
        (lambda g: entity(g, "ro-crate-metadata.json")["conformsTo"].update({"@id": "x"}), "does not conform"),
        (lambda g: g["@graph"].append({"@id": "./", "@type": "Dataset"}), "./"),
        (lambda g: g.pop("@graph"), "KeyError"),
        (lambda g: g["@graph"].append("text"), "TypeError"),
    ],
)  # fmt: skip
def test_a_crate_of_other_files_is_refused(package, graph, tmp_path, change, expected):
    sizes, sha256 = listing(package)
    change(graph)
    (tmp_path / "data").mkdir()
    (tmp_path / METADATA).write_text(json.dumps(graph), encoding="utf-8")
    (tmp_path / "data/package.json").write_bytes((package / "data/package.json").read_bytes())
    with pytest.raises(PackageError) as caught:
        crate(tmp_path, sizes, sha256)
    assert expected in str(caught.value.found)


def test_a_crate_that_is_no_json_is_refused(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / METADATA).write_text("{")
    with pytest.raises(PackageError):
        crate(tmp_path, {}, {})
