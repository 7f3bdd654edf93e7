"""`mrv check` of samples: what their definition says that cannot hold, and designs that are not frozen as declared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import get_args

import shapely

from mrv.boundaries import SLIVER_HA, Zone, geodesic_area_ha, load_zones
from mrv.errors import InputError, MrvError, ProjectError
from mrv.estimation.sample import LEAST_UNITS
from mrv.project import LoadedProject
from mrv.project_sampling import ClassMap, SampleSource, Sampling, StratumClass
from mrv.sources.products import Catalogue, catalogue_of
from mrv.sources.sample_design_files import DesignDocument, FrozenDesign, is_frozen, read_design
from mrv.sources.sample_label_files import check_mapping
from mrv.stages.sample_files import changed_keys
from mrv.stages.sample_ground import Ground, sampled_zones, years_of
from mrv.stages.sample_map import LOSS_ROLES
from mrv.stages.validate_rasters import Declared, declared_rasters


def sampling_problems(project: LoadedProject, zones: Sequence[Zone]) -> Iterator[MrvError]:
    """Yield what is wrong with the samples that a project declares, and with the sources of their labels."""
    yield from _twice(project)
    yield from _sources(project)
    try:
        catalogue = catalogue_of(project)
    except ProjectError:
        # What is wrong with the catalogue is named with the rasters.
        return
    declared = list(declared_rasters(project, catalogue))
    for position, spec in enumerate(project.definition.sampling):
        where = f"{project.file}, sampling.{position} ({spec.id})"
        yield from _period(project, spec, where)
        yield from _zones(spec, zones, where)
        yield from _units(project, spec, zones, where)
        if spec.class_map is None:
            yield from _loss_map(project, spec, declared, catalogue, where)
        else:
            yield from _class_map(spec.class_map, declared, catalogue, where)


def frozen_problems(project: LoadedProject, zones: Sequence[Zone]) -> Iterator[MrvError]:
    """Yield designs that are read by a source but not frozen, or not frozen as the project declares them."""
    read = {project.path(source.folder) for source in _sample_sources(project)}
    for position, spec in enumerate(project.definition.sampling):
        folder, where = project.path(spec.folder), f"{project.file}, sampling.{position} ({spec.id})"
        if not is_frozen(folder):
            if folder in read:
                yield ProjectError(
                    f"design {spec.id} is not frozen, but a source reads it",
                    expected=f"a design in {folder}",
                    where=where,
                    remedy=f"draw it: mrv sample design {project.folder.name} --design {spec.id}",
                )
            continue
        try:
            yield from _changed(project, zones, spec, read_design(folder).document, where)
        except InputError as error:
            yield error


def declared_design(project: LoadedProject, spec: Sampling) -> FrozenDesign:
    """Return the frozen design of a sample, for those who give its units out: it must be the one that is declared.

    Raises:
        InputError: There is none, or it is not as it was drawn.
        ProjectError: It is not as the project declares it, and labels of its units could not be used.
    """
    design = read_design(project.path(spec.folder))
    for problem in _changed(
        project, load_zones(project), spec, design.document, f"{project.file}, sampling ({spec.id})"
    ):
        raise problem
    return design


def _changed(
    project: LoadedProject, zones: Sequence[Zone], spec: Sampling, document: DesignDocument, where: str
) -> Iterator[ProjectError]:
    if (document.design_id, document.project_id) != (spec.id, project.definition.id):
        yield ProjectError(
            "a folder holds the frozen design of another sample",
            expected=f"{spec.id} of {project.definition.id}",
            found=f"{document.design_id} of {document.project_id}",
            where=where,
            remedy="give each sample its own folder",
        )
        return
    others, sizing = changed_keys(document, spec)
    if others or sizing:
        yield ProjectError(
            f"design {spec.id} is frozen, and another one is declared",
            expected="what was declared when it was drawn",
            found=f"other values of {', '.join([*others, *sizing])}",
            where=where,
            remedy="take the change back, or draw a new design: another id and folder"
            if others
            else f"take the change back, or draw the units that it adds: mrv sample design {project.folder.name} "
            f"--design {spec.id} --enlarge",
        )
    elif spec.period in {period.id for period in project.definition.monitoring_periods}:
        changed = Ground.of(project, zones, spec).changed_since(document)
        if changed:
            yield ProjectError(
                f"design {spec.id} was drawn from something else than is there now",
                expected="what its units and strata were drawn from: estimates hold for that",
                found=f"changed: {', '.join(changed)}",
                where=where,
                remedy="bring it back, or draw a new design: another id and folder",
            )


def _sample_sources(project: LoadedProject) -> list[SampleSource]:
    return [source for source in project.definition.sources if isinstance(source, SampleSource)]


def _twice(project: LoadedProject) -> Iterator[ProjectError]:
    samples, sources = project.definition.sampling, _sample_sources(project)
    remedy = "change or remove one"
    # Codes of people are made by source: in two of them interpreter-1 would be two people.
    one_each = "keep one of them: a design samples any number of zones, each with its own strata and target"
    for what, where, names, cure in (
        ("two samples have the same id", "sampling", [spec.id for spec in samples], remedy),
        ("two samples have the same folder", "sampling", [str(project.path(spec.folder)) for spec in samples], remedy),
        ("two sources give the sample of one period", "sources", [source.period for source in sources], one_each),
    ):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield ProjectError(what, found=name, where=f"{project.file}, {where}", remedy=cure)


def _sources(project: LoadedProject) -> Iterator[ProjectError]:
    """Name sources whose folder or period is not that of a declared sample."""
    by_folder = {project.path(spec.folder): spec for spec in project.definition.sampling}
    for source in _sample_sources(project):
        where = f"{project.file}, sources ({source.name})"
        spec = by_folder.get(project.path(source.folder))
        if spec is None:
            yield ProjectError(
                "a source reads a design that no sample declares",
                expected=", ".join(spec.folder for spec in by_folder.values()) or "a sample under sampling",
                found=source.folder,
                where=where,
                remedy="mend folder, or declare the sample",
            )
        elif spec.period != source.period:
            yield ProjectError(
                "a source reads a design of another period",
                expected=f"{spec.period}, as {spec.id} declares",
                found=source.period,
                where=where,
                remedy="mend period or folder",
            )
        yield from _label_files(source, where)


def _label_files(source: SampleSource, where: str) -> Iterator[ProjectError]:
    """Name files of labels that stand twice, and mappings that do not fit their format."""
    paths = [file.path for file in source.labels]
    for path in sorted({path for path in paths if paths.count(path) > 1}):
        yield ProjectError("a file of labels stands twice", found=path, where=where, remedy="remove one")
    for file in source.labels:
        try:
            check_mapping(file, f"{where}, labels ({file.path})")
        except ProjectError as error:
            yield error


def _period(project: LoadedProject, spec: Sampling, where: str) -> Iterator[ProjectError]:
    known = [period.id for period in project.definition.monitoring_periods]
    if spec.period not in known:
        yield ProjectError(
            "a sample is of an unknown monitoring period",
            expected=", ".join(known),
            found=spec.period,
            where=where,
            remedy="use the id of a monitoring period",
        )


def _zones(spec: Sampling, zones: Sequence[Zone], where: str) -> Iterator[ProjectError]:
    unknown = [name for name in spec.zones if name not in {zone.zone_id for zone in zones}]
    if unknown or len(set(spec.zones)) != len(spec.zones):
        yield ProjectError(
            "a sample names an unknown zone, or one twice",
            expected="ids of the boundaries, each once: " + ", ".join(sorted(zone.zone_id for zone in zones)),
            found=", ".join(unknown or spec.zones),
            where=where,
            remedy="mend zones, or leave it out for all project areas and leakage belts",
        )
    for one, other in combinations(sampled_zones(zones, spec), 2):
        shared = shapely.intersection(one.geometry, other.geometry)
        parts = [part for part in shapely.get_parts(shared) if part.geom_type in {"Polygon", "MultiPolygon"}]
        area_ha = geodesic_area_ha(shapely.union_all(parts)) if parts else 0
        if area_ha > SLIVER_HA:
            yield ProjectError(
                "two sampled zones overlap",
                expected=f"at most {SLIVER_HA} ha shared: a unit belongs to one zone",
                found=f"{area_ha} ha of {one.zone_id} and {other.zone_id}",
                where=where,
                remedy="sample one of them in a design of its own",
            )


def _units(project: LoadedProject, spec: Sampling, zones: Sequence[Zone], where: str) -> Iterator[ProjectError]:
    """Name what is said about the number of units that the draw cannot follow."""
    rule = spec.allocation.rule
    if spec.draw != "stratified_random" and "allocation" in spec.model_fields_set:
        yield ProjectError(
            f"a draw {spec.draw} shares no units among strata",
            found=f"allocation {rule}",
            where=where,
            remedy="leave out allocation, or draw stratified_random",
        )
    elif rule == "optimal" and spec.target is None:
        yield ProjectError(
            "an optimal allocation needs to know what is expected",
            expected="a target with expected shares",
            where=where,
            remedy="give a target in place of size, or another rule",
        )
    elif rule == "manual":
        yield from _counts(spec, _possible_strata(project, spec, zones), where)


def _counts(spec: Sampling, possible: set[str], where: str) -> Iterator[ProjectError]:
    if spec.size is not None or spec.target is not None:
        yield ProjectError(
            "units are counted by hand and sized at once",
            found="size or target beside the counts of allocation",
            where=where,
            remedy="keep one of the two",
        )
    if unknown := sorted(set(spec.allocation.counts) - possible):
        yield ProjectError(
            "units are allocated to unknown strata",
            expected=", ".join(sorted(possible)),
            found=", ".join(unknown),
            where=where,
            remedy="use the parts in this order, joined by dots: zone, stratum, class",
        )
    if few := sorted(name for name, count in spec.allocation.counts.items() if count < LEAST_UNITS):
        yield ProjectError(
            "a stratum gets too few units",
            expected=f"at least {LEAST_UNITS} each",
            found=", ".join(f"{name}: {spec.allocation.counts[name]}" for name in few),
            where=where,
            remedy="give it more",
        )


def _possible_strata(project: LoadedProject, spec: Sampling, zones: Sequence[Zone]) -> set[str]:
    drawn = {zone.zone_id for zone in zones if zone.kind == "stratum"}
    default = project.definition.default_stratum
    classes = [name for name in get_args(StratumClass) if name != "loss_buffer" or spec.loss_buffer_pixels]
    parts: list[Sequence[str]] = [
        *([[zone.zone_id for zone in sampled_zones(zones, spec)]] if spec.by_zone else []),
        *([sorted(drawn | ({default} if default else set()))] if spec.by_stratum else []),
        classes,
    ]
    return {".".join(names) for names in product(*parts)}


def _loss_map(
    project: LoadedProject, spec: Sampling, declared: Sequence[Declared], catalogue: Catalogue, where: str
) -> Iterator[ProjectError]:
    """Name what the forest loss series lacks for a sample: its layers, or the years."""
    found: dict[str, Declared] = {}
    for item in declared:
        row = catalogue.products.get(item.product)
        for layer in row.layers if row else ():
            if layer.layer == item.layer and layer.role in LOSS_ROLES:
                found.setdefault(layer.role, item)
    if missing := [role for role in ("tree_cover", "loss_year") if role not in found]:
        yield ProjectError(
            "a sample needs the forest loss series",
            expected=f"layers of the roles {', '.join(missing)} in a source",
            where=where,
            remedy="add the source, or name a class_map",
        )
        return
    loss = found["loss_year"]
    row = catalogue.products[loss.product]
    known = {version.version: version.last_year for version in row.versions}
    periods = [period for period in project.definition.monitoring_periods if period.id == spec.period]
    if row.base_year is None or known.get(loss.version) is None or not periods:
        return
    first, last = years_of(periods[0], spec)
    if not row.base_year < first <= last <= (known[loss.version] or 0):
        yield ProjectError(
            "the years of a sample are not years of its map",
            expected=f"{row.base_year + 1} to {known[loss.version]}, as {loss.product} {loss.version} maps them",
            found=f"{first} to {last}",
            where=where,
            remedy="mend first_year and last_year, or take a version of the product that maps them",
        )


def _class_map(
    wanted: ClassMap, declared: Sequence[Declared], catalogue: Catalogue, where: str
) -> Iterator[ProjectError]:
    where = f"{where}, class_map"
    try:
        layer = catalogue.product(wanted.product).layer(wanted.layer)
    except ProjectError as error:
        error.where = where
        yield error
        return
    found = [item for item in declared if (item.product, item.layer) == (wanted.product, wanted.layer)]
    years = sorted(item.year for item in found if item.year is not None)
    if layer.kind != "class" or layer.role is not None:
        yield ProjectError(
            "the map of a sample is no layer of classes",
            expected="a class layer outside the forest loss series",
            found=f"{wanted.product} {wanted.layer}",
            where=where,
            remedy="name another layer, or leave out class_map for the forest loss series",
        )
    elif not found or (wanted.year not in years if years else wanted.year is not None):
        yield ProjectError(
            "no source gives the map of a sample",
            expected=", ".join(map(str, years)) or f"{wanted.product} {wanted.layer} among the rasters of the sources",
            found=f"{wanted.product} {wanted.layer} {wanted.year or 'without a year'}",
            where=where,
            remedy="declare the source, or mend year",
        )
    codes = [code for listed in wanted.classes.values() for code in listed]
    known = None if layer.classes == "from_rat" or layer.year_codes else {item.value for item in layer.classes}
    if wrong := sorted({code for code in codes if codes.count(code) > 1 or (known is not None and code not in known)}):
        yield ProjectError(
            "a code of a class map is unknown, or stands for two classes",
            expected="each code of the layer once" + (f": {', '.join(map(str, sorted(known)))}" if known else ""),
            found=", ".join(map(str, wrong)),
            where=where,
            remedy="mend classes",
        )
