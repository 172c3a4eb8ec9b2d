"""What importing a package asks the loader for: CPython is the judge, one folder for each rule.

Each folder of `fixtures/asks` has a small package ``rule``, whose first comment says the rule, and
what ``import rule`` asks for in CPython: `expected.txt` where no library is, and, where the rule is
about that, `expected-present.txt` where those in `present.txt` are.
"""

from __future__ import annotations

import ctypes.util
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

import programs
import rule_site
from asked import Listener
from find_libdeps.needs.inventory import list_files, take_inventory
from find_libdeps.needs.object_reader import ObjectReader
from find_libdeps.needs.packages import PythonPackage, python_packages
from find_libdeps.python.sources import by_package, find_loading
from find_libdeps.roots.directory import DirectoryTree

RULES = rule_site.rules()

WORLDS = ("expected.txt", "expected-present.txt")

WRONG_TODAY = frozenset(
    """
    002_a_name_without_a_version_is_not_completed
    005_an_item_of_cdll_is_a_name
    008_the_name_may_be_a_keyword
    009_a_subclass_of_cdll_asks_like_cdll
    013_windll_is_not_there_on_linux
    014_the_loader_below_ctypes
    017_find_library_of_libc
    019_find_library_in_a_condition
    021_find_library_in_a_conditional_expression
    022_find_library_in_a_while
    023_find_library_in_a_comprehension
    025_an_assignment_expression_keeps_the_answer
    026_any_ends_at_the_first_answer
    030_cffi_tries_names_in_a_loop
    034_gi_requires_a_version
    035_gi_imports_a_namespace
    038_an_extension_module_before_its_python
    044_the_class_behind_a_loader
    046_gi_or_else_a_library
    048_no_cffi_at_all
    102_a_constant_that_is_set_again
    103_a_constant_in_another_module
    104_strings_are_added
    105_names_by_percent
    106_names_by_format
    107_names_by_f_string
    108_names_by_join
    109_names_by_replace_and_slices
    110_names_in_one_string
    112_names_from_a_product
    113_names_from_itertools
    114_names_from_a_generator
    115_asking_inside_a_generator
    116_zip_and_enumerate
    118_map_and_filter
    119_a_loop_over_a_range
    120_a_list_that_grows
    122_a_dict_with_a_default
    124_values_are_taken_apart
    125_comparisons_of_numbers
    126_sizes_of_types
    127_a_regular_expression
    128_a_name_from_a_class
    129_a_named_tuple_or_dataclass
    130_names_of_the_module_as_a_dict
    131_an_own_iterator
    132_paths_as_text
    133_operators_of_an_own_class
    134_unions_of_values
    150_the_keys_of_a_dict_are_like_a_set
    152_sets_of_objects
    153_characters_are_translated
    154_what_is_a_mapping_or_a_sequence
    155_members_of_enums
    156_a_field_that_is_none
    157_a_pattern_with_groups_that_repeat
    160_a_pattern_from_a_place_on
    203_a_lambda_that_nobody_calls
    204_defaults_and_keywords
    205_a_default_is_evaluated_once
    206_a_loader_is_an_argument
    207_loaders_in_a_table
    209_an_alias_of_a_bound_method
    210_an_alias_of_an_own_method
    211_partial_functions
    212_functions_that_are_applied
    213_a_closure_keeps_its_names
    216_a_decorator_calls_its_function
    218_recursion_ends
    221_a_base_class_in_another_module
    223_methods_of_a_class_and_static_ones
    225_a_property_that_is_read
    226_an_instance_is_called
    227_a_lazy_attribute
    228_a_context_manager_loads
    229_subclasses_register_themselves
    230_a_metaclass_loads
    231_a_thread_loads
    232_what_is_registered_for_the_exit
    233_a_coroutine_does_not_run
    235_an_own_descriptor
    236_bases_of_the_standard_library
    237_functions_in_a_table
    238_a_class_made_by_type
    250_a_class_method_with_a_cache
    251_a_metaclass_calls_a_class
    252_the_names_of_the_caller
    253_methods_that_are_made_of_text
    254_a_private_name_from_outside
    255_what_a_function_says_of_itself
    256_a_logger_of_an_own_class
    257_the_class_comes_before_its_metaclass
    258_the_dict_of_a_class
    302_match_on_the_platform
    303_match_takes_values_apart
    304_an_early_return
    305_code_after_a_raise
    306_main_does_not_run
    310_the_handler_that_fits
    311_a_handler_that_does_not_fit
    313_finally_runs_after_a_return
    315_suppress_is_a_try
    316_a_context_manager_that_swallows
    317_a_loop_stops_at_the_first_success
    320_the_else_of_a_loop
    321_a_while_with_a_counter
    324_a_bare_raise
    325_an_exit_in_a_handler
    328_a_failed_import_falls_back
    329_code_for_another_python
    333_an_error_inside_a_handler
    351_what_nobody_has
    401_a_helper_in_another_module
    402_a_module_is_a_value
    404_a_module_that_nobody_imports
    405_relative_imports
    406_a_star_import_without_all
    407_a_star_import_with_all
    408_a_star_import_imports_modules
    409_a_module_getattr_that_is_asked
    410_a_module_getattr_that_imports
    412_a_module_replaces_itself
    413_modules_with_computed_names
    414_modules_that_are_listed
    415_a_circle_of_imports
    419_a_package_with_a_longer_path
    420_a_folder_on_the_module_path
    422_a_chain_of_backends
    423_another_package_loads
    424_a_deep_module_of_another_package
    425_a_class_of_another_package
    426_another_package_fails
    428_another_package_is_configured
    429_a_function_is_replaced
    430_a_loader_is_replaced
    431_an_entry_point_is_loaded
    432_the_version_of_a_distribution
    433_a_module_from_a_file
    434_what_is_imported_already
    435_an_attribute_and_a_module
    436_a_function_and_a_module
    438_a_part_of_a_distribution_that_is_not_there
    450_a_finder_of_modules
    452_types_of_another_system
    453_names_that_nobody_knows
    503_a_path_where_nothing_is
    505_a_likeness_of_names_is_no_library
    512_a_library_in_the_environment
    513_a_text_of_the_package_is_read
    514_a_json_file_names_the_library
    515_the_environment_is_unset
    516_a_variable_that_the_package_sets
    517_windows_functions_are_not_taken
    520_absolute_paths_of_the_host
    521_uname_and_machine
    522_what_nobody_can_know
    523_a_library_by_pkg_resources
    527_the_own_path_and_then_the_host
    601_a_source_of_600_kb
    602_generated_bindings
    603_a_large_module_is_imported
    607_source_in_latin_1
    609_source_with_cr_line_ends
    611_annotations_are_evaluated
    612_code_in_strings
    613_an_expression_of_many_parts
    614_a_row_of_branches
    615_evaluation_goes_from_left_to_right
    617_names_of_other_alphabets
    618_statements_in_one_line
    701_as_python_vlc_does
    702_as_wand_does
    706_as_python_magic_does
    708_as_rtree_does
    709_as_pyrender_does
    801_private_names_of_a_class
    802_what_is_sent_goes_through_yield_from
    803_abstract_collections
    804_an_exception_tells_its_cause
    805_a_property_is_deleted
    806_arguments_that_object_does_not_take
    807_an_object_formats_itself
    808_items_of_what_has_none
    809_a_path_is_a_key
    810_percent_of_a_dict
    811_a_with_statement_of_what_is_no_manager
    812_the_end_of_a_generator
    813_texts_of_errors
    """.split()  # noqa: SIM905
)
"""Rules that we get wrong. A test that passes though its rule is here fails: take the line away."""

WRONG = pytest.mark.xfail(strict=True, reason="what is asked at import is guessed from syntax")


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rule_site.Judge]:
    """CPython."""
    judge = rule_site.Judge(tmp_path_factory.mktemp("judge") / "libraries")
    yield judge
    judge.dismiss()


@pytest.mark.parametrize("rule", RULES)
def test_cpython_asks_what_is_expected(rule: str, judge: rule_site.Judge, tmp_path: Path) -> None:
    """Every ask, in order, and how the import ends; in each world that the rule has."""
    site = _made(rule, tmp_path)
    present = rule_site.present(rule)
    for file, libraries in zip(WORLDS, ([], present) if present else ([],), strict=False):
        directory = tmp_path / f"libraries of {file}"
        rule_site.make_libraries(libraries, directory)
        asks = judge.asks(site, directory)
        expected = rule_site.ASKS / rule / file
        if os.environ.get("UPDATE_EXPECTED"):
            expected.write_text(asks)
        assert asks == expected.read_text()


@pytest.mark.parametrize(
    "rule", [pytest.param(rule, marks=[WRONG] if rule in WRONG_TODAY else []) for rule in RULES]
)
def test_we_list_what_is_asked_at_import(rule: str, tmp_path: Path) -> None:
    """The sonames that count as loaded at import are those that CPython asks for in its worlds."""
    assert _listed(_made(rule, tmp_path)) == _asked(rule)


def test_each_rule_that_is_wrong_is_there() -> None:
    """The list above has no rule that is called otherwise now."""
    assert set(RULES) >= WRONG_TODAY


@pytest.mark.skipif(not Path("/sbin/ldconfig").exists(), reason="ldconfig is not there")
def test_the_judge_finds_libraries_as_ctypes_does() -> None:
    """Of this machine's libraries it names the same ones as ctypes, which asks ldconfig."""
    told = subprocess.run(["/sbin/ldconfig", "-p"], check=True, capture_output=True, text=True)
    sonames = re.findall(r"^\t(\S+) \(libc6,(?:x86-64|AArch64)[,)]", told.stdout, re.MULTILINE)
    stems = sorted({soname[3:].partition(".")[0] for soname in sonames if soname[:3] == "lib"})
    judge = Listener("/site", sonames)
    for stem in (*stems[:: len(stems) // 10 + 1], "c", "m", "zephyr"):
        assert judge.find_library(stem) == ctypes.util.find_library(stem)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_stated_first(rule: str) -> None:
    """The first line of the package is the rule, in one sentence."""
    assert re.fullmatch(r"# .+\.", rule_site.statement(rule))


def _made(rule: str, directory: Path) -> rule_site.Site:
    if reason := rule_site.unjudged():
        pytest.skip(reason)
    programs.need("cc")
    return rule_site.make_site(rule, directory / "env")


def _listed(site: rule_site.Site) -> set[str]:
    """What importing the package `rule` loads by name, and does not bring, as we see it today."""
    tree = DirectoryTree()
    listing = list_files(tree, [PurePosixPath(site.packages)])
    inventory = take_inventory(tree, listing, ObjectReader(tree))
    packages = by_package(listing.sources, listing.tops)
    found = (find_loading(tree, each)[0] for each in packages if each.name == "rule")
    loading = python_packages(tree, filter(None, found), inventory)
    return {soname for package in loading for soname in _loaded_at_import(package)}


def _loaded_at_import(package: PythonPackage) -> Iterator[str]:
    for load in package.loads:
        if package.loads_at_import(load) and not any(map(package.brings, load.sonames)):
            yield from load.sonames


def _asked(rule: str) -> set[str]:
    """What CPython asks of the host: sonames, and the namespaces of GObject's repository.

    What it asks for only because `find_library` answered so is no further name.
    """
    brought = rule_site.brought(rule)
    absent, present = (
        set(_wanted(file.read_text(), brought)) if file.exists() else set[str]()
        for file in map((rule_site.ASKS / rule).joinpath, WORLDS)
    )
    return absent | {soname for soname in present if _any_version(soname) not in absent}


def _wanted(asks: str, brought: set[str]) -> Iterator[str]:
    """The names among some asks by which a package of the release may have a library.

    None has what a path leads to, what is open already, or a name that is no soname of Linux.
    """
    opened = set[str]()
    for ask in asks.splitlines():
        match ask.split():
            case ["find_library", stem] if not re.search(r"\.(so|dylib)\b", stem):
                yield f"lib{stem}.so.*"
            case ["dlopen" | "cffi", path] if "/" in path:
                opened |= {Path(path).name} if path in brought else set()
            case ["dlopen" | "cffi", name] if ".so" in name and name not in opened:
                yield name
            case ["typelib", *namespace]:
                yield " ".join(namespace)


def _any_version(soname: str) -> str:
    return f"{soname.partition('.so')[0]}.so.*"
