"""Resolving printed region names to official codes: by level, name or other name, parent, and the source's context."""

from typing import Any

import ibis
import ibis.expr.types as ir

#: Words that a level's names may carry in front, and English ones behind.
_PREFIXES = {
    "province": r"^(pemerintah provinsi|pemprov|provinsi|propinsi|prov)\b\.? ?",
    "regency": r"^(kabupaten administrasi|kabupaten adm|pemkab|kabupaten|kab)\b\.? ?",
    "city": r"^(kota administrasi|kota adm|pemkot|kotamadya|kodya|kota)\b\.? ?",
    "district": r"^(kecamatan|kec|distrik|kapanewon|kemantren)\b\.? ?",
}
#: "In all of": `se-Kaltim`, `seluruh Indonesia`.
_WHOLE = r"^(se-|seluruh )"
_SUFFIXES = r" (province|regency|city|district)$"


def key(name: Any) -> Any:
    """A name without case, spaces and punctuation: `D.I. Yogyakarta` and `DI YOGYAKARTA` are one."""
    return name.lower().re_replace(r"[^a-z0-9]", "")


def bare_key(name: Any, level: Any) -> Any:
    """The key without the words that only say the level: `Kab. Banjar` as a regency is `banjar`."""
    lowered = name.lower().strip().re_replace(_SUFFIXES, "").re_replace(_WHOLE, "")
    branches = [(level == each, lowered.re_replace(prefix, "")) for each, prefix in _PREFIXES.items()]
    return key(ibis.cases(*branches, else_=lowered))


def region_keys(regions: ir.Table, names: ir.Table) -> ir.Table:
    """All keys by which a region is known: `region_code`, `level`, `key`."""
    other = names.join(regions.select("region_code", "level"), "region_code").select("region_code", "level", "name")
    every = regions.select("region_code", "level", "name").union(other)
    full = every.select("region_code", "level", key=key(every.name))
    bare = every.select("region_code", "level", key=bare_key(every.name, every.level))
    return full.union(bare, distinct=True)


def lineage(regions: ir.Table) -> ir.Table:
    """Each region with everything above it, today or before it moved: `region_code`, `ancestor_code`, `generation`."""
    today = regions.filter(regions.parent_code.notnull()).select("region_code", ancestor_code="parent_code")
    before = regions.filter(regions.former_parent_code.notnull()).select(
        "region_code", ancestor_code="former_parent_code"
    )
    parents = today.union(before, distinct=True)
    above = parents.mutate(generation=ibis.literal(1))
    every = above
    for generation in (2, 3):
        further = above.view()
        above = further.join(parents, further.ancestor_code == parents.region_code).select(
            region_code=further.region_code, ancestor_code=parents.ancestor_code, generation=ibis.literal(generation)
        )
        every = every.union(above, distinct=True)
    return every


def resolve(places: ir.Table, keys: ir.Table, above: ir.Table) -> ir.Table:
    """Give each distinct place (`source`, `level`, `region_as_printed`, `within_as_printed`) its `region_code`.

    A place that matches nothing, or more than one region after its parent and the source's other regions were
    looked at, is left out.
    """
    named = places.mutate(full=key(places.region_as_printed), bare=bare_key(places.region_as_printed, places.level))
    place = ["source", "level", "region_as_printed", "within_as_printed"]
    matches = named.join(
        keys, (named.level == keys.level) & ((named.full == keys.key) | (named.bare == keys.key))
    ).select(*(named[name] for name in place), keys.region_code)
    within = _within(matches, keys, above)
    candidates = within.distinct()
    certain = _alone(candidates, place)
    return certain.union(_by_context(candidates, certain, above, place), distinct=True)


def _within(matches: ir.Table, keys: ir.Table, above: ir.Table) -> ir.Table:
    """Keep the matches that lie within the printed parent, where one is printed."""
    free = matches.filter(matches.within_as_printed.isnull())
    bound = matches.filter(matches.within_as_printed.notnull())
    lowered = bound.within_as_printed.lower().strip().re_replace(_SUFFIXES, "")
    words = "|".join(prefix.removeprefix("^(").split(")")[0] for prefix in _PREFIXES.values())
    bound = bound.mutate(full=key(bound.within_as_printed), bare=key(lowered.re_replace(rf"^({words})\b\.? ?", "")))
    parents = above.join(keys, above.ancestor_code == keys.region_code).select(above.region_code, keys.key).distinct()
    kept = bound.join(
        parents,
        (bound.region_code == parents.region_code) & ((bound.full == parents.key) | (bound.bare == parents.key)),
        how="semi",
    ).drop("full", "bare")
    return free.union(kept)


def _alone(candidates: ir.Table, place: list[str]) -> ir.Table:
    counted = candidates.group_by(place).agg(regions=lambda t: t.count(), region_code=lambda t: t.region_code.min())
    return counted.filter(counted.regions == 1).drop("regions")


def _by_context(candidates: ir.Table, certain: ir.Table, above: ir.Table, place: list[str]) -> ir.Table:
    """Of several regions of one name, the one that lies in the nearest region that the source names for certain."""
    open_places = candidates.anti_join(certain, [candidates[name].identical_to(certain[name]) for name in place])
    context = certain.filter(certain.level != "nation").select("source", context_code="region_code").distinct()
    near = open_places.join(above, "region_code")
    near = near.join(
        context, (near.source == context.source) & (near.ancestor_code == context.context_code)
    ).select(*(near[name] for name in place), near.region_code, near.generation)
    nearest = near.group_by(place).mutate(closest=lambda t: t.generation.min())
    kept = nearest.filter(nearest.generation == nearest.closest).select(*place, "region_code").distinct()
    return _alone(kept, place)
