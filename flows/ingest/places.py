"""Resolving printed region names to official codes: by level, name or other name, parent, and the source's context."""

from typing import Any

import ibis
import ibis.expr.types as ir

from flows.ingest.text import tidy

#: Words that a level's names may carry in front; in English the level itself may stand behind.
_WORDS = {
    "province": "pemerintah provinsi|pemprov|provinsi|propinsi|prov",
    "regency": r"kabupaten adm(?:inistrasi)?|kab\.? ?adm(?:inistrasi)?|pemkab|kabupaten|kab",
    "city": r"kota adm(?:inistrasi)?|pemkot|kotamadya|kodya|kota",
    "district": "kecamatan|kec|distrik|kapanewon|kemantren",
}
_PREFIXES = {level: rf"^(?:{words})\b\.? ?" for level, words in _WORDS.items()}
_SUFFIXES = rf" ({'|'.join(_WORDS)})$"
#: "In all of": `se-Kaltim`, `seluruh Indonesia`.
_WHOLE = r"^(se-|seluruh )"


def key(name: Any) -> Any:
    """A name without case, spaces and punctuation: `D.I. Yogyakarta` and `DI YOGYAKARTA` are one."""
    return name.lower().re_replace(r"[^a-z0-9]", "")


def bare_key(name: Any, level: Any) -> Any:
    """The key without the words that only say the level: `Kab. Banjar` as a regency is `banjar`."""
    lowered = tidy(name.lower()).re_replace(_SUFFIXES, "").re_replace(_WHOLE, "")
    branches = [(level == each, lowered.re_replace(prefix, "")) for each, prefix in _PREFIXES.items()]
    return key(ibis.cases(*branches, else_=lowered))


def said_level(name: Any) -> Any:
    """The level that a name says by its words: `city` for `Kota Sorong`, null for `Sorong`."""
    lowered = tidy(name.lower())
    said = [(lowered.re_search(words) | lowered.endswith(f" {level}"), level) for level, words in _PREFIXES.items()]
    return ibis.cases(*said, else_=ibis.null(str))


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
    place = ["source", "level", "region_as_printed", "within_as_printed"]
    full = places.select(*place, key=key(places.region_as_printed))
    bare = places.select(*place, key=bare_key(places.region_as_printed, places.level))
    matches = full.union(bare, distinct=True).join(keys, ["level", "key"]).select(*place, "region_code")
    candidates = _within(matches, keys, above)
    certain = _alone(candidates, place)
    return certain.union(_by_context(candidates, certain, above, place), distinct=True)


def _within(matches: ir.Table, keys: ir.Table, above: ir.Table) -> ir.Table:
    """Keep the matches that lie within the printed parent, where one is printed: `Kota Sorong` is not the regency."""
    free = matches.filter(matches.within_as_printed.isnull())
    bound = matches.filter(matches.within_as_printed.notnull())
    said = said_level(bound.within_as_printed)
    full = bound.mutate(key=key(bound.within_as_printed), said=ibis.null(str))
    bare = bound.mutate(key=bare_key(bound.within_as_printed, said), said=said)
    parents = above.join(keys, above.ancestor_code == keys.region_code).select(
        above.region_code, keys.key, parent_level=keys.level
    )
    inside = full.union(bare).join(parents, ["region_code", "key"])
    inside = inside.filter(inside.said.isnull() | (inside.said == inside.parent_level))
    return free.union(inside.select(matches.columns)).distinct()


def _alone(candidates: ir.Table, place: list[str]) -> ir.Table:
    counted = candidates.group_by(place).agg(regions=lambda t: t.count(), region_code=lambda t: t.region_code.min())
    return counted.filter(counted.regions == 1).drop("regions")


def _by_context(candidates: ir.Table, certain: ir.Table, above: ir.Table, place: list[str]) -> ir.Table:
    """Of several regions of one name, the one that lies in the nearest region that the source names for certain."""
    open_places = candidates.anti_join(certain, [candidates[name].identical_to(certain[name]) for name in place])
    context = certain.filter(certain.level != "nation").select("source", context_code="region_code").distinct()
    near = open_places.join(above, "region_code")
    near = near.join(context, (near.source == context.source) & (near.ancestor_code == context.context_code)).select(
        *(near[name] for name in place), near.region_code, near.generation
    )
    nearest = near.group_by(place).mutate(closest=lambda t: t.generation.min())
    kept = nearest.filter(nearest.generation == nearest.closest).select(*place, "region_code").distinct()
    return _alone(kept, place)
