"""The national cube: a raw source of any size in the raw contract, from the official regions, printed as newspapers do.

Every district, regency or city, province and the nation, by wave, sex and age; all sums are consistent. With `--errors`
some districts have one digit changed, and `errors.csv` beside says which.

    python benchmarks/cube.py FOLDER --size M
"""

import argparse
from pathlib import Path

import duckdb

from flows.settings import ROOT

#: Waves and age groups of each size: about 0.1, 1, 7 and 20 million figures over 7,838 regions, three by sex.
SIZES = {"XS": (4, 0), "M": (43, 0), "L": (62, 4), "XL": (62, 13)}

_CUBE = """
CREATE TABLE region AS
    SELECT region_code, parent_code, level, name FROM read_csv('{regions}', all_varchar = true);
CREATE TABLE leaf AS
    SELECT d.region_code AS district, w.wave, s.sex, a.age_group,
           -- Fewer people in later waves and older groups; the same numbers on every machine.
           (hash(d.region_code, w.wave, s.sex, a.age_group, {seed}) % 97 + 3)::BIGINT AS value
    FROM (SELECT region_code FROM region WHERE level = 'district') d,
         (SELECT unnest(range(1, {waves} + 1))::INT AS wave) w,
         (SELECT unnest(['female', 'male']) AS sex) s,
         (SELECT unnest({ages}) AS age_group) a;
CREATE TABLE up AS
    SELECT d.region_code AS district, unnest([d.region_code, r.region_code, p.region_code, '00']) AS region_code
    FROM region d JOIN region r ON r.region_code = d.parent_code JOIN region p ON p.region_code = r.parent_code
    WHERE d.level = 'district';
CREATE TABLE cell AS
    SELECT region_code, wave, sex, age_group, sum(value)::BIGINT AS value
    FROM leaf JOIN up USING (district)
    GROUP BY region_code, wave, CUBE (sex, age_group)
    {only_all_ages};
"""
_PRINTED = """
COPY (
    SELECT r.name AS region, r.level, p.name AS within, 'recipients' AS measure, 'person' AS unit,
           replace(format('{{:,}}', c.value), ',', '.') AS value, c.wave AS wave_from, c.wave AS wave_to,
           c.sex, c.age_group,
           'table row ' || row_number() OVER (ORDER BY c.region_code, wave, sex, age_group) AS locator
    FROM printed c JOIN region r USING (region_code) LEFT JOIN region p ON p.region_code = r.parent_code
    ORDER BY c.region_code, wave, sex, age_group
) TO '{figures}' (HEADER, DELIMITER ',');
"""


#: The errors, each with its row in `figures.csv`.
_ERRORS = """
COPY (
    SELECT p.row, w.*
    FROM (SELECT *, row_number() OVER (ORDER BY region_code, wave, sex, age_group) AS row FROM printed) p
    JOIN wrong w ON w.region_code = p.region_code AND w.wave = p.wave AND p.sex IS NULL AND p.age_group IS NULL
    ORDER BY row
) TO '{errors}' (HEADER);
"""


def write_cube(folder: Path, size: str, *, errors: int = 0, seed: int = 0) -> int:
    """Write the source folder; returns the number of figures. `errors` districts are printed with one digit changed."""
    waves, ages = SIZES[size]
    bands = [f"'{18 + 3 * n}-{20 + 3 * n}'" for n in range(ages)] or ["NULL"]
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            _CUBE.format(
                regions=ROOT / "raw" / "regions" / "regions.csv",
                waves=waves,
                seed=seed,
                ages=f"[{', '.join(bands)}]::VARCHAR[]",
                # Without ages the two groupings by age are the same: keep one.
                only_all_ages="" if ages else "HAVING grouping(age_group) = 1",
            )
        )
        _print(connection, errors, seed)
        if errors:
            connection.execute(_ERRORS.format(errors=folder / "errors.csv"))
        connection.execute(_PRINTED.format(figures=folder / "figures.csv"))
        figures = connection.execute("SELECT count(*) FROM printed").fetchall()[0][0]
    (folder / "datapackage.yaml").write_text(
        f"name: {folder.name}\ntitle: National cube {size}\nlanguage: id\naccessed: 2026-01-01\n", encoding="utf-8"
    )
    return int(figures)


def _print(connection: duckdb.DuckDBPyConnection, errors: int, seed: int) -> None:
    """The cells as they are printed: some districts' totals with another last digit."""
    connection.execute(
        f"""CREATE TABLE wrong AS
        SELECT region_code, wave, sex, age_group, value, value - value % 10 + (value % 10 + 5) % 10 AS printed
        FROM cell WHERE length(region_code) = 8 AND sex IS NULL AND age_group IS NULL
        ORDER BY hash(region_code, wave, {seed}), region_code LIMIT {errors}"""
    )
    connection.execute(
        """CREATE VIEW printed AS
        SELECT c.region_code, c.wave, c.sex, c.age_group, coalesce(w.printed, c.value) AS value
        FROM cell c LEFT JOIN wrong w ON w.region_code = c.region_code AND w.wave = c.wave
            AND c.sex IS NULL AND c.age_group IS NULL"""
    )


def count(folder: Path) -> int:
    """The figures of a cube: its file has a line for each, and one for its header."""
    with (folder / "figures.csv").open("rb") as file:
        return sum(1 for _ in file) - 1


def main() -> None:
    """Write one cube."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", choices=SIZES, default="M")
    parser.add_argument("--errors", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    print(f"{write_cube(asked.folder, asked.size, errors=asked.errors, seed=asked.seed)} figures in {asked.folder}")


if __name__ == "__main__":
    main()
